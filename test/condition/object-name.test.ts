/** Names of generated objects: that no two things share one, whatever their parts are called. */

import { integer, text } from "drizzle-orm/pg-core";
import fc from "fast-check";
import { organization, table } from "hedgerow";
import { claimsIdentity, compile } from "hedgerow/postgres";
import { describe, expect, it } from "vitest";
import { bytesOf, objectName } from "../../src/condition/object-name.js";

/** Few letters and the separator, so that parts joined in another way meet often. */
const part = fc.oneof(
  fc.string({ unit: fc.constantFrom("a", "b", "_"), minLength: 0, maxLength: 5 }),
  fc.string({ unit: "grapheme", maxLength: 80 }),
);
const parts = fc.array(part, { maxLength: 5 });

describe("the name of a generated object", () => {
  it("is another one for other parts, however they are cut", () => {
    fc.assert(
      fc.property(parts, parts, (one, other) => {
        expect(objectName(one) === objectName(other)).toBe(JSON.stringify(one) === JSON.stringify(other));
      }),
      { numRuns: 5_000 },
    );
    fc.assert(
      fc.property(fc.array(part, { minLength: 2, maxLength: 4 }), fc.nat(), (list, at) => {
        const index = at % (list.length - 1);
        const joined = [...list.slice(0, index), `${list[index]}_${list[index + 1]}`, ...list.slice(index + 2)];
        expect(objectName(joined)).not.toBe(objectName(list));
      }),
      { numRuns: 2_000 },
    );
  });

  it("fits into Postgres's 63 bytes and ends no character in the middle", () => {
    fc.assert(
      fc.property(parts, (list) => {
        const name = objectName(list);
        expect(bytesOf(name)).toBeLessThanOrEqual(63);
        expect(`${list.join("_")}_`.startsWith(name.slice(0, -17))).toBe(true);
      }),
    );
  });

  it("begins with what it is about", () => {
    expect(objectName(["reference", "public", "comments", "document_id"], ["public", "documents"])).toMatch(
      /^reference_public_comments_document_id_[0-9a-f]{16}$/,
    );
  });
});

describe("a schema", () => {
  const name = fc.stringMatching(/^[ab](?:_?[ab]){0,3}$/);

  it("gives each of its references a function and a trigger of its own, whatever its tables and columns are called", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.record({ name, columns: fc.uniqueArray(name, { minLength: 1, maxLength: 3 }) }), {
          selector: (each) => each.name,
          minLength: 1,
          maxLength: 5,
        }),
        (tables) => {
          const parents = ["one", "two"].map((parent) =>
            table(`parent_${parent}`, {
              id: integer("id").primaryKey().generatedAlwaysAsIdentity(),
              organizationId: organization(),
            })
              .firewall("organization")
              .access({ read: { roles: ["member+"] } }),
          );
          const children = tables.map(({ name: own, columns }) =>
            table(own, {
              "the id": text("the id").primaryKey().default("x"),
              organizationId: organization("the organization"),
              ...Object.fromEntries(
                columns.map((column, index) => [
                  `column ${column}`,
                  integer(column).references(() => parents[index % 2]?.id ?? (parents[0] as never)),
                ]),
              ),
            })
              .firewall("organization")
              .access({ read: { roles: ["member+"] }, create: { roles: ["member+"] } }),
          );
          const module = Object.fromEntries([...parents, ...children].map((each, index) => [`table${index}`, each]));
          const { expected } = compile(module, claimsIdentity());
          const functions = expected.functions.map(({ signature }) => signature);
          expect(new Set(functions).size).toBe(functions.length);
          expect(functions.filter((each) => each.includes("reference_")).length).toBe(
            tables.flatMap(({ columns }) => columns).length,
          );
          for (const { triggers } of expected.tables) {
            expect(new Set(triggers.map((trigger) => trigger.name)).size).toBe(triggers.length);
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});
