/**
 * How long it takes from the start of a process to its first answer.
 *
 *     npm run bench -- start
 *
 * Invariant: a process of Node is a new one each time, and says itself when it has answered: connection, check of the
 * database and query included. The database and the files are warm. Programs are started in turns.
 */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { push } from "hedgerow/drizzle-kit";
import { nodePostgres } from "hedgerow/node-postgres";
import { claimsIdentity } from "hedgerow/postgres";
import type { FreshPostgres } from "../../test/support/cluster.js";
import { type Measure, measure } from "../report.js";
import { median, spreadOf } from "../support/statistics.js";
import { schemaOf } from "../tables.js";
import { withPrograms } from "./installed.js";
import { organizationId } from "./programs/caller.js";
import { workerStarts } from "./worker.js";

export interface StartOptions {
  /** Numbers of tables. */
  readonly sizes: ReadonlyArray<number>;
  /** How often each program is started. */
  readonly rounds: number;
}

interface Program {
  readonly name: string;
  readonly file: string;
  readonly arguments: ReadonlyArray<string>;
}

interface Urls {
  /** Of the router's own login. */
  readonly guarded: string;
  /** For code that is written by hand: of somebody for whom no policy holds. */
  readonly free: string;
}

const programsFor = ({ guarded, free }: Urls, sizes: ReadonlyArray<number>): ReadonlyArray<Program> => [
  { name: "node", file: "nothing.js", arguments: [] },
  { name: "import", file: "import.js", arguments: [] },
  ...sizes.flatMap((size) =>
    ["router", "drizzle", "bare"].map((name) => ({
      name: `${name}/${size}-tables`,
      file: `${name}.js`,
      arguments: [name === "router" ? guarded : free, String(size)],
    })),
  ),
];

const setUp = async (server: FreshPostgres, tables: number): Promise<Urls> => {
  await push({ schema: schemaOf(tables), identity: claimsIdentity({}), database: nodePostgres(server.ownerPool) });
  await server.ownerPool.query("alter role hedgerow_api password 'api'");
  const superuser = server.pool(server.superuserUrl, { max: 1 });
  await superuser.query(`insert into table_0000 (organization_id, user_id, title)
    values ('${organizationId}', 'user_ada', 'The first title')`);
  return { guarded: server.url("hedgerow_api", "api"), free: server.superuserUrl };
};

/** @param server an empty one. */
export const startBenchmark = async (server: FreshPostgres, options: StartOptions): Promise<ReadonlyArray<Measure>> => {
  const urls = await setUp(server, Math.max(...options.sizes));
  const times = await withPrograms(async (folder) => {
    const programs = programsFor(urls, options.sizes);
    const samples = new Map(programs.map(({ name }) => [name, [] as Array<number>]));
    const start = async ({ name, file, arguments: given }: Program): Promise<void> => {
      const { stdout } = await promisify(execFile)(process.execPath, [join(folder, file), ...given]);
      samples.get(name)?.push(Number(stdout));
    };
    for (const program of programs) await start(program);
    for (const times of samples.values()) times.length = 0;
    for (let round = 0; round < options.rounds; round += 1) for (const program of programs) await start(program);
    return samples;
  });
  const of = (name: string): number => median(times.get(name) ?? []);
  return [
    ...[...times].map(([name, samples]) => {
      const size = /\/.*/.exec(name)?.[0];
      return measure(`start/${name}`, median(samples), "ms", {
        spread: spreadOf(samples),
        ...(name.startsWith("router") && { note: `${(of(name) / of(`bare${size}`)).toFixed(2)} x Hono and pg alone` }),
      });
    }),
    ...(await workerStarts(options.rounds)),
  ];
};
