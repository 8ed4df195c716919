/**
 * Who is measured: the router on each driver, and hand-written code on two of them.
 *
 * Invariant: each reaches the database through a relay alone, over one connection that it keeps.
 */
import { drizzle as drizzlePg } from "drizzle-orm/node-postgres";
import { drizzle as drizzleJs } from "drizzle-orm/postgres-js";
import { sessionAuthenticator } from "hedgerow/better-auth";
import { createRouter, type DatabaseShape } from "hedgerow/hono";
import { type NeonOptions, neon } from "hedgerow/neon";
import type { NeonLocal } from "hedgerow/neon-local";
import { nodePostgres } from "hedgerow/node-postgres";
import { postgresJs } from "hedgerow/postgres-js";
import type { Hono } from "hono";
import pg from "pg";
import postgresjs from "postgres";
import * as tables from "../../examples/app/tables.js";
import type { Relay } from "../../test/support/relay.js";
import type { Application } from "../support/application.js";
import { type HandWrittenStyle, handWritten } from "./hand-written.js";

export interface Client {
  /** `hedgerow` or `hand-written …`. */
  readonly code: string;
  readonly driver: string;
  /** The relay that its statements pass. */
  readonly relay: Relay;
  readonly app: Pick<Hono, "request">;
  readonly close: () => Promise<unknown>;
}

export interface Wires {
  /** In front of PostgreSQL. */
  readonly server: Relay;
  /** In front of `neon-local`, for HTTP and WebSockets. */
  readonly neon: Relay;
}

type Open = () => Client;

export const clientsOf = (application: Application, local: NeonLocal, wires: Wires): ReadonlyArray<Open> => {
  const apiUrl = wires.server.through(application.apiUrl);
  const authUrl = wires.server.through(application.authUrl);
  const router = (driver: string, relay: Relay, database: DatabaseShape, close: () => Promise<unknown>): Client => ({
    code: "hedgerow",
    driver,
    relay,
    app: createRouter({ schema: tables, auth: sessionAuthenticator(application.auth), database }),
    close,
  });
  const overNeon =
    (mode: NonNullable<NeonOptions["mode"]>): Open =>
    () => {
      const url = wires.neon.through(local.url("hedgerow_api", "api", "app"));
      const database = neon({ url, mode, local: true, max: 1 });
      return router(`neon ${mode}`, wires.neon, database, database.close);
    };
  const byHand = (style: HandWrittenStyle): ReadonlyArray<Open> => [
    () => {
      const pool = new pg.Pool({ connectionString: authUrl, max: 1 });
      const database = drizzlePg(pool);
      return {
        code: `hand-written, ${style}`,
        driver: "node-postgres",
        relay: wires.server,
        app: handWritten(application.authOn(database), database, style),
        close: () => pool.end(),
      };
    },
    () => {
      const sql = postgresjs(authUrl, { max: 1, onnotice: () => {} });
      const database = drizzleJs(sql);
      return {
        code: `hand-written, ${style}`,
        driver: "postgres.js",
        relay: wires.server,
        app: handWritten(application.authOn(database), database, style),
        close: () => sql.end(),
      };
    },
  ];
  return [
    () => {
      const pool = new pg.Pool({ connectionString: apiUrl, max: 1 });
      return router("node-postgres", wires.server, nodePostgres(pool), () => pool.end());
    },
    () => {
      const sql = postgresjs(apiUrl, { max: 1 });
      return router("postgres.js", wires.server, postgresJs(sql), () => sql.end());
    },
    overNeon("websocket"),
    overNeon("http"),
    ...byHand("where"),
    ...byHand("policy"),
  ];
};
