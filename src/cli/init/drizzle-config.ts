/**
 * A drizzle-kit config that is there already: what of it a Hedgerow config repeats.
 *
 * Invariant: no credential leaves this file. Of a url there is only the name of the environment variable that it comes from;
 * to find it, each name in the file stands for a text of its own while the file is loaded.
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { codeOf } from "./source.js";

export interface Dotenv {
  readonly statement: string;
  /** Behind the imports. */
  readonly call?: string;
}

export interface DrizzleConfig {
  /** Its name. */
  readonly file: string;
  readonly schema: ReadonlyArray<string>;
  readonly out: string | undefined;
  /** The environment variable with the url, where there is one. */
  readonly variable: string | undefined;
  /** The folder, where it is PGlite's and stands in the file. */
  readonly folder: string | undefined;
  readonly isPglite: boolean;
  /** Whether it names credentials that are not one variable. */
  readonly hasOtherCredentials: boolean;
  /** What loads a `.env`. */
  readonly dotenv: Dotenv | undefined;
  /** Whether it calls `withHedgerow`. */
  readonly isGuarded: boolean;
}

/** Loads a module of the project, or a package as the project would, and returns its exports. */
export type Load = (file: string) => Promise<unknown>;

const names = ["ts", "js", "json", "mts", "mjs", "cts", "cjs"].map((extension) => `drizzle.config.${extension}`);

const property = (of: unknown, name: string): unknown =>
  typeof of === "object" && of !== null ? Reflect.get(of, name) : undefined;

const texts = (value: unknown): ReadonlyArray<string> =>
  (Array.isArray(value) ? value : [value]).filter((each): each is string => typeof each === "string" && each !== "");

const standInFor = (name: string): string => `postgres://stand-in.invalid/${name}`;

/** Runs with every variable that a source names set to a text of its own, and restores the environment. */
const withStandIns = async <A>(source: string, run: () => Promise<A>): Promise<A> => {
  const variables = new Set(source.match(/\b[A-Z][A-Z0-9_]+\b/g));
  const before = [...variables].map((name) => [name, process.env[name]] as const);
  for (const name of variables) process.env[name] = standInFor(name);
  try {
    return await run();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
};

const variableIn = (url: unknown): string | undefined =>
  typeof url === "string" ? /stand-in\.invalid\/(\w+)/.exec(url)?.[1] : undefined;

const dotenvOf = (code: string): Dotenv | undefined => {
  if (/["']dotenv\/config["']/.test(code)) return { statement: 'import "dotenv/config";' };
  if (!/["']dotenv["']/.test(code)) return undefined;
  const path = /\bconfig\(\s*\{\s*path:\s*["']([\w./-]+)["']/.exec(code)?.[1];
  return {
    statement: 'import { config } from "dotenv";',
    call: `config(${path === undefined ? "" : `{ path: ${JSON.stringify(path)} }`});`,
  };
};

/**
 * @param load loads a module of the project.
 * @returns the config in a folder, if there is one.
 * @throws Error that says why it cannot be loaded, or that it is not one for PostgreSQL.
 */
export const readDrizzleConfig = async (root: string, load: Load): Promise<DrizzleConfig | undefined> => {
  const file = names.find((name) => existsSync(join(root, name)));
  if (file === undefined) return undefined;
  const source = await readFile(join(root, file), "utf8");
  const code = codeOf(source, "keep");
  const isGuarded = /\bwithHedgerow\s*\(/.test(codeOf(source, "blank"));
  const config = isGuarded
    ? {}
    : await withStandIns(source, async () => {
        if (file.endsWith(".json")) return JSON.parse(source) as unknown;
        const module = await load(join(root, file));
        return property(module, "default") ?? module;
      });
  const dialect = property(config, "dialect");
  if (!isGuarded && dialect !== "postgresql") {
    throw new Error(`its dialect is ${JSON.stringify(dialect) ?? "missing"}; Hedgerow needs "postgresql"`);
  }
  const isPglite = property(config, "driver") === "pglite";
  const credentials = property(config, "dbCredentials");
  const url = property(credentials, "url");
  const variable = variableIn(url);
  const folder = isPglite && variable === undefined && typeof url === "string" ? url : undefined;
  return {
    file,
    schema: texts(property(config, "schema")),
    out: texts(property(config, "out"))[0],
    variable,
    folder,
    isPglite,
    hasOtherCredentials: credentials !== undefined && variable === undefined && folder === undefined,
    dotenv: dotenvOf(code),
    isGuarded,
  };
};
