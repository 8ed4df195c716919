/**
 * Finds and reads `hedgerow.config.ts`.
 *
 * Invariant: what comes back was checked as a whole, whoever wrote it and in whichever language; a config that is missing,
 * throws or is wrong is one error that says so. Nothing is left behind on the disk.
 */
import { existsSync } from "node:fs";
import { relative, resolve } from "node:path";
import { Flag } from "effect/cli";
import * as Effect from "effect/Effect";
import { ConfigError, checkConfig, type HedgerowConfig } from "../configuration.js";
import type { Connection } from "../connection.js";
import { connectionTo } from "../derive.js";
import { refusedAddress } from "../direct.js";
import { defaultWaitMs } from "../locks/limits.js";
import { located } from "./located.js";
import { modulesOf } from "./modules.js";

const names = ["ts", "mts", "js", "mjs"].map((extension) => `hedgerow.config.${extension}`);

/** For every command that reads the config. */
export const configFlag = Flag.String("config").pipe(
  Flag.withAlias("c"),
  Flag.withDescription(`The config; ${names.join(", ")} in this folder unless given`),
  Flag.optional,
);

/** For every command that prints more than words. */
export const jsonFlag = Flag.Boolean("json").pipe(Flag.withDefault(false), Flag.withDescription("Print JSON"));

/** For every command that waits for others. */
export const waitFlag = Flag.Int("wait").pipe(
  Flag.withDefault(defaultWaitMs / 1_000),
  Flag.withDescription("For how many seconds in all to wait for the locks of others"),
  Flag.filter(
    (seconds) => seconds > 0,
    () => "must be at least 1",
  ),
);

const refused = (message: string, cause?: unknown): ConfigError =>
  new ConfigError({ message, problems: [message], cause });

const find = (path: string | undefined): string | undefined =>
  (path === undefined ? names : [path]).map((name) => resolve(name)).find((file) => existsSync(file));

/**
 * @param path from the folder where the command runs; undefined to look for one there.
 * @returns the default export of the file.
 */
export const loadConfig = (path: string | undefined): Effect.Effect<HedgerowConfig, ConfigError> =>
  Effect.gen(function* () {
    const file = find(path);
    if (file === undefined) {
      return yield* refused(
        path === undefined
          ? `There is no ${names[0]} in this folder. Write one with defineConfig of "hedgerow/config", or pass --config.`
          : `There is no file ${path}.`,
      );
    }
    const loaded = yield* Effect.tryPromise({
      try: () => modulesOf(process.cwd()).import<unknown>(file, { default: true }),
      catch: (cause) =>
        cause instanceof ConfigError
          ? cause
          : refused(`${relative(process.cwd(), file)} cannot be loaded: ${located(cause, process.cwd())}`, cause),
    });
    return yield* Effect.try({
      try: () => checkConfig(loaded),
      catch: (cause) => (cause instanceof ConfigError ? cause : refused(String(cause), cause)),
    });
  });

/** @returns how to reach the database of a config. */
export const connect = (config: HedgerowConfig): Effect.Effect<Connection, ConfigError> =>
  Effect.try({
    try: () => connectionTo(config),
    catch: (cause) => (cause instanceof ConfigError ? cause : refused(String(cause), cause)),
  });

/** @returns the same, for a command that changes the database: not through a pooler for transactions. */
export const connectDirectly = (config: HedgerowConfig): Effect.Effect<Connection, ConfigError> =>
  Effect.flatMap(connect(config), (connection) => {
    const problem = refusedAddress(connection);
    return problem === undefined ? Effect.succeed(connection) : Effect.fail(refused(problem));
  });
