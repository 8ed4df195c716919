/** `hedgerow migrate`: the migrations of the folder, applied and verified. */
import * as Console from "effect/Console";
import { Command, Flag } from "effect/cli";
import * as Effect from "effect/Effect";
import * as Option from "effect/Option";
import { guardOf, outOf } from "../derive.js";
import { migrateEffect } from "../migrate/migrate.js";
import { configFlag, connectDirectly, loadConfig, waitFlag } from "./load.js";

export const migrate = Command.make(
  "migrate",
  {
    config: configFlag,
    baseline: Flag.Boolean("baseline").pipe(
      Flag.withDefault(false),
      Flag.withDescription(
        "Record the migrations as applied without running them, for a database that a push has made",
      ),
    ),
    acceptAuthGuard: Flag.Boolean("accept-auth-guard").pipe(
      Flag.withDefault(false),
      Flag.withDescription("Also guard tables of Better Auth that have rows and were open before"),
    ),
    wait: waitFlag,
  },
  Effect.fn(function* ({ config: path, baseline, acceptAuthGuard, wait }) {
    const config = yield* loadConfig(Option.getOrUndefined(path));
    const connection = yield* connectDirectly(config);
    const applied = yield* migrateEffect({
      ...guardOf(config),
      out: outOf(config),
      connection,
      baseline,
      acceptAuthGuard,
      onApplied: (tag) => console.log(`${config.name}: applied ${tag}`),
      waitMs: wait * 1_000,
      onWait: (message) => console.error(`${config.name}: ${message}`),
    });
    const what =
      applied.length === 0
        ? `nothing to ${baseline ? "record" : "apply"}`
        : `${applied.length} ${baseline ? "recorded" : "applied"}`;
    yield* Console.log(`${config.name}: ${what}, the database is as declared.`);
  }),
).pipe(Command.withDescription("Apply the migrations that the database has not seen, and verify it"));
