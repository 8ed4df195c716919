/**
 * What of a project answers requests, and what is added so that it does.
 *
 * Invariant: a server that exists is left alone, and gets the lines to add instead. Whether there is one is told from code
 * alone: nothing of it is run.
 */
import { join, posix } from "node:path";
import type { Entry } from "./package-text.js";
import type { Answers, NewFile } from "./plan.js";
import type { Project } from "./project.js";
import {
  type AuthModule,
  apiFile,
  createAuthFile,
  databaseFile,
  driverOf,
  mountLines,
  type ServerParts,
  serverFile,
  workerFile,
  wranglerFile,
} from "./server-templates.js";
import { codeOf, readSource } from "./source.js";
import type { OptionsImport } from "./templates.js";

const serves =
  /\bnew\s+(Hono|OpenAPIHono|Koa|Elysia)\b|(?<![\w$.])(express|fastify|Fastify|createServer|serve)\s*\(|(?<![\w$])(http|https|Bun|Deno)\.(createServer|serve)\s*\(/;

/** The folder that everything goes to but the configs. */
export const folderOf = ({ hasSourceFolder }: Pick<Project, "hasSourceFolder">): string =>
  hasSourceFolder ? "src/guarded" : "guarded";

/** @returns the files that make a server, those that `init` writes left out. */
export const findServers = (root: string, files: ReadonlyArray<string>): ReadonlyArray<string> =>
  files.filter(
    (file) =>
      !/^(src\/)?guarded\/(server|api)\.\w+$/.test(file) && serves.test(codeOf(readSource(join(root, file)), "blank")),
  );

/** Where other things than a module of one's own answer: there the lines are all that can be said. */
const framework = ({ dependencies }: Project): boolean =>
  ["next", "nuxt", "@sveltejs/kit", "astro", "@tanstack/react-start", "@nestjs/core"].some((name) =>
    dependencies.has(name),
  );

export interface ServerPlan {
  readonly files: ReadonlyArray<NewFile>;
  /** Whether one of them is a server. */
  readonly isServed: boolean;
  readonly entries: ReadonlyArray<Entry>;
  readonly apiVariable: string;
  readonly authVariable: string;
  /** The last steps: how to start it, or what to add to the server there is. */
  readonly steps: ReadonlyArray<string>;
}

export interface Places {
  /** The path of a file beside the tables. */
  readonly at: (name: string) => string;
  /** The first table. */
  readonly table: string;
  /** How one file imports another. */
  readonly specifier: (from: string, file: string) => string;
  /** How a file gets the options, or the instance, of a Better Auth that is there. */
  readonly existing: (from: string) => OptionsImport;
  /** How a package manager runs a script. */
  readonly script: (name: string) => string;
}

/** The name of the script: what a project has under `dev` stays its own. */
const scriptName = (command: string, scripts: ReadonlyMap<string, string>): string =>
  (scripts.get("dev") ?? command) === command ? "dev" : "hedgerow:dev";

const runner = (project: Project, runtime: Answers["runtime"]): string =>
  runtime === "bun" ? "bun" : project.language === "ts" ? "tsx" : "node";

export const planServer = (project: Project, answers: Answers, places: Places): ServerPlan => {
  const { auth, language, drizzle, dependencies } = project;
  const driver = driverOf(answers.database, (name) => dependencies.has(name));
  const ownerVariable = drizzle?.variable ?? "MIGRATION_DATABASE_URL";
  // The owner's url must stay the owner's.
  const apiVariable = ownerVariable === "DATABASE_URL" ? "API_DATABASE_URL" : "DATABASE_URL";
  const module = (from: string): AuthModule =>
    auth === undefined
      ? { kind: "create", file: "auth" }
      : auth.kind === "options"
        ? { kind: "create", file: "better-auth" }
        : { kind: "instance", ...instanceOf(places.existing(from)) };
  const parts = (name: string): ServerParts => ({
    language,
    driver,
    auth: module(places.at(name)),
    basePath: auth?.basePath ?? "/api/auth",
    apiVariable,
    authVariable: "AUTH_DATABASE_URL",
    folder: drizzle?.folder ?? "./.data",
    beside: (other) => places.specifier(places.at(name), places.at(other)),
    dotenv: drizzle?.dotenv,
  });
  const [server] = project.servers;
  const isWorker = answers.runtime === "cloudflare";
  const isServed = server === undefined && !framework(project) && !isWorker;
  const isNeonWorker = isWorker && driver === "neon" && server === undefined && auth?.kind !== "instance";
  const hasDev = isServed || (isNeonWorker && !project.hasWranglerConfig);
  const file = (name: string, text: string): NewFile => ({ path: places.at(name), text });
  const command = isWorker ? "wrangler dev" : `${runner(project, answers.runtime)} ${places.at("server")}`;
  const script = scriptName(command, project.scripts);
  const from = (name: string): string =>
    server === undefined ? `./${posix.basename(places.at(name))}` : places.specifier(server, places.at(name));
  const schemaFrom = places.specifier(places.at("better-auth"), places.at("schema"));
  return {
    files: [
      ...(auth?.kind === "options"
        ? [file("better-auth", createAuthFile(language, places.existing(places.at("better-auth")), schemaFrom))]
        : []),
      ...(isWorker ? [] : [file("database", databaseFile(parts("database")))]),
      file("api", apiFile(parts("api"))),
      ...(isServed ? [file("server", serverFile(parts("server")))] : []),
      ...(isNeonWorker ? [file("worker", workerFile(parts("worker")))] : []),
      ...(isNeonWorker && hasDev
        ? [{ path: "wrangler.jsonc", text: wranglerFile(workerName(project.name), places.at("worker")) }]
        : []),
    ],
    isServed,
    entries: hasDev ? [{ section: "scripts", key: script, value: command }] : [],
    apiVariable,
    authVariable: "AUTH_DATABASE_URL",
    steps: hasDev
      ? [`${places.script(script)}, and GET /api/v1/${places.table} answers.`]
      : [
          isWorker
            ? isNeonWorker
              ? `Let main of wrangler's config be ${places.at("worker")}.`
              : `Serve createApi() of ${places.at("api")} from ${server ?? "the Worker"}: with a database that is opened for each request, or neon() of hedgerow/neon-http.`
            : [
                `${server ?? "The server"} was left alone. Add to it${server === undefined ? ", in its own words" : ""}:`,
                ...mountLines(parts("api"), from).map((line) => `     ${line}`),
                "     Where it is none of Hono's: createApi(…).fetch(request) takes a Request and gives a Response.",
              ].join("\n"),
        ],
  };
};

/** What wrangler takes for a name. */
const workerName = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, "-")
    .replace(/^-+|-+$/g, "") || "api";

const instanceOf = ({ statement, expression }: OptionsImport): OptionsImport => ({
  statement,
  expression: expression.replace(/\.options$/, ""),
});
