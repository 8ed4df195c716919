/**
 * How many round trips to the database a request takes.
 *
 *     npm run bench -- round-trips
 *
 * Invariant: round trips are counted on the wire: one is whatever a client sends after an answer that it had to wait for. The
 * time is measured beside it, over a wire that holds every byte in both directions, so that nobody has to believe the count.
 * Connections are warm: requests of each kind went before.
 */
import { startNeonLocal } from "hedgerow/neon-local";
import * as tables from "../../examples/app/tables.js";
import type { FreshPostgres } from "../../test/support/cluster.js";
import { openRelay } from "../../test/support/relay.js";
import { type Measure, measure } from "../report.js";
import { type Application, baseURL, setUp } from "../support/application.js";
import { median, milliseconds, spreadOf } from "../support/statistics.js";
import { type Client, clientsOf } from "./clients.js";
import { handWrittenTables } from "./hand-written.js";

export interface RoundTripsOptions {
  /** For how many milliseconds bytes are held in each direction. */
  readonly eachWayMs: number;
  /** How often each request is sent. */
  readonly rounds: number;
}

export const operations = ["get", "list", "create"] as const;
export type Operation = (typeof operations)[number];

/** One operation of one client. */
export interface RoundTrips {
  readonly code: string;
  readonly driver: string;
  readonly operation: Operation;
  /** Counted; the most of any round. */
  readonly roundTrips: number;
  /** The median time of the request. */
  readonly milliseconds: number;
  readonly spread: readonly [number, number];
}

export interface RoundTripsReport {
  readonly rows: ReadonlyArray<RoundTrips>;
  readonly measures: ReadonlyArray<Measure>;
}

const ask = async (client: Client, { request }: Application, operation: Operation, id: string) => {
  const path = operation === "get" ? `/documents/${id}` : "/documents";
  const init = operation === "create" ? request("POST", { title: "Roadmap" }) : request("GET");
  const response = await client.app.request(`${baseURL}${path}`, init);
  if (!response.ok) throw new Error(`${client.code} on ${client.driver}: ${operation}: ${await response.text()}`);
  return response.json();
};

const measureClient = async (
  client: Client,
  application: Application,
  rounds: number,
): Promise<ReadonlyArray<RoundTrips>> => {
  // The first use of a connection opens it, checks the database, and makes statements known.
  const { id } = await ask(client, application, "create", "");
  for (const operation of [...operations, ...operations]) await ask(client, application, operation, id);
  const rows: Array<RoundTrips> = [];
  for (const operation of operations) {
    const times: Array<number> = [];
    let most = 0;
    for (let round = 0; round < rounds; round += 1) {
      client.relay.reset();
      times.push(await milliseconds(() => ask(client, application, operation, id)));
      most = Math.max(most, client.relay.roundTrips());
    }
    const { code, driver } = client;
    rows.push({
      code,
      driver,
      operation,
      roundTrips: most,
      milliseconds: median(times),
      spread: spreadOf(times),
    });
  }
  return rows;
};

const measuresOf = (row: RoundTrips, rtt: number): ReadonlyArray<Measure> => {
  const name = `round-trips/${row.code.replaceAll(", ", "-")}/${row.driver.replace(" ", "-")}/${row.operation}`;
  const [least, greatest] = row.spread;
  return [
    measure(name, row.roundTrips, "round trips", {
      ...(row.code === "hedgerow" && { goal: 1, atMost: true }),
      note: `${(row.milliseconds / rtt).toFixed(2)} by time (${row.milliseconds.toFixed(1)} ms over a wire of ${rtt} ms; ${least.toFixed(1)} to ${greatest.toFixed(1)})`,
    }),
  ];
};

/** @param server an empty one. */
export const roundTripsBenchmark = async (
  server: FreshPostgres,
  options: RoundTripsOptions,
): Promise<RoundTripsReport> => {
  const application = await setUp(server, tables);
  for (const statement of handWrittenTables) await server.ownerPool.query(statement);
  const local = await startNeonLocal({ target: { url: server.ownerUrl } });
  const { eachWayMs } = options;
  const wires = {
    server: await openRelay(Number(new URL(server.ownerUrl).port), eachWayMs, eachWayMs),
    neon: await openRelay(local.port, eachWayMs, eachWayMs),
  };
  try {
    const rows: Array<RoundTrips> = [];
    for (const open of clientsOf(application, local, wires)) {
      const client = open();
      try {
        rows.push(...(await measureClient(client, application, options.rounds)));
      } finally {
        await client.close();
      }
    }
    return { rows, measures: rows.flatMap((row) => measuresOf(row, 2 * eachWayMs)) };
  } finally {
    await wires.neon.close();
    await wires.server.close();
    await local.close();
  }
};
