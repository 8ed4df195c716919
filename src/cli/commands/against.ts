/** `hedgerow check --against`: whether a version can serve on a database, before it is deployed there. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import * as Console from "effect/Console";
import * as Effect from "effect/Effect";
import type { OlderVersions } from "../../http/startup.js";
import { understandToPush } from "../../table/deployable.js";
import { type Fit, fitOf, fitText } from "../check/against.js";
import { ConfigError, type DatabaseProvider, type HedgerowConfig } from "../configuration.js";
import { withoutSecrets } from "../connection.js";
import { guardOf } from "../derive.js";
import { openDatabase } from "../open.js";
import { foundSomething } from "./failure.js";
import { connect } from "./load.js";

const isUrl = (where: string): boolean => /^postgres(ql)?:\/\//.test(where);

const isFolder = (where: string): boolean => existsSync(join(where.replace(/^file:\/\//, ""), "PG_VERSION"));

/** Reached as the config says, where it is of the same kind. */
const databaseAt = (where: string, configured: DatabaseProvider): DatabaseProvider => {
  if (!isUrl(where)) return { type: "pglite", dataDir: where };
  return configured.type === "pglite" ? { type: "postgres", url: where } : { ...configured, url: where };
};

/** It may be a url with a mistake in it, so nothing of it is repeated. */
const unknownPlace =
  "--against takes a url that begins with postgres:// or postgresql://, or the folder of a PGlite database; this is neither.";

/** A connection that fails may repeat what it was given, in a message or in what lies behind it. */
const withoutUrl =
  (where: string, hide: (message: string) => string) =>
  (error: unknown): Error =>
    new Error(hide((error instanceof Error ? error.message : String(error)).replaceAll(where, "the database")));

/** @param where the url of a database, or the folder of a PGlite. */
export const checkAgainst = Effect.fn(function* (
  config: HedgerowConfig,
  where: string,
  { json, olderVersions }: { readonly json: boolean; readonly olderVersions: OlderVersions },
) {
  if (!isUrl(where) && !isFolder(where)) {
    return yield* new ConfigError({ message: unknownPlace, problems: [unknownPlace] });
  }
  const { providers } = config;
  const schema = yield* understandToPush(config.schema.module);
  const connection = yield* connect({
    ...config,
    providers: { ...providers, database: databaseAt(where, providers.database) },
  });
  const fit: Fit = yield* Effect.acquireUseRelease(
    Effect.tryPromise({ try: () => openDatabase(connection), catch: (error) => error }),
    ({ database }) => fitOf(schema, database, guardOf(config).target, olderVersions),
    ({ close }) => Effect.promise(close),
  ).pipe(Effect.mapError(withoutUrl(where, (message) => withoutSecrets(connection, message))));
  yield* Console.log(json ? JSON.stringify(fit, null, 2) : fitText(fit));
  if (!fit.serves) yield* foundSomething;
});
