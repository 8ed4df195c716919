/** The commands of `hedgerow`. A new one is a file here and a line below. */
import { Command } from "effect/cli";
import { check } from "./check.js";
import { doctor } from "./doctor.js";
import { explain } from "./explain.js";
import { verbose } from "./failure.js";
import { generate } from "./generate.js";
import { init } from "./init.js";
import { matrix } from "./matrix.js";
import { migrate } from "./migrate.js";
import { neonLocal } from "./neon-local.js";
import { push } from "./push.js";

export const hedgerow = Command.make("hedgerow").pipe(
  Command.withDescription("Postgres tables that are guarded as declared"),
  Command.withSubcommands([init, push, generate, migrate, check, doctor, explain, matrix, neonLocal]),
  Command.withGlobalFlags([verbose]),
);
