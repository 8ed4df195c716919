/**
 * How compilation grows with the number of tables: from definitions to policies, SQL and a router.
 *
 *     npm run bench -- compile
 *
 * Invariant: figures of one run only; what counts is the growth from one size to the next.
 */
import * as Effect from "effect/Effect";
import { understand } from "hedgerow";
import { sessionIdentity } from "hedgerow/better-auth";
import { type Authenticator, anonymousCredential, createRouter, type DatabaseShape } from "hedgerow/hono";
import { compile } from "hedgerow/postgres";
import { check } from "../src/cli/check/check.js";
import { matrix } from "../src/cli/matrix/matrix.js";
import { type Measure, measure } from "./report.js";
import { schemaOf } from "./tables.js";

const identity = sessionIdentity({});

const nobody: Authenticator = { identify: async () => anonymousCredential };

/** A router is made without asking its database anything. */
const unreachable: DatabaseShape = {
  driver: "none",
  rolesAreBoundary: true,
  transact: () => Effect.succeed([]),
  interactive: { supported: false, reason: "nothing is asked" },
};

const milliseconds = (work: () => unknown): number => {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
};

const steps = ["understand", "compile", "check", "matrix", "router"] as const;

/** @returns for each number of tables the CPU time of each step, in milliseconds for each table. */
export const compileBenchmark = (sizes: ReadonlyArray<number>): ReadonlyArray<Measure> => {
  milliseconds(() => compile(schemaOf(50), identity));
  return sizes.flatMap((size) => {
    // What is understood once is kept, so each step has tables of its own.
    const timed = (work: (schema: ReturnType<typeof schemaOf>) => unknown): number => {
      const schema = schemaOf(size);
      return milliseconds(() => work(schema));
    };
    const understood = Effect.runSync(understand(schemaOf(size)));
    const times: Readonly<Record<(typeof steps)[number], number>> = {
      understand: timed((schema) => Effect.runSync(understand(schema))),
      compile: timed((schema) => compile(schema, identity)),
      check: timed(check),
      matrix: milliseconds(() => matrix(understood)),
      router: timed((schema) => createRouter<object>({ schema, auth: nobody, database: unreachable })),
    };
    return steps.map((step) =>
      measure(`compile/${step}/${size}-tables`, times[step] / size, "CPU ms per table", {
        note: `${times[step].toFixed(0)} ms in all`,
      }),
    );
  });
};
