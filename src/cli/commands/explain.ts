/** `hedgerow explain`: what a rule says, and why a user does or does not see a row. */
import * as Console from "effect/Console";
import { Argument, Command, Flag } from "effect/cli";
import * as Effect from "effect/Effect";
import * as Option from "effect/Option";
import type { Caller } from "../../condition/caller.js";
import { type Schema, understand } from "../../table/schema.js";
import type { HedgerowConfig } from "../configuration.js";
import { guardOf } from "../derive.js";
import { commandOf, explain as explanationOf, explanationText, type SqlCommand } from "../explain/explain.js";
import { parseCaller } from "../explain/parse-caller.js";
import { CannotExplain, why, whyText } from "../explain/why.js";
import { openDatabase } from "../open.js";
import { configFlag, connect, loadConfig } from "./load.js";

/** The words of a rule. */
const operations = ["read", "create", "update", "delete"] as const;

const aboutARow = Effect.fail(
  new CannotExplain({
    message: "--as says who asks for a row: pass --id with its primary key as well, or leave --as out.",
  }),
);
const notThereYet = Effect.fail(
  new CannotExplain({
    message: "A row that is created is not there yet: leave --id and --as out, and `explain` says what it must be.",
  }),
);

const explainRule = (
  config: HedgerowConfig,
  schema: Schema,
  table: string,
  command: SqlCommand,
): Effect.Effect<string, CannotExplain> =>
  Effect.try({
    try: () => explanationText(explanationOf(schema, table, command, guardOf(config).target)),
    catch: (cause) => new CannotExplain({ message: cause instanceof Error ? cause.message : String(cause) }),
  });

/** A caller as JSON, or the id or email of a user. */
const callerIn = (as: string | undefined): Effect.Effect<string | Caller | null, CannotExplain> =>
  as === undefined || !as.trimStart().startsWith("{")
    ? Effect.succeed(as ?? null)
    : Effect.try({
        try: () => parseCaller(as),
        catch: (cause) => new CannotExplain({ message: cause instanceof Error ? cause.message : String(cause) }),
      });

const explainRow = (
  config: HedgerowConfig,
  schema: Schema,
  question: {
    readonly table: string;
    readonly command: SqlCommand;
    readonly id: string;
    readonly as: string | undefined;
  },
) =>
  Effect.gen(function* () {
    const { command } = question;
    if (command === "insert") return yield* notThereYet;
    const as = yield* callerIn(question.as);
    const connection = yield* connect(config);
    const answer = yield* Effect.acquireUseRelease(
      Effect.promise(() => openDatabase(connection)),
      ({ database }) => why({ ...question, ...guardOf(config), schema, command, database, as }),
      ({ close }) => Effect.promise(close),
    );
    return whyText(answer);
  });

export const explain = Command.make(
  "explain",
  {
    table: Argument.String("table").pipe(Argument.withDescription("SQL name of a table, or name of its export")),
    config: configFlag,
    op: Flag.Literals("op", operations).pipe(
      Flag.withDefault("read"),
      Flag.withDescription("What the caller does with a row, as rules say it"),
    ),
    as: Flag.String("as").pipe(
      Flag.withDescription(
        "Who, with --id: id or email of a user, or as JSON what a token says, if tokens say who is calling; nobody unless given",
      ),
      Flag.optional,
    ),
    id: Flag.String("id").pipe(
      Flag.withDescription(
        "Primary key of a row: says why it is admitted or not. Needs a role that bypasses row-level security",
      ),
      Flag.optional,
    ),
  },
  Effect.fn(function* ({ config: path, table, op, as, id }) {
    const config = yield* loadConfig(Option.getOrUndefined(path));
    const schema = yield* understand(config.schema.module);
    const command = commandOf[op];
    const row = Option.getOrUndefined(id);
    if (command === "insert" && (row !== undefined || Option.isSome(as))) return yield* notThereYet;
    if (row === undefined && Option.isSome(as)) return yield* aboutARow;
    yield* Console.log(yield* explainRule(config, schema, table, command));
    if (row === undefined) return;
    const answer = yield* explainRow(config, schema, { table, command, id: row, as: Option.getOrUndefined(as) });
    yield* Console.log(`\n${answer}`);
  }),
).pipe(Command.withDescription("Say a rule in English and in SQL, and why a user does or does not see a row"));
