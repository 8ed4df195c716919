#!/usr/bin/env node
/**
 * The command `hedgerow`.
 *
 * Invariant: only this file and those in commands/ import what the command alone needs. It ends with an exit code that
 * tells whether it did what it was asked to do.
 */
import { Command } from "effect/cli";
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import { describeCause, errorsAlone, exitCodeOf } from "./commands/failure.js";
import { missingPackage } from "./commands/missing.js";
import { platform } from "./commands/platform.js";
import { version } from "./version.js";

const colors = process.stdout.isTTY === true && process.env.NO_COLOR === undefined;
const args = process.argv.slice(2);

/** All commands, or those that a project without the packages of the others can run. */
const load = async () => {
  try {
    return (await import("./commands/index.js")).hedgerow;
  } catch (cause) {
    const name = missingPackage(cause);
    if (name === undefined) throw cause;
    const [command = "--help"] = args;
    if (command === "init" || command.startsWith("-")) return (await import("./commands/alone.js")).hedgerow;
    console.error(
      `${name} is not installed here. Install the packages of the project first; \`hedgerow init\` adds to package.json what is missing there.`,
    );
    process.exit(1);
  }
};

const hedgerow = await load();
const program = Command.runWith(hedgerow, { version: version() })(args).pipe(Effect.provide(platform(colors)));

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());

const exit = await Effect.runPromiseExit(Effect.provide(program, errorsAlone), { signal: stop.signal });
if (Exit.isFailure(exit)) {
  const message = describeCause(exit.cause, args.includes("--verbose"));
  if (message !== undefined) console.error(message);
  process.exitCode = exitCodeOf(exit.cause);
}
