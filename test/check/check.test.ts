/** `check` finds what is risky, says what would be right, and is silent about what is not. */
import { index, integer, numeric, pgEnum, text } from "drizzle-orm/pg-core";
import { defineHedgerow, id, organization, owner, table } from "hedgerow";
import { describe, expect, it } from "vitest";
import * as example from "../../examples/app/schema.js";
import * as claims from "../../examples/claims/tables.js";
import * as worker from "../../examples/worker/schema.js";
import { check } from "../../src/cli/check/check.js";
import { findingsJson, findingsSarif, findingsText } from "../../src/cli/check/format.js";

const codes = (schema: Readonly<Record<string, unknown>>): ReadonlyArray<string> =>
  check(schema)
    .filter(({ accepted }) => accepted === undefined)
    .map(({ code, table: name, path }) => `${code} ${name} ${path}`);

const columns = () => ({
  id: id(),
  organizationId: organization(),
  userId: owner(),
  title: text("title").notNull(),
  note: text("note"),
  rank: integer("rank").notNull(),
});
const member = { roles: ["member+"] } as const;

describe("check", () => {
  it("has nothing to say about the examples but what one accepts", () => {
    for (const schema of [example, claims, worker]) expect(codes(schema)).toEqual([]);
    expect(check(example).map(({ code, accepted }) => [code, accepted])).toEqual([
      ["write_without_read", "a contact form: people write without an account"],
    ]);
  });

  it("finds a role that no rule admits", () => {
    const { table: own } = defineHedgerow({ roles: ["guest", "member", "boss"] });
    const notes = own("notes", columns())
      .firewall("organization")
      .access({ read: { roles: ["member", "boss"] } });
    expect(codes({ notes })).toEqual(["unreachable_role (schema) roles"]);
  });

  it("finds a rule that excludes nothing", () => {
    const notes = table("notes", columns())
      .firewall("organization")
      .access({
        read: {
          roles: ["member+"],
          or: [{ record: { rank: { lessThan: 5 } } }, { record: { rank: { greaterThanOrEqual: 5 } } }],
        },
      });
    expect(codes({ notes })).toEqual(["always_holds notes access.read"]);
  });

  it("finds a negation of a column that can be empty, and not of one that cannot", () => {
    const notes = table("notes", columns())
      .firewall("organization")
      .access({ read: { roles: ["member+"], record: { note: { notEquals: "x" }, title: { notEquals: "x" } } } });
    expect(codes({ notes })).toEqual(["negation_of_nullable notes access.read"]);
    const nested = table("notes", columns())
      .firewall("organization")
      .access({ read: { roles: ["member+"], not: { record: { note: { in: ["x"] } } } } });
    expect(codes({ nested })).toEqual(["negation_of_nullable notes access.read"]);
  });

  it("finds a write that needs no sign-in, except making a row", () => {
    const notes = table("notes", { id: id(), title: text("title").notNull() })
      .firewall({ exception: "a test" })
      .access({
        read: { roles: ["PUBLIC"] },
        create: { roles: ["PUBLIC"] },
        update: { roles: ["PUBLIC"] },
        delete: { roles: ["PUBLIC"], record: { title: { equals: "x" } } },
      });
    expect(codes({ notes })).toEqual(["public_write notes access.update", "public_write notes access.delete"]);
  });

  it.each(["password", "apiKey", "accessToken", "credit_card", "ssn", "passwordHash"])(
    "finds the readable column %s",
    (name) => {
      const notes = table("notes", { ...columns(), [name]: text(name) })
        .firewall("organization")
        .access({ read: member });
      expect(codes({ notes })).toEqual([`readable_secret notes columns.${name}`]);
    },
  );

  it.each(["title", "spinner", "tokenizer", "passage", "ssnake"])("says nothing about the column %s", (name) => {
    const notes = table("notes", { ...columns(), [`${name}_`]: text(`${name}_`) })
      .firewall("organization")
      .access({ read: member });
    expect(codes({ notes })).toEqual([]);
  });

  it("finds a rule on a type that Postgres uses no index for", () => {
    const state = pgEnum("state", ["open", "closed"]);
    const notes = table("notes", { ...columns(), state: state("state").notNull(), price: numeric("price").notNull() })
      .firewall("organization")
      .access({ read: { roles: ["member+"], record: { state: { equals: "open" }, price: { greaterThan: "1" } } } });
    expect(codes({ notes })).toEqual(["slow_column_type notes columns.state", "slow_column_type notes columns.price"]);
  });

  it("finds rows of a caller's own that no index finds, until there is one behind the scope", () => {
    const rules = { read: { or: [{ roles: ["admin+"] }, { record: { userId: { equals: "ctx.userId" } } }] } } as const;
    const bare = table("notes", columns()).firewall("organization").access(rules);
    expect(codes({ bare })).toEqual(["missing_index notes columns.userId"]);
    const indexed = table("notes", columns(), (t) => [index().on(t.organizationId, t.userId)])
      .firewall("organization")
      .access(rules);
    expect(codes({ indexed })).toEqual([]);
  });

  it("finds a reference that a writer cannot make, and a row that its writer can never read", () => {
    const projects = table("projects", { id: id(), organizationId: organization() })
      .firewall("organization")
      .access({ read: { roles: ["admin+"] } });
    const notes = table("notes", { ...columns(), projectId: text("project_id").references(() => projects.id) })
      .firewall("organization")
      .access({
        read: { roles: ["admin+"] },
        create: { roles: ["member+"], record: { userId: { equals: "ctx.userId" } } },
      });
    expect(codes({ projects, notes })).toEqual([
      "unreadable_reference notes columns.projectId",
      "write_without_read notes access.create",
    ]);
    expect(check({ projects, notes })[0]?.message).toContain('"member"');
  });

  it("keeps an accepted finding with its reason, and finds a reason for nothing and an empty reason", () => {
    const notes = table("notes", { ...columns(), password: text("password") })
      .firewall("organization")
      .access({ read: member });
    expect(check({ a: notes.accept({ readable_secret: "of a toy" }) }).map(({ accepted }) => accepted)).toEqual([
      "of a toy",
    ]);
    expect(codes({ a: notes.accept({ public_write: "why not" }) })).toEqual([
      "readable_secret notes columns.password",
      "unused_acceptance notes accept.public_write",
    ]);
    expect(codes({ a: notes.accept({ readable_secret: " " }) })).toEqual([
      "readable_secret notes columns.password",
      "unused_acceptance notes accept.readable_secret",
    ]);
  });
});

describe("findings", () => {
  const notes = table("notes", { ...columns(), password: text("password"), pin: text("pin") })
    .firewall("organization")
    .access({ read: member });
  const findings = [...check({ notes }), ...check({ notes: notes.accept({ readable_secret: "of a toy" }) })];

  it("are lines with a sum", () => {
    const lines = findingsText(findings).split("\n");
    expect(lines[0]).toBe("✗ notes columns.password [readable_secret]");
    expect(lines).toContain("    Accepted: of a toy");
    expect(lines.at(-1)).toBe("2 findings, 2 accepted");
    expect(findingsText([])).toBe("0 findings, 0 accepted");
  });

  it("are JSON, whole", () => {
    expect(JSON.parse(findingsJson(findings))).toEqual(JSON.parse(JSON.stringify(findings)));
  });

  it("are SARIF 2.1.0 with accepted ones suppressed", () => {
    const { version, runs } = JSON.parse(findingsSarif(findings, "1.2.3"));
    expect(version).toBe("2.1.0");
    expect(runs[0].tool.driver).toEqual({ name: "hedgerow", version: "1.2.3", rules: [{ id: "readable_secret" }] });
    expect(runs[0].results.map((result: { suppressions?: unknown }) => result.suppressions !== undefined)).toEqual([
      false,
      false,
      true,
      true,
    ]);
  });
});
