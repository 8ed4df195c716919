/** `hedgerow check`: what is risky in the definitions, without a database; or with one, whether they fit it. */
import * as Console from "effect/Console";
import { Command, Flag } from "effect/cli";
import * as Effect from "effect/Effect";
import * as Option from "effect/Option";
import { understandToPush } from "../../table/deployable.js";
import { checkIdentity, checkSchema } from "../check/check.js";
import { findingsJson, findingsSarif, findingsText } from "../check/format.js";
import { guardOf } from "../derive.js";
import { version } from "../version.js";
import { checkAgainst } from "./against.js";
import { foundSomething } from "./failure.js";
import { configFlag, jsonFlag, loadConfig } from "./load.js";

const formats = {
  text: findingsText,
  json: findingsJson,
  sarif: (findings: Parameters<typeof findingsText>[0]) => findingsSarif(findings, version()),
};

const noSarif = Effect.fail(new Error("--against is about a database, not about a line of code: take --json."));

export const check = Command.make(
  "check",
  {
    config: configFlag,
    format: Flag.Literals("format", ["text", "json", "sarif"]).pipe(
      Flag.withDefault("text"),
      Flag.withDescription("Lines for people, JSON, or SARIF 2.1.0 for code scanning"),
    ),
    json: jsonFlag,
    against: Flag.String("against").pipe(
      Flag.withDescription(
        "The url of a database, or the folder of a PGlite: says instead whether this version can serve there, as it is",
      ),
      Flag.optional,
    ),
    olderVersions: Flag.Literals("older-versions", ["refuse", "serve"]).pipe(
      Flag.withDefault("refuse"),
      Flag.withDescription("With --against: what the router's `olderVersions` says"),
    ),
  },
  Effect.fn(function* ({ config: path, format, json, against, olderVersions }) {
    const config = yield* loadConfig(Option.getOrUndefined(path));
    if (Option.isSome(against)) {
      if (format === "sarif") return yield* noSarif;
      return yield* checkAgainst(config, against.value, { json: json || format === "json", olderVersions });
    }
    const schema = yield* understandToPush(config.schema.module);
    const findings = [...checkIdentity(guardOf(config).identity), ...checkSchema(schema)];
    yield* Console.log(formats[json ? "json" : format](findings));
    if (findings.some(({ accepted }) => accepted === undefined)) yield* foundSomething;
  }),
).pipe(
  Command.withDescription(
    "Look for what is risky in the definitions, without a database; fails on what is not accepted. With --against: whether they fit a database",
  ),
);
