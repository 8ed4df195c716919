import { describe, expect, it } from "vitest";
import { historyOf as historyFor, type Migration } from "../../src/cli/migrate/history.js";
import { type Applied, appliedOf, upgrade } from "../../src/cli/migrate/records.js";

const migration = (tag: string, when: number, hash = tag): Migration => ({
  tag,
  name: tag.replace(/^\d+_/, ""),
  file: `${tag}.sql`,
  when,
  hash,
  statements: [],
});
const [one, two, three] = [migration("0000_one", 10), migration("0001_two", 20), migration("0002_three", 30)];
const rowOf = ({ hash, when, tag }: Migration) => ({ hash, when, tag });

describe("what is to be migrated, by time, as drizzle-orm 0.45 has it", () => {
  const historyOf = (folder: ReadonlyArray<Migration>, applied: ReadonlyArray<Applied>) =>
    historyFor("0.31", folder, applied);

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

describe("what is to be migrated, by name, as drizzle-orm 1.0 has it", () => {
  const historyOf = (folder: ReadonlyArray<Migration>, applied: ReadonlyArray<Applied>) =>
    historyFor("1.0", folder, applied);

  it("is everything whose name was not applied, also what is older", () => {
    expect(historyOf([one, two, three], [])).toEqual({ _tag: "Pending", migrations: [one, two, three] });
    expect(historyOf([one, two, three], [rowOf(one), rowOf(three)])).toEqual({ _tag: "Pending", migrations: [two] });
    expect(historyOf([one], [rowOf(one)])).toEqual({ _tag: "Pending", migrations: [] });
  });

  const rules = (time: number) => migration(`${time}_hedgerow_rls_${String(time).padStart(12, "0")}`, time);

  it.each([
    ["one that was changed afterwards", [migration("0001_two", 20, "new")], [rowOf(two)], /^0001_two\.sql was changed/],
    [
      "row-level security that is older than what was applied",
      [rules(1), one, rules(2)],
      [rowOf(rules(2))],
      /^1_hedgerow_rls_0+1 is older than 2_hedgerow_rls_0+2, which was applied: it would replace newer rules/,
    ],
    ["rows that a migrator would not know again", [one], [{ ...rowOf(one), tag: undefined }], /1 row without a name/],
  ])("is nothing where the folder has %s", (_, folder, applied, problem) => {
    expect(historyOf(folder, applied)).toEqual({ _tag: "Broken", problems: [expect.stringMatching(problem)] });
  });
});

describe("the rows that drizzle-orm 0.45 has left", () => {
  const rows = (applied: ReadonlyArray<{ readonly hash: string; readonly when: number }>) =>
    applied.map(({ hash, when }, index) => ({ row: { id: index + 1, hash, created_at: when } }));
  const names = (folder: ReadonlyArray<Migration>, applied: ReadonlyArray<{ hash: string; when: number }>) => {
    const upgraded = upgrade(folder, rows(applied));
    return upgraded._tag === "Statements"
      ? upgraded.statements.slice(2).map(({ values }) => values)
      : upgraded.problems;
  };
  const [first, second] = [migration("20260101000000_one", 5000, "a"), migration("20260101000001_two", 6000, "b")];

  it("get the names of the folders of the same second, or with the same text", () => {
    expect(
      names(
        [first, second],
        [
          { hash: "x", when: 5321 },
          { hash: "b", when: 99 },
        ],
      ),
    ).toEqual([
      [first.tag, "1"],
      [second.tag, "2"],
    ]);
    const twin = { ...second, when: 5000 };
    expect(names([first, twin], [{ hash: "b", when: 5321 }])).toEqual([[twin.tag, "1"]]);
    expect(appliedOf(rows([{ hash: "a", when: 5321 }]))).toEqual([{ hash: "a", when: 5321, tag: undefined }]);
  });

  it("stop everything where the folder does not have them", () => {
    expect(names([first], [{ hash: "x", when: 1 }])).toEqual([expect.stringMatching(/does not have \(id 1 /)]);
  });
});
