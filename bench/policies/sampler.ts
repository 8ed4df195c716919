/**
 * Times of prepared statements, taken by the server itself.
 *
 * Invariant: a time is that of the statement alone, planned or from its cached plan as Postgres decides; the network and the
 * driver, which are the same for both, have no part in it.
 */
import type { ClientBase } from "pg";

/** Run by a superuser, once for each database. Times are in microseconds. */
export const samplerFunction: ReadonlyArray<string> = [
  "create schema bench",
  `create function bench.sample(statement text, times integer) returns double precision[] language plpgsql as $$
declare
  started timestamptz;
  ended timestamptz;
  samples double precision[] := '{}';
begin
  for i in 1..times loop
    started := clock_timestamp();
    execute statement;
    ended := clock_timestamp();
    samples := samples || (extract(epoch from ended - started) * 1e6)::double precision;
  end loop;
  return samples;
end
$$`,
  "grant usage on schema bench to public",
];

/** A prepared statement on a connection. */
export interface Prepared {
  readonly client: ClientBase;
  readonly execute: string;
}

let names = 0;

/** @param parameters each with its type, as SQL. */
export const prepare = async (
  client: ClientBase,
  text: string,
  parameters: ReadonlyArray<readonly [type: string, value: string | number | boolean]> = [],
): Promise<Prepared> => {
  names += 1;
  const name = `bench_${names}`;
  const types = parameters.length === 0 ? "" : ` (${parameters.map(([type]) => type).join(", ")})`;
  await client.query(`prepare ${name}${types} as ${text}`);
  const values = parameters.map(([, value]) =>
    typeof value === "string" ? client.escapeLiteral(value) : String(value),
  );
  return { client, execute: `execute ${name}${values.length === 0 ? "" : ` (${values.join(", ")})`}` };
};

export const sample = async ({ client, execute }: Prepared, times: number): Promise<ReadonlyArray<number>> => {
  const { rows } = await client.query<{ samples: Array<number> }>("select bench.sample($1, $2) as samples", [
    execute,
    times,
  ]);
  return rows[0]?.samples ?? [];
};
