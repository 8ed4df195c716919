/**
 * How many round trips to the database a request takes.
 *
 *     npm run bench -- round-trips
 *
 * Invariant: round trips are counted on the wire: one is whatever a client sends after an answer that it had to wait for. So
 * that nobody has to believe the count, the same requests are timed over a wire that holds every byte in both directions and
 * over one that does not; the difference, in round trips of the wire, stands beside it. Connections are warm.
 */
import { startNeonLocal } from "hedgerow/neon-local";
import * as tables from "../../examples/app/tables.js";
import type { FreshPostgres } from "../../test/support/cluster.js";
import { openRelay } from "../../test/support/relay.js";
import { type Measure, measure } from "../report.js";
import { type Application, baseURL, setUp } from "../support/application.js";
import { median, milliseconds } from "../support/statistics.js";
import { type Client, clientsOf, type Wires } from "./clients.js";
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
  /** Over a wire that holds nothing. */
  readonly nearMilliseconds: number;
  /** What the wire adds, in round trips of the wire. */
  readonly byTime: number;
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

interface Sample {
  readonly roundTrips: number;
  readonly milliseconds: number;
}

/** @returns for each operation the most round trips of a round, and the median time. */
const sample = async (
  client: Client,
  application: Application,
  rounds: number,
): Promise<Readonly<Record<Operation, Sample>>> => {
  // The first use of a connection opens it, checks the database, and makes statements known.
  const { id } = await ask(client, application, "create", "");
  for (const operation of [...operations, ...operations]) await ask(client, application, operation, id);
  const sampleOf = async (operation: Operation): Promise<Sample> => {
    const times: Array<number> = [];
    let most = 0;
    for (let round = 0; round < rounds; round += 1) {
      client.relay.reset();
      times.push(await milliseconds(() => ask(client, application, operation, id)));
      most = Math.max(most, client.relay.roundTrips());
    }
    return { roundTrips: most, milliseconds: median(times) };
  };
  return { get: await sampleOf("get"), list: await sampleOf("list"), create: await sampleOf("create") };
};

const measureOf = ({ code, driver, operation, roundTrips, byTime, ...row }: RoundTrips): Measure =>
  measure(
    `round-trips/${code.replaceAll(", ", "-")}/${driver.replace(" ", "-")}/${operation}`,
    roundTrips,
    "round trips",
    {
      ...(code === "hedgerow" && { goal: 1, atMost: true }),
      note: `${byTime.toFixed(2)} by time: ${row.milliseconds.toFixed(1)} ms far, ${row.nearMilliseconds.toFixed(1)} ms near`,
    },
  );

/** @param server an empty one. */
export const roundTripsBenchmark = async (
  server: FreshPostgres,
  options: RoundTripsOptions,
): Promise<RoundTripsReport> => {
  const application = await setUp(server, tables);
  for (const statement of handWrittenTables) await server.ownerPool.query(statement);
  const local = await startNeonLocal({ target: { url: server.ownerUrl } });
  const port = Number(new URL(server.ownerUrl).port);
  const openWires = async (delay: number): Promise<Wires> => ({
    server: await openRelay(port, delay, delay),
    neon: await openRelay(local.port, delay, delay),
  });
  const far = await openWires(options.eachWayMs);
  const near = await openWires(0);
  try {
    const measured = async (client: Client) => {
      try {
        return { client, samples: await sample(client, application, options.rounds) };
      } finally {
        await client.close();
      }
    };
    const rows: Array<RoundTrips> = [];
    const nearClients = clientsOf(application, local, near);
    for (const [index, open] of clientsOf(application, local, far).entries()) {
      const openNear = nearClients[index];
      if (openNear === undefined) throw new Error("Both wires have the same clients.");
      const { client, samples } = await measured(open());
      const { samples: nearSamples } = await measured(openNear());
      for (const operation of operations) {
        const { milliseconds: time, roundTrips } = samples[operation];
        const nearTime = nearSamples[operation].milliseconds;
        rows.push({
          code: client.code,
          driver: client.driver,
          operation,
          roundTrips,
          milliseconds: time,
          nearMilliseconds: nearTime,
          byTime: (time - nearTime) / (2 * options.eachWayMs),
        });
      }
    }
    return { rows, measures: rows.map(measureOf) };
  } finally {
    for (const relay of [far.neon, far.server, near.neon, near.server]) await relay.close();
    await local.close();
  }
};
