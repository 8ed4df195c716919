/** The benchmark of the start starts every program and gets an answer with a row from each. */
import { expect, it } from "vitest";
import { startBenchmark } from "../../bench/start/run.js";
import { freshPostgres } from "../support/databases.js";

it("times every program and both Workers", async () => {
  const server = await freshPostgres();
  const measures = await startBenchmark(server, { sizes: [2], rounds: 1 });
  expect(measures.map(({ name }) => name)).toEqual([
    "start/node",
    "start/import",
    "start/router/2-tables",
    "start/drizzle/2-tables",
    "start/bare/2-tables",
    "start/worker/router",
    "start/worker/bare",
  ]);
  const [node, ...others] = measures;
  for (const { name, value } of others.slice(0, 4)) expect(value, name).toBeGreaterThan(node?.value ?? 0);
  await server.close();
});
