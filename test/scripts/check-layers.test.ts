import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";

const check = (folder: string): { readonly status: number | null; readonly lines: ReadonlyArray<string> } => {
  const { status, stderr } = spawnSync(process.execPath, ["--import", "tsx", "scripts/check-layers.ts", folder], {
    encoding: "utf8",
  });
  return { status, lines: stderr.split("\n").filter((line) => line !== "") };
};

let tree: string;

beforeAll(() => {
  tree = mkdtempSync(join(tmpdir(), "hedgerow-layers-"));
  const files: Readonly<Record<string, string>> = {
    "index.ts": 'export * from "./table/table.js";\nexport * from "./http/index.js";\n',
    "condition/fold.ts": '// import "../http/index.js";\nexport const text = \'import "../http/index.js"\';\n',
    "condition/up.ts": 'import * as Effect from "effect/Effect";\n\nimport { table } from "../table/table.js";\n',
    "table/table.ts": 'import { fold } from "../condition/fold.js";\nimport { other } from "./other.js";\n',
    "postgres/push.ts": 'export const kit = () => import("drizzle-kit/api");\n',
    "http/index.ts": 'import type { Helper } from "../postgres/helpers.js";\nimport { Effect } from "effect";\n',
    "auth/plugin.ts": 'import "../postgres/identity.js";\nexport type { Database } from "../database/database.js";\n',
    "auth/jwt.ts": 'export const of = (x: import("../database/database.js").Result) => x;\n',
    "auth/self.ts": 'import { table } from "hedgerow";\n',
    "cli/push.ts": 'import "drizzle-kit/api";\nimport "../index.js";\nimport "../testing/matrix.js";\n',
    "cli/load.ts": 'import { createJiti } from "jiti";\nimport "effect/cli";\nimport "./commands/index.js";\n',
    "cli/commands/index.ts": 'import { Command } from "effect/cli";\nimport "../push.js";\n',
    "testing/matrix.ts": 'import "../http/index.js";\nimport "../cli/push.js";\n',
    "utils/misc.ts": "export {};\n",
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), text);
  }
});
afterAll(() => rmSync(tree, { recursive: true }));

it("names file, line and reason of every import that points up or across", () => {
  const { status, lines } = check(tree);
  expect(lines.map((line) => line.replace(`${tree}/`, "").replace(/;.*/, ""))).toEqual([
    'auth/jwt.ts:1: "../database/database.js": auth may not import database',
    'auth/plugin.ts:2: "../database/database.js": auth may not import database',
    'auth/self.ts:1: "hedgerow": a source imports another by its relative path, not by the package\'s name',
    'cli/load.ts:1: "jiti": only cli/bin.ts and cli/commands may import what the command alone needs',
    'cli/load.ts:2: "effect/cli": only cli/bin.ts and cli/commands may import what the command alone needs',
    'cli/load.ts:3: "./commands/index.js": only the command may import its own parts',
    'condition/up.ts:3: "../table/table.js": condition may not import table',
    'http/index.ts:1: "../postgres/helpers.js": http may not import postgres',
    'http/index.ts:2: "effect": bundlers cannot shake the barrel',
    'index.ts:2: "./http/index.js": index may not import http',
    'postgres/push.ts:1: "drizzle-kit/api": only cli may import drizzle-kit',
    'testing/matrix.ts:2: "../cli/push.js": testing may not import cli',
    "utils/misc.ts:1: belongs to no layer",
  ]);
  expect(status).toBe(1);
});

it("accepts a tree in which every import points down", () => {
  expect(check("src")).toEqual({ status: 0, lines: [] });
});

it("does not accept a folder without sources", () => {
  expect(check("test/support/nothing-here").status).not.toBe(0);
});
