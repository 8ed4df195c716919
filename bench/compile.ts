/**
 * How compilation grows with the number of tables.
 *
 *     npm run bench:compile
 *
 * Invariant: figures of one run only; what counts is the growth from one size to the next.
 */
import * as Effect from "effect/Effect";
import { understand } from "hedgerow";
import { sessionIdentity } from "hedgerow/better-auth";
import { compile } from "hedgerow/postgres";
import { check } from "../src/cli/check/check.js";
import { matrix } from "../src/cli/matrix/matrix.js";
import { schemaOf } from "./tables.js";

const identity = sessionIdentity({});

const milliseconds = (work: () => unknown): number => {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
};

milliseconds(() => compile(schemaOf(50), identity));
console.log("tables   understand   compile     check    matrix   (CPU ms; per table in brackets)");
for (const size of [10, 100, 1000]) {
  const schema = schemaOf(size);
  const understood = Effect.runSync(understand(schema));
  const figures = [
    milliseconds(() => Effect.runSync(understand(schema))),
    milliseconds(() => compile(schema, identity)),
    milliseconds(() => check(schema)),
    milliseconds(() => matrix(understood)),
  ];
  console.log(
    String(size).padStart(6),
    ...figures.map((ms) => `${ms.toFixed(0).padStart(7)} (${(ms / size).toFixed(2)})`),
  );
}
