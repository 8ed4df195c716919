/** `hedgerow push`: the database as declared, without migrations. */
import * as Console from "effect/Console";
import { Command, Flag } from "effect/cli";
import * as Effect from "effect/Effect";
import * as Option from "effect/Option";
import { guardsService } from "../../postgres/identity.js";
import { guardOf } from "../derive.js";
import { describeFailure } from "../failure.js";
import { movingSteps, unguardedFinding } from "../guarding.js";
import { openDatabase } from "../open.js";
import { pushEffect } from "../push.js";
import { confirm } from "../question.js";
import { configFlag, connectDirectly, loadConfig, waitFlag } from "./load.js";

/** On a terminal. */
const accept = (losses: ReadonlyArray<string>, signal: AbortSignal): Promise<boolean> => {
  console.log(["Data would be lost:", ...losses.map((loss) => `  - ${loss}`)].join("\n"));
  return confirm("Push all the same?", signal);
};

const guardAuth = (meaning: ReadonlyArray<string>, signal: AbortSignal): Promise<boolean> => {
  console.log(describeFailure("Somebody could lose access:", meaning));
  return confirm("Guard them now?", signal);
};

export const push = Command.make(
  "push",
  {
    config: configFlag,
    acceptDataLoss: Flag.Boolean("accept-data-loss").pipe(
      Flag.withDefault(false),
      Flag.withDescription("Also drop tables and columns that have rows, without asking"),
    ),
    acceptAuthGuard: Flag.Boolean("accept-auth-guard").pipe(
      Flag.withDefault(false),
      Flag.withDescription("Also guard tables of Better Auth that have rows and were open before, without asking"),
    ),
    wait: waitFlag,
  },
  Effect.fn(function* ({ config: path, acceptDataLoss, acceptAuthGuard, wait }) {
    const config = yield* loadConfig(Option.getOrUndefined(path));
    const connection = yield* connectDirectly(config);
    const guard = guardOf(config);
    const isTerminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
    yield* Effect.acquireUseRelease(
      Effect.promise(() => openDatabase(connection)),
      ({ database }) =>
        pushEffect({
          ...guard,
          database,
          acceptDataLoss: acceptDataLoss || (isTerminal && accept),
          acceptAuthGuard: acceptAuthGuard || (isTerminal && guardAuth),
          ask: isTerminal,
          waitMs: wait * 1_000,
          onWait: (message) => console.error(`${config.name}: ${message}`),
        }),
      ({ close }) => Effect.promise(close),
    );
    yield* Console.log(`${config.name}: the database is as declared, row-level security applied and verified.`);
    if (!guardsService(guard.identity)) {
      yield* Console.log(describeFailure(`${config.name}: ${unguardedFinding.message} What comes next:`, movingSteps));
    }
  }),
).pipe(
  Command.withDescription(
    "Bring the database to what the schema declares, without migrations: for development and tests",
  ),
);
