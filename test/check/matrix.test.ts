/** The matrix of the example, as its author would draw it by hand. */
import * as Effect from "effect/Effect";
import { understand } from "hedgerow";
import { describe, expect, it } from "vitest";
import * as schema from "../../examples/app/tables.js";
import { matrixJson, matrixMarkdown, matrixText } from "../../src/cli/matrix/format.js";
import { matrix } from "../../src/cli/matrix/matrix.js";

const cells = matrix(Effect.runSync(understand(schema)));

const row = (table: string, operation: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    cells
      .filter((cell) => cell.table === table && cell.operation === operation)
      .map(({ identity, answer }) => [identity, answer]),
  );

describe("the matrix", () => {
  it("has a cell for each table, operation and kind of caller", () => {
    expect(cells.length).toBe(6 * 4 * 7);
  });

  it("says what each kind of caller may do", () => {
    expect(row("documents", "read")).toEqual({
      anonymous: "none",
      "signed in": "none",
      member: "some",
      admin: "firewall",
      owner: "firewall",
      "platform user": "none",
      "platform admin": "none",
    });
    expect(row("categories", "read")).toMatchObject({ anonymous: "all", member: "all" });
    expect(row("categories", "update")).toMatchObject({ anonymous: "none", owner: "none", "platform admin": "all" });
    expect(row("preferences", "delete")).toMatchObject({ anonymous: "none", "signed in": "firewall" });
    expect(row("comments", "create")).toMatchObject({ "signed in": "none", member: "some" });
    expect(row("comments", "update")).toMatchObject({ owner: "none" });
  });

  it("is text, Markdown and JSON of the same cells", () => {
    expect(matrixText(cells)).toContain(
      "member may read a row when organizationId is the caller's active organization",
    );
    expect(matrixMarkdown(cells)).toContain("| delete | – | – | – | own scope | own scope | – | – |");
    expect(JSON.parse(matrixJson(cells))).toEqual(cells);
    expect(matrixText([])).toBe("");
  });
});
