/** `hedgerow init`: adds Hedgerow to a project that exists. It needs nothing of the project to be installed. */
import * as Console from "effect/Console";
import { Command, Flag } from "effect/cli";
import * as Data from "effect/Data";
import * as Effect from "effect/Effect";
import * as Option from "effect/Option";
import { planSummary, planText, stepsText } from "../init/format.js";
import { type Answers, detect, isEmpty, planInit } from "../init/plan.js";
import { type Project, readProject } from "../init/project.js";
import type { Auth, Database, Runtime } from "../init/templates.js";
import { writePlan } from "../init/write.js";
import { choose, confirm } from "../question.js";
import { peers, version } from "../version.js";
import { foundSomething } from "./failure.js";
import { modulesOf } from "./modules.js";

/** The folder is not one that something can be added to, or the options do not fit each other. */
export class InitError extends Data.TaggedError("InitError")<{ readonly message: string; readonly cause?: unknown }> {}

const failed = (cause: unknown): InitError =>
  new InitError({ message: cause instanceof Error ? cause.message : String(cause), cause });

const databases = ["postgres", "neon", "pglite"] as const satisfies ReadonlyArray<Database>;
const runtimes = ["node", "cloudflare", "bun"] as const satisfies ReadonlyArray<Runtime>;
const auths = ["better-auth"] as const satisfies ReadonlyArray<Auth>;

const answersFor = (
  project: Project,
  given: { readonly database: Database | undefined; readonly runtime: Runtime | undefined; readonly auth: Auth },
  ask: boolean,
): Effect.Effect<Answers, InitError> =>
  Effect.gen(function* () {
    const found = detect(project);
    const runtime = given.runtime ?? found.runtime;
    const known = given.database ?? found.database;
    const database =
      known ??
      (ask && !project.hasConfig
        ? yield* Effect.promise((signal) => choose("Which database?", databases, signal))
        : databases[0]);
    if (database === "pglite" && runtime === "cloudflare") {
      return yield* failed("PGlite keeps a folder, and a Worker has none: choose another --database or --runtime.");
    }
    return { database, runtime, auth: given.auth };
  });

const runtimeNames = { node: "Node.js", cloudflare: "Cloudflare Workers", bun: "Bun" } as const;

const heading = (
  { name, language, isModule, manager, drizzle, tables, auth, servers }: Project,
  answers: Answers,
): string =>
  [
    `${name}: ${language === "ts" ? "TypeScript" : "JavaScript"}, ${isModule ? "ES modules" : "CommonJS"}, ${manager}`,
    `  database     ${answers.database}`,
    `  runtime      ${runtimeNames[answers.runtime]}`,
    `  drizzle-kit  ${drizzle?.file ?? "no config yet"}`,
    `  schema       ${tables.files.length === 0 ? "no tables yet" : tables.files.join(", ")}`,
    `  Better Auth  ${auth === undefined ? "none yet" : `${auth.file} (${auth.name})`}`,
    `  server       ${servers.length === 0 ? "none yet" : servers.join(", ")}`,
  ].join("\n");

export const init = Command.make(
  "init",
  {
    database: Flag.Literals("database", databases).pipe(
      Flag.withDescription("What the project runs on; found out from package.json and drizzle.config unless given"),
      Flag.optional,
    ),
    runtime: Flag.Literals("runtime", runtimes).pipe(
      Flag.withDescription("Where the API runs; found out unless given"),
      Flag.optional,
    ),
    auth: Flag.Literals("auth", auths).pipe(
      Flag.withDefault("better-auth"),
      Flag.withDescription("Who signs people in"),
    ),
    authFile: Flag.String("auth-file").pipe(
      Flag.withDescription("The file that calls betterAuth; searched for unless given"),
      Flag.optional,
    ),
    yes: Flag.Boolean("yes").pipe(
      Flag.withAlias("y"),
      Flag.withDefault(false),
      Flag.withDescription("Write without asking; needed where there is no terminal"),
    ),
    dryRun: Flag.Boolean("dry-run").pipe(
      Flag.withDefault(false),
      Flag.withDescription("Only show what would be written"),
    ),
  },
  Effect.fn(function* ({ database, runtime, auth, authFile, yes, dryRun }) {
    const root = process.cwd();
    const isTerminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
    const needed = peers();
    const modules = modulesOf(root);
    const givenDatabase = Option.getOrUndefined(database);
    const project = yield* Effect.tryPromise({
      try: () =>
        readProject({
          root,
          load: (file) => modules.import<unknown>(file),
          needed,
          authFile: Option.getOrUndefined(authFile),
          database: givenDatabase,
        }),
      catch: failed,
    });
    if (project.problems.length > 0) {
      const problems = project.problems.map((problem) => `  - ${problem}`);
      return yield* failed(["Nothing was written. What stands in the way:", ...problems].join("\n"));
    }
    const answers = yield* answersFor(
      project,
      { database: givenDatabase, runtime: Option.getOrUndefined(runtime), auth },
      isTerminal && !yes && !dryRun,
    );
    const plan = yield* Effect.try({
      try: () => planInit(project, answers, { ...needed, hedgerow: `^${version()}` }),
      catch: failed,
    });
    if (!project.hasConfig) yield* Console.log(`${heading(project, answers)}\n`);
    const text = planText(plan);
    if (text !== "") yield* Console.log(`${text}\n`);
    if (isEmpty(plan)) {
      yield* Console.log("Nothing to do: Hedgerow is set up in this project.");
      if (plan.kept.length > 0) yield* foundSomething;
      return;
    }
    if (dryRun) return yield* Console.log("Nothing was written (--dry-run).");
    if (!yes) {
      if (!isTerminal) {
        return yield* failed("Nothing was written: there is no terminal to ask in. Pass --yes to write all of this.");
      }
      const question = planSummary(plan);
      const agreed = yield* Effect.promise((signal) =>
        confirm(`${question.charAt(0).toUpperCase()}${question.slice(1)}?`, signal),
      );
      if (!agreed) return yield* Console.log("Nothing was written.");
    }
    const { written, problems } = yield* Effect.promise(() => writePlan(root, plan));
    for (const path of written) yield* Console.log(`wrote ${path}`);
    for (const problem of problems) yield* Console.error(problem);
    const steps = stepsText(plan);
    if (steps !== "") yield* Console.log(`\n${steps}`);
    if (problems.length > 0 || plan.kept.length > 0) yield* foundSomething;
  }),
).pipe(
  Command.withDescription(
    "Add Hedgerow to the project in this folder: config, a first guarded table, a server where there is none, scripts. Shows what it would change and asks first; overwrites nothing. Exits with 0 when it is done, has nothing to do or is told no, and with 1 when something stands in the way",
  ),
);
