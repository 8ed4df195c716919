/**
 * What `hedgerow init` would change, as data.
 *
 * Invariant: a function of the project and the answers; the same ones give the same plan, and a project that has what the
 * plan holds gives an empty one. Nothing that exists is replaced: a file is made or kept, package.json only gains entries.
 */
import { lstatSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { passwordStep } from "../guarding.js";
import { type Entry, withEntries } from "./package-text.js";
import type { ExistingAuth, Project } from "./project.js";
import { folderOf, planServer, type ServerPlan } from "./server.js";
import { type Driver, driverOf } from "./server-templates.js";
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
  npm: { run: "npx", install: "npm install", script: "npm run" },
  pnpm: { run: "pnpm exec", install: "pnpm install", script: "pnpm" },
  yarn: { run: "yarn", install: "yarn install", script: "yarn" },
  bun: { run: "bunx", install: "bun install", script: "bun run" },
} as const;

const commands = ["check", "push", "generate", "migrate", "doctor"] as const;

/** Ranges of what only the files that are written need. */
const own: Readonly<Record<string, string>> = {
  "@hono/node-server": "^2.1.0",
  "@types/pg": "^8.15.0",
  tsx: "^4.20.0",
  wrangler: "^4.0.0",
};

const packageOf = {
  pg: "pg",
  "postgres-js": "postgres",
  neon: "@neondatabase/serverless",
  pglite: "@electric-sql/pglite",
} as const satisfies Readonly<Record<Driver, string>>;

const dependencyEntries = (
  { dependencies, language }: Project,
  { database, runtime }: Answers,
  needed: Readonly<Record<string, string>>,
  isServed: boolean,
): ReadonlyArray<Entry> => {
  const orm = dependencies.get("drizzle-orm");
  const isDrizzle1 = orm !== undefined && !isCompatible(orm, "^0.45.0") && /1/.test(orm);
  const rangeOf = (name: string): string => {
    if (isDrizzle1 && name === "drizzle-kit") return orm;
    return own[name] ?? rangeToInstall(needed[name] ?? "*");
  };
  const driver = driverOf(database, (name) => dependencies.has(name));
  const isTyped = language === "ts" && dependencies.has("typescript");
  const wanted = [
    ...["better-auth", "drizzle-orm", "hedgerow", "hono", packageOf[driver], ...(isServed ? ["@hono/node-server"] : [])]
      .sort()
      .map((key) => ({ section: "dependencies", key }) as const),
    ...[
      "drizzle-kit",
      // The commands, and drizzle-kit, reach Neon as any PostgreSQL.
      ...(driver === "neon" && !dependencies.has("postgres") ? ["pg"] : []),
      ...(driver === "pg" && isTyped ? ["@types/pg"] : []),
      ...(isServed && language === "ts" && runtime === "node" ? ["tsx"] : []),
      ...(runtime === "cloudflare" ? ["wrangler"] : []),
    ].map((key) => ({ section: "devDependencies", key }) as const),
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
  server: ServerPlan | undefined,
): ReadonlyArray<Entry> => {
  const wanted: ReadonlyArray<Entry> = [
    ...(server?.entries ?? []),
    ...commands.map((name) => ({ section: "scripts", key: `hedgerow:${name}`, value: `hedgerow ${name}` }) as const),
    ...dependencyEntries(project, answers, needed, server?.isServed === true),
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

const extensionOf = ({ language, isModule }: Project): string => (language === "ts" ? "ts" : isModule ? "js" : "mjs");

const placeIn =
  (project: Project) =>
  (name: string): string =>
    `${folderOf(project)}/${name}.${extensionOf(project)}`;

/** The table that is written: one that is not there yet. */
const firstTable = ({ tables }: Project): string =>
  ["notes", "documents", "pages", "guarded_notes"].find((each) => !tables.names.has(each)) ?? "hedgerow_notes";

const serverOf = (project: Project, answers: Answers): ServerPlan => {
  const { auth, importSuffix: suffix, manager } = project;
  return planServer(project, answers, {
    at: placeIn(project),
    table: firstTable(project),
    specifier: (from, file) => specifier(from, file, suffix),
    existing: (from) => (auth === undefined ? { statement: "", expression: "" } : optionsOf(auth, from, suffix)),
    script: (name) => `${words[manager].script} ${name}`,
  });
};

/** A Better Auth that was there before may connect as the owner, whom the guard would shut out. */
const guardsLater = ({ auth }: Project, { database }: Answers): boolean => auth !== undefined && database !== "pglite";

/** Files for a project that has no config yet. */
const files = (project: Project, answers: Answers, server: ServerPlan): ReadonlyArray<NewFile> => {
  const { drizzle, tables, auth, language, importSuffix: suffix } = project;
  const at = placeIn(project);
  const config = `hedgerow.config.${extensionOf(project)}`;
  const name = firstTable(project);
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
    ...server.files,
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
        guardsLater: guardsLater(project, answers),
        dotenv: drizzle?.dotenv,
      }),
    },
  ];
};

const drizzleFile = (project: Project): NewFile => {
  const extension = extensionOf(project);
  const { importSuffix } = project;
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
    ...(!hasConfig && guardsLater(project, answers)
      ? [
          'Better Auth is there already, and may connect as the owner of its tables, whom their guard would shut out: every sign-up would fail. The config says guard: "later", so that a push leaves them to it, until Better Auth has moved (the last steps). check and doctor name it until then.',
        ]
      : []),
    ...(answers.database === "pglite" && answers.runtime !== "node"
      ? ["The command opens the folder of PGlite with Node.js, one process at a time."]
      : []),
  ];
};

const stepsOf = (
  project: Project,
  answers: Answers,
  installs: boolean,
  server: ServerPlan | undefined,
): ReadonlyArray<string> => {
  const { manager, auth, drizzle } = project;
  const { run, install } = words[manager];
  const first = [...(installs ? [install] : [])];
  if (server === undefined) return first;
  const variable = drizzle?.variable ?? "MIGRATION_DATABASE_URL";
  const later = guardsLater(project, answers);
  const isServer = answers.database !== "pglite";
  const makes = auth?.kind !== "instance";
  const plugin =
    auth !== undefined && !auth.hasPlugin
      ? [`Add hedgerow() of "hedgerow/better-auth" to the plugins of ${auth.file}: routers know the caller by it.`]
      : [];
  return [
    ...first,
    ...plugin,
    ...(isServer ? [`Set ${variable} to the url of the database's owner.`] : []),
    `${run} hedgerow ${later ? "push" : `check && ${run} hedgerow push`}`,
    ...(isServer
      ? [
          passwordStep,
          `Set ${server.apiVariable}${answers.runtime === "cloudflare" ? " (in .dev.vars)" : ""} to the url of hedgerow_api${makes ? `, ${server.authVariable} to that of hedgerow_auth` : ""}, and BETTER_AUTH_SECRET${answers.runtime === "cloudflare" ? " and BETTER_AUTH_URL" : ""}.`,
        ]
      : []),
    ...server.steps,
    ...(later
      ? [
          `Once Better Auth itself connects as hedgerow_auth, wherever it runs: take guard: "later" out of hedgerow.config, and ${run} hedgerow push. The way back is to say it again, and to push.`,
        ]
      : []),
  ];
};

/**
 * @param needed the ranges of the packages that Hedgerow works with, its own included.
 * @returns what is to change; only what is missing.
 */
export const planInit = (project: Project, answers: Answers, needed: Readonly<Record<string, string>>): Plan => {
  const server = project.hasConfig ? undefined : serverOf(project, answers);
  const entries = packageEntries(project, answers, needed, server);
  const wanted = [
    ...(server === undefined ? [] : files(project, answers, server)),
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
      server,
    ),
  };
};

/** Whether there is nothing to write. */
export const isEmpty = ({ create, entries }: Plan): boolean => create.length === 0 && entries.length === 0;
