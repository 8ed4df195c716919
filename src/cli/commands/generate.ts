/** `hedgerow generate`: what has changed in the schema, as migrations. */
import * as Console from "effect/Console";
import { Command, Flag } from "effect/cli";
import * as Effect from "effect/Effect";
import * as Option from "effect/Option";
import { copiesOf, guardOf, outOf } from "../derive.js";
import { generateEffect } from "../generate/generate.js";
import { configFlag, loadConfig } from "./load.js";

export const generate = Command.make(
  "generate",
  {
    config: configFlag,
    name: Flag.String("name").pipe(
      Flag.withDescription("What to call the migration of the tables"),
      Flag.withDefault("tables"),
    ),
  },
  Effect.fn(function* ({ config: path, name }) {
    const config = yield* loadConfig(Option.getOrUndefined(path));
    const out = outOf(config);
    const copies = copiesOf(config);
    const ask = process.stdin.isTTY === true && process.stdout.isTTY === true;
    const files = yield* generateEffect({
      ...guardOf(config),
      out,
      name,
      ask,
      ...(copies !== undefined && { copies }),
    });
    for (const file of files) yield* Console.log(`${config.name}: wrote ${out}/${file}`);
    if (copies !== undefined) yield* Console.log(`${config.name}: ${copies} has a copy of each for supabase db push.`);
    if (files.length === 0) yield* Console.log(`${config.name}: nothing has changed since the last migration.`);
  }),
).pipe(
  Command.withDescription("Write what has changed in the schema as migrations: helpers, tables, row-level security"),
);
