import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { sessionIdentity } from "hedgerow/better-auth";
import { generate } from "hedgerow/drizzle-kit";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { authOptions } from "../../examples/app/auth.js";
import * as example from "../../examples/app/schema.js";
import { type Variant, variants } from "../support/generate-variants.js";
import type { Result } from "../support/generate-worker.js";
import { identity } from "../support/guarded-schema.js";
import { type DrizzleLine, makeProject } from "../support/project.js";

let out: string;

beforeEach(async () => {
  out = await mkdtemp(join(tmpdir(), "hedgerow-migrations-"));
});

afterEach(() => rm(out, { recursive: true, force: true }));

const read = (file: string | undefined): Promise<string> => readFile(join(out, file ?? ""), "utf8");

/** Every file with its text. */
const contents = async (directory = out): Promise<Readonly<Record<string, string>>> =>
  Object.fromEntries(
    await Promise.all(
      (await readdir(directory, { recursive: true, withFileTypes: true }))
        .filter((entry) => entry.isFile())
        .map(async ({ parentPath, name }) => {
          const path = join(parentPath, name);
          return [path.slice(directory.length + 1), await readFile(path, "utf8")] as const;
        }),
    ),
  );

interface Generator {
  readonly generated: (
    variant: Variant,
    options?: { readonly name?: string; readonly out?: string },
  ) => Promise<ReadonlyArray<string>>;
  readonly stop: () => Promise<void>;
}

/** With the Drizzle of this repository. */
const inProcess: Generator = {
  generated: (variant, options) => generate({ schema: variants[variant], identity, out, ...options }),
  stop: async () => {},
};

/** With the Drizzle of a project, in one process for all. */
const inProject = async (): Promise<Generator> => {
  const project = await makeProject("1.0");
  await project.write("package.json", '{ "type": "module" }');
  await project.share("generate-variants.ts", "generate-worker.ts", "guarded-schema.ts");
  const worker = project.fork("generate-worker.ts");
  return {
    generated: async (variant, options) => {
      worker.send({ variant, out, ...options });
      const [result]: ReadonlyArray<Result> = await once(worker, "message");
      if (result !== undefined && "files" in result) return result.files;
      throw Object.assign(new Error(result?.error), { name: result?.name });
    },
    stop: async () => {
      worker.kill();
      await project.remove();
    },
  };
};

describe.each<DrizzleLine>(["0.45", "1.0"])("generate() with Drizzle %s", (line) => {
  let generator: Generator;
  const generated: Generator["generated"] = (variant, options) => generator.generated(variant, options);

  beforeAll(async () => {
    generator = line === "1.0" ? await inProject() : inProcess;
  });
  afterAll(() => generator.stop());

  const file = (idx: number, name: string) =>
    expect.stringMatching(
      line === "1.0"
        ? new RegExp(`^\\d{14}_${name}/migration\\.sql$`)
        : new RegExp(`^${String(idx).padStart(4, "0")}_${name}\\.sql$`),
    );
  const helpers = file(0, "hedgerow_helpers_[0-9a-f]{12}");
  const security = (idx: number) => file(idx, "hedgerow_rls_[0-9a-f]{12}");
  /** The migrations in the order in which they run. */
  const migrations = async (): Promise<ReadonlyArray<string>> =>
    line === "1.0"
      ? Object.keys(await contents())
          .filter((path) => path.endsWith("migration.sql"))
          .sort()
      : JSON.parse(await read("meta/_journal.json")).entries.map(({ tag }: { tag: string }) => `${tag}.sql`);

  it("writes helpers, tables and row-level security, one statement for each part, and then nothing more", async () => {
    const files = await generated("whole");
    expect(files).toEqual([helpers, file(1, "tables"), security(2)]);
    expect(await migrations()).toEqual(files);
    const before = await contents();
    for (const each of files) {
      expect(before[each]?.split("--> statement-breakpoint").every((part) => part.trim().endsWith(";"))).toBe(true);
    }
    expect(before[files[1] ?? ""]).not.toContain("POLICY");
    expect(await generated("whole")).toEqual([]);
    expect(await contents()).toEqual(before);
  });

  it("is the same whatever the order of the exports", async () => {
    await generated("whole");
    const before = await contents();
    expect(await generated("reversed")).toEqual([]);
    expect(await contents()).toEqual(before);

    const elsewhere = await mkdtemp(join(tmpdir(), "hedgerow-migrations-"));
    await generated("reversed", { out: elsewhere });
    const timeless = (files: Readonly<Record<string, string>>) =>
      Object.fromEntries(
        Object.entries(files)
          .filter(([path]) => path !== join("meta", "_journal.json"))
          .map(([path, text]) => [path.replace(/^\d{14}/, ""), text]),
      );
    expect(timeless(await contents(elsewhere))).toEqual(timeless(before));
    await rm(elsewhere, { recursive: true });
  });

  it("writes one file for a changed rule, without a question about policies", async () => {
    await generated("withoutTasks");
    expect(await generated("changedRule")).toEqual([security(3)]);
    expect(await generated("changedRule")).toEqual([]);
    // And back: what counts is the last one, not whether there ever was one like it.
    expect(await generated("withoutTasks")).toEqual([security(4)]);
  });

  it("takes back what it gave to a table that it no longer guards", async () => {
    await generated("whole");
    const files = await generated("unguarded");
    expect(files).toEqual([file(3, "tables"), security(4)]);
    expect(await read(files[0])).toContain('DROP POLICY "tasks_select" ON "tasks"');
    expect(await read(files[1])).toContain(`perform hedgerow.revoke_all('"public"."tasks"')`);
    expect(await read(files[1])).not.toContain("create policy tasks");
  });

  it("drops a table that is gone, its rules with it", async () => {
    await generated("whole");
    const files = await generated("withoutTasks");
    expect(files).toEqual([file(3, "tables"), security(4)]);
    expect(await read(files[0])).toMatch(/^DROP TABLE "tasks"/m);
    expect(await read(files[0])).not.toContain("POLICY");
    expect(await generated("withoutTasks")).toEqual([]);
  });

  it("moves policies out of the way of a column that changes, and makes them again", async () => {
    await generated("sizeInteger");
    const files = await generated("sizeText", { name: "bigger" });
    expect(files).toEqual([file(3, "bigger"), security(4)]);
    const text = await read(files[0]);
    expect(text).toContain("SET DATA TYPE");
    expect(text.indexOf("drop %s %I on %s")).toBeLessThan(text.indexOf("SET DATA TYPE"));
  });

  it("writes nothing where drizzle-kit would have to ask", async () => {
    await generated("whole");
    const before = await contents();
    await expect(generated("renamed")).rejects.toMatchObject({
      name: "GenerateError",
      message: expect.stringMatching(/^Nothing was written: drizzle-kit has a question.*in a terminal/),
    });
    expect(await contents()).toEqual(before);
  });

  it("gives each migration a second of its own, after all that is there", async () => {
    const files = await generated("whole");
    const timeOf = async (each: string | undefined): Promise<number> =>
      line === "1.0"
        ? Number(each?.slice(0, 14))
        : ((JSON.parse(await read("meta/_journal.json")).entries as ReadonlyArray<{ tag: string; when: number }>).find(
            ({ tag }) => `${tag}.sql` === each,
          )?.when ?? 0);
    // As after a colleague whose clock is ahead.
    const last = files.at(-1) ?? "";
    let latest = last;
    if (line === "1.0") {
      latest = join("20991231235959_ahead", "migration.sql");
      await rename(join(out, dirname(last)), join(out, `20991231235958${dirname(last).slice(14)}`));
      await mkdir(join(out, dirname(latest)));
      await writeFile(join(out, latest), "select 1;\n");
    } else {
      const journal = JSON.parse(await read("meta/_journal.json"));
      journal.entries[2].when += 1_000_000;
      await writeFile(join(out, "meta", "_journal.json"), JSON.stringify(journal));
    }
    const [rules] = await generated("changedRuleWithTasks");
    const [again] = await generated("whole");
    expect(line === "1.0" ? [rules?.slice(0, 14), again?.slice(0, 14)] : [rules, again]).toEqual(
      line === "1.0" ? ["21000101000000", "21000101000001"] : [security(3), security(4)],
    );
    const times = await Promise.all([...files.slice(0, 2), latest, rules, again].map(timeOf));
    const gap = line === "1.0" ? 1 : 1000;
    times.slice(1).forEach((time, index) => {
      expect(time).toBeGreaterThanOrEqual((times[index] ?? 0) + gap);
    });
  });

  it("says what is wrong with a folder of the other line, and leaves it alone", async () => {
    if (line === "1.0") {
      await inProcess.generated("whole");
      await expect(generated("changedRuleWithTasks")).rejects.toThrow(/layout of drizzle-kit 0\.31.*`drizzle-kit up`/);
      expect((await contents())["0001_tables.sql"]).toBeDefined();
    } else {
      await mkdir(join(out, "20260101000000_first"));
      await writeFile(join(out, "20260101000000_first", "migration.sql"), "select 1;\n");
      await expect(generated("whole")).rejects.toThrow(
        /layout of drizzle-kit 1\.0.*Install drizzle-orm and drizzle-kit 1/,
      );
      expect(await readdir(out)).toEqual(["20260101000000_first"]);
    }
  });
});

describe("generate() with Drizzle 0.45", () => {
  it("says what is wrong with a folder that is not whole", async () => {
    await inProcess.generated("whole");
    const [file] = (await readdir(out)).filter((each) => each.startsWith("0002"));
    await rm(join(out, file ?? ""));
    await expect(inProcess.generated("changedRuleWithTasks")).rejects.toThrow(
      /does not exist, but the journal names it/,
    );
    await writeFile(join(out, "meta", "_journal.json"), "{");
    await expect(inProcess.generated("whole")).rejects.toThrow(/_journal\.json is not JSON/);
  });

  it("writes this for the example's tables", async () => {
    const files = await generate({ schema: { ...example }, identity: sessionIdentity(authOptions), out });
    const golden = join(import.meta.dirname, "..", "golden", "migrations");
    for (const file of files)
      await expect(await read(file)).toMatchFileSnapshot(join(golden, file.replace(/_[0-9a-f]{12}/, "")));
  });
});
