/**
 * What a project is, before anything is added to it.
 *
 * Invariant: it only reads, and only the current package: of the folders above it, nothing but the name of a lock file and
 * what is installed. What stands in the way of adding Hedgerow is a problem, in words, and never an exception.
 */
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { type BetterAuthFile, findBetterAuth } from "./better-auth.js";
import { type DrizzleConfig, type Load, readDrizzleConfig } from "./drizzle-config.js";
import { parsePackage } from "./package-text.js";
import { findServers } from "./server.js";
import { codeOf, filesMatching, readSource, sourceFiles } from "./source.js";
import { authFile as authText } from "./templates.js";
import { isCompatible, rangeToInstall } from "./versions.js";

export type Manager = "npm" | "pnpm" | "yarn" | "bun";

export interface ExistingTables {
  readonly files: ReadonlyArray<string>;
  /** SQL names and the names of exports; a new table takes none of them. */
  readonly names: ReadonlySet<string>;
  /** Whether Better Auth's are among them. */
  readonly hasAuth: boolean;
}

export interface ExistingAuth extends BetterAuthFile {
  /** What its tables are called. */
  readonly tables: ReadonlyArray<string>;
  readonly hasOrganization: boolean;
  /** Where it answers. */
  readonly basePath: string;
}

export interface Project {
  readonly root: string;
  readonly name: string;
  readonly manager: Manager;
  readonly language: "ts" | "js";
  readonly isModule: boolean;
  /** What stands behind a relative import: `.js`, `.ts` or nothing. */
  readonly importSuffix: string;
  /** Every package that package.json names, with its range. */
  readonly dependencies: ReadonlyMap<string, string>;
  readonly scripts: ReadonlyMap<string, string>;
  /** Files that make a server. */
  readonly servers: ReadonlyArray<string>;
  readonly hasConfig: boolean;
  readonly hasSourceFolder: boolean;
  readonly isWorker: boolean;
  readonly hasWranglerConfig: boolean;
  readonly drizzle: DrizzleConfig | undefined;
  readonly tables: ExistingTables;
  readonly auth: ExistingAuth | undefined;
  readonly problems: ReadonlyArray<string>;
}

const lockFiles: ReadonlyArray<readonly [string, Manager]> = [
  ["pnpm-lock.yaml", "pnpm"],
  ["yarn.lock", "yarn"],
  ["bun.lock", "bun"],
  ["bun.lockb", "bun"],
  ["package-lock.json", "npm"],
  ["npm-shrinkwrap.json", "npm"],
];

/** This folder and those around it, up to the end of the repository. */
const upwards = (root: string): ReadonlyArray<string> => {
  const folders = [root];
  for (let at = root; !existsSync(join(at, ".git")) && dirname(at) !== at; at = dirname(at)) folders.push(dirname(at));
  return folders;
};

const managerOf = (root: string, declared: unknown): Manager => {
  const named = typeof declared === "string" ? /^(npm|pnpm|yarn|bun)@/.exec(declared)?.[1] : undefined;
  const byName = lockFiles.find(([, manager]) => manager === named)?.[1];
  if (byName !== undefined) return byName;
  for (const folder of upwards(root)) {
    const found = lockFiles.find(([file]) => existsSync(join(folder, file)));
    if (found !== undefined) return found[1];
  }
  return "npm";
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

const dependenciesOf = (json: Readonly<Record<string, unknown>>): ReadonlyMap<string, string> =>
  new Map(
    ["peerDependencies", "optionalDependencies", "devDependencies", "dependencies"].flatMap((section) => {
      const found = json[section];
      return isObject(found) ? Object.entries(found).map(([name, range]) => [name, String(range)] as const) : [];
    }),
  );

/** @returns the version that an import in this folder would get. */
const installedVersion = (root: string, name: string): string | undefined => {
  for (const folder of upwards(root)) {
    try {
      const found: unknown = JSON.parse(readFileSync(join(folder, "node_modules", name, "package.json"), "utf8"));
      if (isObject(found) && typeof found.version === "string") return found.version;
    } catch {
      // Not in this one.
    }
  }
  return undefined;
};

const tooOld = (
  root: string,
  dependencies: ReadonlyMap<string, string>,
  needed: Readonly<Record<string, string>>,
): ReadonlyArray<string> =>
  Object.entries(needed).flatMap(([name, range]) => {
    const declared = dependencies.get(name);
    if (declared === undefined) return [];
    const have = installedVersion(root, name) ?? declared;
    return isCompatible(have, range)
      ? []
      : [`${name} is ${have}, and ${range} is needed: install ${name}@${rangeToInstall(range)}`];
  });

/** The texts of the tsconfig and of what it extends by a relative path; their words matter, not their structure. */
const tsconfigTexts = (root: string): string => {
  const texts: Array<string> = [];
  let file: string | undefined = join(root, "tsconfig.json");
  while (file !== undefined && existsSync(file) && texts.length < 10) {
    const text: string = codeOf(readFileSync(file, "utf8"), "keep");
    texts.push(text);
    const base: string | undefined = /"extends"\s*:\s*"(\.[^"]+)"/.exec(text)?.[1];
    file = base === undefined ? undefined : resolve(dirname(file), base.endsWith(".json") ? base : `${base}.json`);
  }
  return texts.join("\n");
};

/** The first that says something wins, as in a tsconfig that extends another. */
const suffixOf = (tsconfig: string, language: "ts" | "js", isModule: boolean): string => {
  if (language === "js") return isModule ? ".js" : ".mjs";
  if (/"(allowImportingTsExtensions|rewriteRelativeImportExtensions)"\s*:\s*true/.test(tsconfig)) return ".ts";
  const module = /"module(?:Resolution)?"\s*:\s*"(\w+)"/.exec(tsconfig)?.[1] ?? "";
  return /^node(16|18|20|next)$/i.test(module) ? ".js" : "";
};

const reason = (cause: unknown): string =>
  (cause instanceof Error ? cause.message : String(cause)).split("\n")[0] ?? "unknown";

/** Before `npm install`, what is missing most often is a package that package.json names. */
const sayingWhatToInstall = (
  message: string,
  { dependencies, manager }: Pick<Project, "dependencies" | "manager">,
): string =>
  message.replace(/Cannot find (?:package|module) '((?:@[\w.-]+\/)?\w[\w.-]*).*$/, (whole: string, name: string) =>
    dependencies.has(name) ? `${name} is not installed yet: run \`${manager} install\` first, then this again` : whole,
  );

const drizzleName = Symbol.for("drizzle:Name");
const isTable = Symbol.for("drizzle:IsDrizzleTable");

const readTables = async (root: string, files: ReadonlyArray<string>, load: Load): Promise<ExistingTables> => {
  const names = new Set<string>();
  const tables = new Set<string>();
  for (const file of files) {
    let module: unknown;
    try {
      module = await load(join(root, file));
    } catch (cause) {
      throw new Error(`${file} cannot be loaded: ${reason(cause)}`);
    }
    for (const [key, value] of isObject(module) ? Object.entries(module) : []) {
      names.add(key);
      if (isObject(value) && Reflect.get(value, isTable) === true) {
        names.add(String(Reflect.get(value, drizzleName)));
        tables.add(String(Reflect.get(value, drizzleName)));
      }
    }
  }
  return { files, names, hasAuth: tables.has("session") && tables.has("user") };
};

/** With what Better Auth itself says of its options; the copy in the project, because only that one knows its plugins. */
const readAuth = async (root: string, auth: BetterAuthFile, load: Load): Promise<ExistingAuth> => {
  let options: unknown;
  let models: unknown;
  try {
    const module = await load(join(root, auth.file));
    const found = isObject(module) ? module[auth.name] : undefined;
    options = auth.kind === "options" ? found : isObject(found) ? found.options : undefined;
    const { getAuthTables } = (await load("better-auth/db")) as { getAuthTables: (options: unknown) => unknown };
    models = getAuthTables(options ?? {});
  } catch (cause) {
    throw new Error(`${auth.file} cannot be loaded: ${reason(cause)}`);
  }
  if (!isObject(options)) throw new Error(`${auth.file} exports no options of Better Auth as ${auth.name}`);
  const plugins: ReadonlyArray<unknown> = Array.isArray(options.plugins) ? options.plugins : [];
  const has = (id: string): boolean => plugins.some((plugin) => isObject(plugin) && plugin.id === id);
  const tables = Object.values(isObject(models) ? models : {}).flatMap((model) =>
    isObject(model) && model.disableMigrations !== true ? [String(model.modelName)] : [],
  );
  const basePath = typeof options.basePath === "string" ? options.basePath : "/api/auth";
  return { ...auth, tables, hasOrganization: has("organization"), hasPlugin: has("hedgerow"), basePath };
};

const lines = (files: ReadonlyArray<{ readonly file: string }>): string => files.map(({ file }) => file).join(", ");

const exportOptions =
  "Export its options, for example `export const authOptions = { … } satisfies BetterAuthOptions`, and call betterAuth({ ...authOptions, database })";

/** @returns the Better Auth of a project, or why there is not exactly one. */
const chooseAuth = (
  root: string,
  all: ReadonlyArray<string>,
  language: "ts" | "js",
  given: string | undefined,
): { readonly auth?: BetterAuthFile; readonly problem?: string } => {
  const path = given?.replaceAll("\\", "/").replace(/^\.\//, "");
  if (path !== undefined && !existsSync(join(root, path))) return { problem: `There is no file ${path}.` };
  // One that `init` itself wrote and then could not go on is not the project's.
  const isOwn = (file: string): boolean => readSource(join(root, file)) === authText(language);
  const found = findBetterAuth(root, path === undefined ? all.filter((file) => !isOwn(file)) : [path]);
  const [first] = found;
  if (found.length > 1) {
    return { problem: `Several files call betterAuth: ${lines(found)}. Say which one with --auth-file.` };
  }
  if (first === undefined) return path === undefined ? {} : { problem: `${path} does not call betterAuth.` };
  return first.name === undefined
    ? { problem: `${first.file} calls betterAuth, but exports neither the instance nor its options. ${exportOptions}.` }
    : { auth: first };
};

export interface Looking {
  readonly root: string;
  /** Loads a file of the project, or a package as the project would. */
  readonly load: Load;
  /** The ranges of the packages that Hedgerow works with. */
  readonly needed: Readonly<Record<string, string>>;
  /** The file that calls `betterAuth`, where the user says which. */
  readonly authFile: string | undefined;
  /** Whether to keep from opening a database that the user's own code opens. */
  readonly database: string | undefined;
}

/** The files that `hedgerow` finds by itself. */
export const configNames = ["ts", "mts", "js", "mjs"].map((extension) => `hedgerow.config.${extension}`);

/**
 * @returns what is in the folder.
 * @throws Error where it is not the folder of a package.
 */
export const readProject = async ({ root, load, needed, authFile, database }: Looking): Promise<Project> => {
  if (!existsSync(join(root, "package.json"))) {
    throw new Error(
      `There is no package.json in ${root}. Run this in the folder of a project; for a new one, run \`npm init -y\` first.`,
    );
  }
  const json = parsePackage(readFileSync(join(root, "package.json"), "utf8"));
  const dependencies = dependenciesOf(json);
  const files = sourceFiles(root);
  const tsconfig = tsconfigTexts(root);
  const isBun = dependencies.has("@types/bun") || dependencies.has("bun-types");
  const scripts = files.filter((file) => !/\.config\.[cm]?[jt]s$/.test(file));
  const isTypeScript =
    tsconfig !== "" || dependencies.has("typescript") || isBun || !scripts.some((file) => /\.[cm]?jsx?$/.test(file));
  const hasWranglerConfig = ["toml", "json", "jsonc"].some((extension) =>
    existsSync(join(root, `wrangler.${extension}`)),
  );
  const language = isTypeScript ? "ts" : "js";
  const isModule = json.type === "module";
  const common = {
    root,
    name: typeof json.name === "string" && json.name !== "" ? json.name.replace(/^@[^/]*\//, "") : basename(root),
    manager: managerOf(root, json.packageManager),
    language,
    isModule,
    importSuffix: suffixOf(tsconfig, language, isModule),
    dependencies,
    scripts: new Map(
      Object.entries(isObject(json.scripts) ? json.scripts : {}).map(([name, command]) => [name, String(command)]),
    ),
    servers: findServers(root, files),
    hasConfig: configNames.some((name) => existsSync(join(root, name))),
    hasSourceFolder: existsSync(join(root, "src")),
    isWorker: dependencies.has("wrangler") || hasWranglerConfig,
    hasWranglerConfig,
  } as const;
  const problems = [...tooOld(root, dependencies, needed)];
  /** What cannot be read is a problem, and the rest is looked at all the same. */
  const attempt = async <A>(what: string, run: () => Promise<A>, otherwise: A): Promise<A> => {
    try {
      return await run();
    } catch (cause) {
      problems.push(`${what}${sayingWhatToInstall(reason(cause), common)}.`);
      return otherwise;
    }
  };
  const none: ExistingTables = { files: [], names: new Set(), hasAuth: false };
  if (common.hasConfig) {
    const drizzle = await attempt("drizzle.config: ", () => readDrizzleConfig(root, load), undefined);
    return { ...common, drizzle, tables: none, auth: undefined, problems: [...problems] };
  }
  const drizzle = await attempt("drizzle.config cannot be used: ", () => readDrizzleConfig(root, load), undefined);
  const declared =
    drizzle === undefined || drizzle.schema.length === 0
      ? files.filter((file) => /\bpgTable\s*\(/.test(codeOf(readSource(join(root, file)), "blank")))
      : filesMatching(root, drizzle.schema);
  if (drizzle !== undefined && drizzle.schema.length > 0 && declared.length === 0) {
    problems.push(`${drizzle.file} says that the schema is ${drizzle.schema.join(", ")}, and there is no such file.`);
  }
  const tables = await attempt("", () => readTables(root, declared, load), none);
  const { auth: chosen, problem } = chooseAuth(root, files, language, authFile);
  if (problem !== undefined) problems.push(problem);
  const opensFolder = database === "pglite" || (database === undefined && drizzle?.isPglite === true);
  if (chosen?.kind === "instance" && opensFolder) {
    problems.push(
      `${chosen.file} exports Better Auth with its database opened. A folder of PGlite has one writer, so the command needs the options alone. ${exportOptions}.`,
    );
  }
  const auth =
    chosen === undefined || (chosen.kind === "instance" && opensFolder)
      ? undefined
      : await attempt("", () => readAuth(root, chosen, load), undefined);
  return { ...common, drizzle, tables, auth, problems };
};
