/**
 * What the compiler prints for each mistake, word for word: a type error is a part of the library that people read.
 *
 * One run of `tsc` over one file for each mistake, in a temporary folder beside a link to the packages.
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mistakes } from "./mistakes.js";

const repository = fileURLToPath(new URL("../..", import.meta.url));

const preamble = `import { boolean, integer, jsonb, text, timestamp, uuid } from "drizzle-orm/pg-core";
import { defineHedgerow, id, organization, owner, table } from "hedgerow";
const columns = {
  id: id("doc"),
  organizationId: text("organization_id").notNull(),
  userId: text("user_id"),
  level: integer("level"),
  flag: boolean("flag"),
  due: timestamp("due"),
  ref: uuid("ref"),
  data: jsonb("data"),
};
const documents = table("documents", columns);
const guarded = documents.firewall({ field: "organizationId", equals: "ctx.activeOrgId" });
const claims = defineHedgerow({ roles: ["viewer", "editor"], claims: { level: "number", region: "string" } });
export { boolean, claims, columns, documents, guarded, id, integer, jsonb, organization, owner, table, text, timestamp, uuid };
`;
const firstLine = preamble.split("\n").length;

/** `tsc` ends with an error when it has something to say. */
const compile = (folder: string): Promise<string> =>
  new Promise((resolve) => {
    const tsc = join(repository, "node_modules", "typescript", "bin", "tsc");
    execFile(process.execPath, [tsc, "-p", folder, "--pretty", "false"], { maxBuffer: 1 << 24 }, (_, stdout) =>
      resolve(stdout),
    );
  });

/** Messages by file: `line:column message`, with lines counted from the mistake's own first one. */
const messagesOf = (output: string): ReadonlyMap<string, string> => {
  const messages = new Map<string, string>();
  let current = "";
  for (const line of output.split("\n")) {
    const start = /^(?:.*[\\/])?([\w-]+)\.ts\((\d+),(\d+)\): error TS\d+: (.*)$/.exec(line);
    if (start) current = start[1] ?? "";
    const text = start ? `${Number(start[2]) - firstLine + 1}:${start[3]} ${start[4]}` : line;
    if (text !== "") messages.set(current, [...(messages.get(current)?.split("\n") ?? []), text].join("\n"));
  }
  return messages;
};

describe("the compiler's message", () => {
  let folder: string;
  let messages: ReadonlyMap<string, string>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "hedgerow-types-"));
    await symlink(join(repository, "node_modules"), join(folder, "node_modules"), "junction");
    await writeFile(
      join(folder, "tsconfig.json"),
      JSON.stringify({
        extends: join(repository, "tsconfig.source.json"),
        compilerOptions: { types: [], paths: { hedgerow: [join(repository, "src/index.ts")] } },
        include: ["*.ts"],
      }),
    );
    await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));
    await Promise.all([
      writeFile(join(folder, "right.ts"), preamble),
      ...mistakes.map(({ code }, index) => writeFile(join(folder, `mistake-${index}.ts`), `${preamble}${code}\n`)),
    ]);
    messages = messagesOf(await compile(folder));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("is silent about what is right", () => {
    expect(messages.get("right")).toBeUndefined();
    expect([...messages.keys()].filter((file) => !file.startsWith("mistake-"))).toEqual([]);
  });

  it.each(mistakes.map((mistake, index) => ({ ...mistake, index })))("about $title", ({ index, says }) => {
    expect(messages.get(`mistake-${index}`)).toBe(says);
  });
});
