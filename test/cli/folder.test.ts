/** A folder of migrations when whoever writes it is killed, at every step of the way. */
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { nextTimes } from "../../src/cli/generate/folder.js";
import { timestampFolder } from "../../src/cli/generate/timestamp-folder.js";

let out: string;

beforeEach(async () => {
  out = await mkdtemp(join(tmpdir(), "hedgerow-folder-"));
});

afterEach(() => rm(out, { recursive: true, force: true }));

const drafts = ["helpers", "tables", "rules"].map((name) => ({ name, text: `select '${name}';\n` }));
const tags = (): Promise<ReadonlyArray<string>> => readdir(out);

describe("a folder of drizzle-kit 1.0", () => {
  it("forgets what was not decided when its writer was killed", async () => {
    await mkdir(join(out, ".hedgerow.new", "20260101000000_helpers"), { recursive: true });
    await writeFile(join(out, ".hedgerow.new", "20260101000000_helpers", "migration.sql"), "half");
    const folder = timestampFolder(out);
    expect(folder.entries()).toEqual([]);
    folder.settle();
    expect(await tags()).toEqual([]);
  });

  it.each([0, 1, 2])("is not complete when its writer was killed after %i of 3, until it is settled", async (moved) => {
    const folder = timestampFolder(out);
    const entries = folder.append(drafts);
    expect(await tags()).toEqual(entries.map(({ tag }) => tag));
    await mkdir(join(out, ".hedgerow"));
    for (const { tag } of entries.slice(moved)) await rename(join(out, tag), join(out, ".hedgerow", tag));
    expect(() => folder.entries()).toThrow(/is not complete.*Run `hedgerow generate`/);
    folder.settle();
    expect(folder.entries()).toEqual(entries);
    expect(entries.map(folder.read)).toEqual(drafts.map(({ text }) => text));
    expect(await tags()).toHaveLength(3);
  });

  it("puts migrations where drizzle-kit has put its own, after what is there, with its snapshot", async () => {
    const folder = timestampFolder(out);
    const before = folder.append([{ name: "helpers", text: "select 1;\n" }]);
    // In the same second, and before it by its name.
    const made = `${before[0]?.tag.slice(0, 14)}_brave`;
    await mkdir(join(out, made));
    await writeFile(join(out, made, "migration.sql"), "create policy;\n");
    await writeFile(join(out, made, "snapshot.json"), "{}");
    const entry = folder.entries().find(({ tag }) => tag === made);
    if (entry === undefined) throw new Error("drizzle-kit's migration is not in the folder");
    const replaced = folder.replace(entry, [{ name: "brave", text: "select 2;\n" }, ...drafts.slice(2)]);
    expect(await tags()).toEqual([...before, ...replaced].map(({ tag }) => tag));
    expect(replaced.map(({ name }) => name)).toEqual(["brave", "rules"]);
    expect(await readFile(join(out, replaced[0]?.tag ?? "", "snapshot.json"), "utf8")).toBe("{}");
  });

  it("says which folder has no place in the order", async () => {
    await mkdir(join(out, "later"));
    await writeFile(join(out, "later", "migration.sql"), "select 1;\n");
    expect(() => timestampFolder(out).entries()).toThrow(/later is not called <year>.*Rename it/);
  });
});

describe("the times of new migrations", () => {
  it("are seconds apart and after all others, whatever stands there", () => {
    const times = fc.array(fc.integer({ min: 0, max: 4_000_000_000_000 }));
    fc.assert(
      fc.property(times, fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0 }), (there, count, now) => {
        const made = nextTimes(
          there.map((when) => ({ when })),
          count,
          now,
        );
        expect(made).toHaveLength(count);
        expect(made[0]).toBeGreaterThanOrEqual(now);
        for (const when of there) expect(made[0]).toBeGreaterThanOrEqual(when + 1000);
        made.slice(1).forEach((when, index) => {
          expect(when - (made[index] ?? 0)).toBe(1000);
        });
      }),
    );
  });
});
