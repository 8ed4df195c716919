/**
 * What `hedgerow init` would change, as data.
 *
 * Invariant: a function of the project and the answers; the same ones give the same plan, and a project that has what the
 * plan holds gives an empty one. Nothing that exists is replaced: a file is made or kept, package.json only gains entries.
 */
import { lstatSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { type Entry, withEntries } from "./package-text.js";
import type { ExistingAuth, Project } from "./project.js";
import {
  type Auth,
  authFile,
  authTablesFile,
  configFile,
  type Database,
  drizzleConfigFile,
  type OptionsImport,
  type Runtime,
  schemaFile,
  tablesFile,
} from "./templates.js";
import { isCompatible, rangeToInstall } from "./versions.js";

export interface Answers {
  readonly database: Database;
  readonly runtime: Runtime;
  readonly auth: Auth;
}

export interface NewFile {
  /** From the folder of the project, with `/`. */
  readonly path: string;
  readonly text: string;
}

export interface Plan {
  readonly create: ReadonlyArray<NewFile>;
  /** For package.json. */
  readonly entries: ReadonlyArray<Entry>;
  /** Files that exist with another content, with what they would have held. */
  readonly kept: ReadonlyArray<NewFile>;
  /** What somebody should know. */
  readonly notes: ReadonlyArray<string>;
  /** What is left to do by hand. */
  readonly steps: ReadonlyArray<string>;
}

/** What can be told without asking; undefined where it cannot. */
export const detect = ({
  dependencies,
  drizzle,
  isWorker,
  manager,
}: Project): { readonly database: Database | undefined; readonly runtime: Runtime } => {
  const isNeon = dependencies.has("@neondatabase/serverless");
  const isPostgres = dependencies.has("pg") || dependencies.has("postgres");
  const isPglite = dependencies.has("@electric-sql/pglite");
  const database = drizzle?.isPglite
    ? "pglite"
    : isNeon && !isPostgres
      ? "neon"
      : isPostgres && !isNeon
        ? "postgres"
        : isPglite && !isNeon && !isPostgres
          ? "pglite"
          : undefined;
  const isBun = manager === "bun" || dependencies.has("@types/bun") || dependencies.has("bun-types");
  return { database, runtime: isWorker ? "cloudflare" : isBun ? "bun" : "node" };
};

/** How to run a command of a package, and how to install. */
const words = {
  npm: { run: "npx", install: "npm install" },
  pnpm: { run: "pnpm exec", install: "pnpm install" },
  yarn: { run: "yarn", install: "yarn install" },
  bun: { run: "bunx", install: "bun install" },
} as const;

const commands = ["check", "push", "generate", "migrate", "doctor"] as const;

const dependencyEntries = (
  { dependencies, language }: Project,
  { database }: Answers,
  needed: Readonly<Record<string, string>>,
): ReadonlyArray<Entry> => {
  const orm = dependencies.get("drizzle-orm");
  const isDrizzle1 = orm !== undefined && !isCompatible(orm, "^0.45.0") && /1/.test(orm);
  const rangeOf = (name: string): string => {
    if (isDrizzle1 && name === "drizzle-kit") return orm;
    return rangeToInstall(needed[name] ?? "*");
  };
  const driver = database === "pglite" ? "@electric-sql/pglite" : "pg";
  const wanted = [
    ...["better-auth", "drizzle-orm", "hedgerow", "hono", driver]
      .sort()
      .map((key) => ({ section: "dependencies", key }) as const),
    { section: "devDependencies", key: "drizzle-kit" } as const,
  ];
  const hasTypes = ["@types/node", "@types/bun", "bun-types"].some((name) => dependencies.has(name));
  return [
    ...wanted
      .filter(({ key }) => !dependencies.has(key))
      .map(({ section, key }) => ({ section, key, value: rangeOf(key) })),
    // For `process` in the config.
    ...(language === "ts" && dependencies.has("typescript") && !hasTypes
      ? [{ section: "devDependencies", key: "@types/node", value: ">=20" } as const]
      : []),
  ];
};

const packageEntries = (
  project: Project,
  answers: Answers,
  needed: Readonly<Record<string, string>>,
): ReadonlyArray<Entry> => {
  const wanted: ReadonlyArray<Entry> = [
    ...commands.map((name) => ({ section: "scripts", key: `hedgerow:${name}`, value: `hedgerow ${name}` }) as const),
    ...dependencyEntries(project, answers, needed),
  ];
  const text = readFileSync(join(project.root, "package.json"), "utf8");
  return wanted.filter((entry) => withEntries(text, [entry]) !== text);
};

/** A module, as a file imports it. */
const specifier = (from: string, file: string, suffix: string): string => {
  const path = posix.relative(posix.dirname(from), file);
  const [, base = "", extension = ""] = /^(.*)(\.[cm]?[jt]sx?)$/.exec(path) ?? [];
  const ended = suffix === "" || extension === ".ts" ? base + (extension === ".ts" ? suffix : "") : path;
  return ended.startsWith(".") ? ended : `./${ended}`;
};

const optionsOf = (auth: ExistingAuth, from: string, suffix: string): OptionsImport => {
  const local = auth.name === "default" ? "auth" : auth.name;
  const names = auth.name === "default" ? local : `{ ${local} }`;
  return {
    statement: `import ${names} from ${JSON.stringify(specifier(from, auth.file, suffix))};`,
    expression: auth.kind === "options" ? local : `${local}.options`,
  };
};

const quoted = (value: string): string => JSON.stringify(value);

const withDot = (path: string): string => (/^\.{0,2}\//.test(path) ? path : `./${path}`);

/** Files for a project that has no config yet. */
const files = (project: Project, answers: Answers): ReadonlyArray<NewFile> => {
  const { drizzle, tables, auth, language, isModule, importSuffix: suffix } = project;
  const extension = language === "ts" ? "ts" : isModule ? "js" : "mjs";
  const folder = project.hasSourceFolder ? "src/guarded" : "guarded";
  const at = (name: string): string => `${folder}/${name}.${extension}`;
  const config = `hedgerow.config.${extension}`;
  const name =
    ["notes", "documents", "pages", "guarded_notes"].find((each) => !tables.names.has(each)) ?? "hedgerow_notes";
  const hasOrganization = auth === undefined || auth.hasOrganization;
  const writesAuth = auth === undefined || !tables.hasAuth;
  const own = [...(writesAuth ? [at("auth")] : []), at("tables")];
  const ownOptions: OptionsImport = {
    statement: `import { authOptions } from ${quoted(specifier(config, at("auth"), suffix))};`,
    expression: "authOptions",
  };
  return [
    { path: at("tables"), text: tablesFile(name, hasOrganization ? "organization" : "user") },
    ...(auth === undefined
      ? [{ path: at("auth"), text: authFile(language) }]
      : writesAuth
        ? [{ path: at("auth"), text: authTablesFile(optionsOf(auth, at("auth"), suffix), auth.tables) }]
        : []),
    {
      path: at("schema"),
      text: schemaFile([...tables.files, ...own].map((file) => specifier(at("schema"), file, suffix))),
    },
    // The config comes last but one: what it imports is there before it.
    {
      path: config,
      text: configFile({
        name: project.name,
        schemaPath: `./${at("schema")}`,
        schemaModule: specifier(config, at("schema"), suffix),
        out: withDot(drizzle?.out ?? "drizzle"),
        ...answers,
        variable: drizzle?.variable ?? "MIGRATION_DATABASE_URL",
        folder: drizzle?.folder ?? "./.data",
        options: auth === undefined ? ownOptions : optionsOf(auth, config, suffix),
        dotenv: drizzle?.dotenv,
      }),
    },
  ];
};

const drizzleFile = ({ language, isModule, importSuffix }: Project): NewFile => {
  const extension = language === "ts" ? "ts" : isModule ? "js" : "mjs";
  return {
    path: `drizzle.config.${extension === "mjs" ? "ts" : extension}`,
    text: drizzleConfigFile(specifier("drizzle.config.ts", `hedgerow.config.${extension}`, importSuffix)),
  };
};

/** Anything of that name counts, a folder and a link to nowhere included. */
const contentAt = (file: string): string | undefined => {
  if (lstatSync(file, { throwIfNoEntry: false }) === undefined) return undefined;
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
};

const notesOf = (project: Project, answers: Answers): ReadonlyArray<string> => {
  const { drizzle, auth, tables, hasConfig } = project;
  return [
    ...(drizzle !== undefined && !drizzle.isGuarded
      ? [
          [
            `${drizzle.file} is kept. So that \`drizzle-kit push\` and \`drizzle-kit generate\` guard as well, let it be:`,
            ...drizzleFile(project).text.split("\n").slice(1, -1),
          ].join("\n"),
        ]
      : []),
    ...(!hasConfig && drizzle?.hasOtherCredentials
      ? [
          `${drizzle.file} has its credentials in another form than one variable; hedgerow.config reads MIGRATION_DATABASE_URL.`,
        ]
      : []),
    ...(auth !== undefined && tables.hasAuth
      ? [
          "Better Auth's tables stay the ones of your schema. authTables(options) of hedgerow/better-auth would also keep one membership per user and organization unique, and times with a time zone.",
        ]
      : []),
    ...(answers.database === "pglite" && answers.runtime !== "node"
      ? ["The command opens the folder of PGlite with Node.js, one process at a time."]
      : []),
  ];
};

const stepsOf = (project: Project, answers: Answers, installs: boolean): ReadonlyArray<string> => {
  const { manager, auth, drizzle, hasConfig } = project;
  const { run, install } = words[manager];
  const variable = drizzle?.variable ?? "MIGRATION_DATABASE_URL";
  const plugin =
    auth !== undefined && !auth.hasPlugin
      ? [`Add hedgerow() of "hedgerow/better-auth" to the plugins of ${auth.file}: routers know the caller by it.`]
      : [];
  const first = [...(installs ? [install] : [])];
  if (hasConfig) return first;
  return [
    ...first,
    ...plugin,
    ...(answers.database === "pglite" ? [] : [`Set ${variable} to the url of the database's owner.`]),
    `${run} hedgerow check && ${run} hedgerow push`,
    'Serve it: new Hono().route("/api/v1", createRouter({ schema, auth: sessionAuthenticator(auth), database })), see the README.',
  ];
};

/**
 * @param needed the ranges of the packages that Hedgerow works with, its own included.
 * @returns what is to change; only what is missing.
 */
export const planInit = (project: Project, answers: Answers, needed: Readonly<Record<string, string>>): Plan => {
  const entries = packageEntries(project, answers, needed);
  const wanted = [
    ...(project.hasConfig ? [] : files(project, answers)),
    ...(project.drizzle === undefined ? [drizzleFile(project)] : []),
  ].map((file) => ({ ...file, content: contentAt(join(project.root, file.path)) }));
  const plain = ({ path, text }: NewFile): NewFile => ({ path, text });
  const create = wanted.filter(({ content }) => content === undefined).map(plain);
  const kept = wanted.filter(({ content, text }) => content !== undefined && content !== text).map(plain);
  return {
    create,
    entries,
    kept,
    notes: notesOf(project, answers),
    steps: stepsOf(
      project,
      answers,
      entries.some(({ section }) => section !== "scripts"),
    ),
  };
};

/** Whether there is nothing to write. */
export const isEmpty = ({ create, entries }: Plan): boolean => create.length === 0 && entries.length === 0;
