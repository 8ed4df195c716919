import { describe, expect, it } from "vitest";
import { historyOf, type Migration } from "../../src/cli/migrate/history.js";

const migration = (tag: string, when: number, hash = tag): Migration => ({ tag, when, hash, statements: [] });
const [one, two, three] = [migration("0000_one", 10), migration("0001_two", 20), migration("0002_three", 30)];
const rowOf = ({ hash, when }: Migration) => ({ hash, when });

describe("what is to be migrated", () => {
  it("is everything that is newer than the last that was applied", () => {
    expect(historyOf([one, two, three], [])).toEqual({ _tag: "Pending", migrations: [one, two, three] });
    expect(historyOf([one, two, three], [rowOf(one), rowOf(two)])).toEqual({ _tag: "Pending", migrations: [three] });
    expect(historyOf([one], [rowOf(one)])).toEqual({ _tag: "Pending", migrations: [] });
  });

  it.each([
    ["one that a migrator would pass over", [one, two, three], [one, three], /^0001_two is older than the last/],
    [
      "one that was changed afterwards",
      [one, migration("0001_two", 20, "new")],
      [one, two],
      /^0001_two\.sql was changed/,
    ],
    [
      "one that is not newer than the one before",
      [one, migration("0001_two", 10)],
      [],
      /^0001_two is not newer than 0000_one/,
    ],
  ])("is nothing where the folder has %s", (_, folder, applied, problem) => {
    expect(historyOf(folder, applied.map(rowOf))).toEqual({
      _tag: "Broken",
      problems: [expect.stringMatching(problem)],
    });
  });
});
