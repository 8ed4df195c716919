/** `hedgerow doctor`: what differs from the schema and what is risky in a database that runs. */
import * as Console from "effect/Console";
import { Command } from "effect/cli";
import * as Effect from "effect/Effect";
import * as Option from "effect/Option";
import { dialectLayer } from "../../postgres/supabase.js";
import type { HedgerowConfig } from "../configuration.js";
import { guardOf } from "../derive.js";
import { doctorEffect, type Finding } from "../doctor.js";
import { withLogin } from "../login.js";
import { openDatabase } from "../open.js";
import { foundSomething } from "./failure.js";
import { configFlag, connect, jsonFlag, loadConfig } from "./load.js";

const textOf = (findings: ReadonlyArray<Finding>): string =>
  [
    ...findings.map(({ code, object, message, fix }) => `✗ ${object} [${code}]\n    ${message}\n    ${fix}`),
    findings.length === 0
      ? "The database is as declared."
      : `${findings.length} finding${findings.length === 1 ? "" : "s"}`,
  ].join("\n");

/** Where the database itself verifies the callers' tokens, the extension that does it must be there, and no stand-in for it. */
const needsSessionJwt = ({ providers: { auth } }: HedgerowConfig): boolean => auth.by === "verified-token";

export const doctor = Command.make(
  "doctor",
  {
    config: configFlag,
    json: jsonFlag,
  },
  Effect.fn(function* ({ config: path, json }) {
    const config = yield* loadConfig(Option.getOrUndefined(path));
    const connection = yield* connect(config);
    const guard = guardOf(config);
    const findings = yield* Effect.acquireUseRelease(
      Effect.promise(() => openDatabase(connection)),
      ({ database }) =>
        Effect.provide(
          doctorEffect({ ...guard, database, ...(needsSessionJwt(config) && { sessionJwt: "required" }) }),
          dialectLayer(guard.target),
        ).pipe(Effect.catch(withLogin(database))),
      ({ close }) => Effect.promise(close),
    );
    yield* Console.log(json ? JSON.stringify(findings, null, 2) : textOf(findings));
    if (findings.length > 0) yield* foundSomething;
  }),
).pipe(Command.withDescription("Compare a database with the schema and look for risks beside it; changes nothing"));
