/** `hedgerow check`: what is risky in the definitions, without a database. */
import * as Console from "effect/Console";
import { Command, Flag } from "effect/cli";
import * as Effect from "effect/Effect";
import * as Option from "effect/Option";
import { understandToPush } from "../../table/deployable.js";
import { checkSchema } from "../check/check.js";
import { findingsJson, findingsSarif, findingsText } from "../check/format.js";
import { version } from "../version.js";
import { foundSomething } from "./failure.js";
import { configFlag, jsonFlag, loadConfig } from "./load.js";

const formats = {
  text: findingsText,
  json: findingsJson,
  sarif: (findings: Parameters<typeof findingsText>[0]) => findingsSarif(findings, version()),
};

export const check = Command.make(
  "check",
  {
    config: configFlag,
    format: Flag.Literals("format", ["text", "json", "sarif"]).pipe(
      Flag.withDefault("text"),
      Flag.withDescription("Lines for people, JSON, or SARIF 2.1.0 for code scanning"),
    ),
    json: jsonFlag,
  },
  Effect.fn(function* ({ config: path, format, json }) {
    const config = yield* loadConfig(Option.getOrUndefined(path));
    const findings = checkSchema(yield* understandToPush(config.schema.module));
    yield* Console.log(formats[json ? "json" : format](findings));
    if (findings.some(({ accepted }) => accepted === undefined)) yield* foundSomething;
  }),
).pipe(
  Command.withDescription(
    "Look for what is risky in the definitions, without a database; fails on what is not accepted",
  ),
);
