/** What `npx hedgerow` can do before the packages of a project are installed. Invariant: it imports none of them. */
import { Command } from "effect/cli";
import { verbose } from "./failure.js";
import { init } from "./init.js";

export const hedgerow = Command.make("hedgerow").pipe(
  Command.withDescription(
    "Postgres tables that are guarded as declared. The other commands are here once the packages of the project are installed",
  ),
  Command.withSubcommands([init]),
  Command.withGlobalFlags([verbose]),
);
