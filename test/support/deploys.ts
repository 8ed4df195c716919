/**
 * Versions of one schema on one PostgreSQL: pushed, started, asked.
 *
 * Invariant: set up as in production, the owner being no superuser and each router connecting as `hedgerow_api` through a pool of
 * its own, as a process would. Only the verification of the token is left out, as in `claims-world.ts`.
 */

import { push } from "hedgerow/drizzle-kit";
import { createRouter, type OlderVersions } from "hedgerow/hono";
import { nodePostgres } from "hedgerow/node-postgres";
import { claimsIdentity, type IdentitySource } from "hedgerow/postgres";
import type { Hono } from "hono";
import { authenticator, type Who } from "./claims-world.js";
import { freshPostgres } from "./databases.js";

export type Version = Readonly<Record<string, unknown>>;

export interface Answer {
  readonly status: number;
  /** Of a problem. */
  readonly code: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever JSON came back
  readonly json: any;
  readonly retryAfter: string | null;
}

/** A process that serves a version. */
export interface Started {
  readonly call: (who: Who, method: string, path: string, body?: unknown) => Promise<Answer>;
  /** What an operator was told. */
  readonly reported: ReadonlyArray<unknown>;
}

const password = "api-Password-of-a-test";

const calling =
  (router: Hono): Started["call"] =>
  async (who, method, path, body) => {
    const response = await router.request(`http://localhost${path}`, {
      method,
      headers: {
        ...(who && { "x-caller": encodeURIComponent(JSON.stringify(who)) }),
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const json = text === "" ? undefined : JSON.parse(text);
    return { status: response.status, code: json?.code, json, retryAfter: response.headers.get("retry-after") };
  };

/** @param first the version that is pushed before anybody connects. */
export const openDeploys = async (first: Version, identity: IdentitySource = claimsIdentity()) => {
  const postgres = await freshPostgres();
  const owner = nodePostgres(postgres.ownerPool);
  const superuser = postgres.pool(postgres.superuserUrl, { max: 1 });
  const pushed = (schema: Version, by: IdentitySource = identity): Promise<void> =>
    push({ schema, identity: by, database: owner, acceptDataLoss: true });
  await pushed(first);
  await superuser.query(`alter role hedgerow_api password '${password}'`);
  const apiUrl = postgres.url("hedgerow_api", password);

  return {
    /** As the login of the API, for what an attacker would try with it. */
    api: postgres.pool(apiUrl, { max: 1 }),
    push: pushed,
    /** Only if nothing is lost. */
    pushSafely: (schema: Version): Promise<void> => push({ schema, identity, database: owner }),
    start: (schema: Version, olderVersions?: OlderVersions): Started => {
      const reported: Array<unknown> = [];
      const router: Hono = createRouter<object>({
        schema,
        auth: authenticator,
        database: nodePostgres(postgres.pool(apiUrl, { max: 4 })),
        onError: (error) => reported.push(error),
        ...(olderVersions && { olderVersions }),
      });
      return { call: calling(router), reported };
    },
    /** SQL as the superuser, to see and to change what is really there. */
    truth: async (text: string): Promise<ReadonlyArray<Record<string, unknown>>> => (await superuser.query(text)).rows,
    /** How many rows a statement of the owner of the tables was about. */
    asOwner: async (text: string): Promise<number | null> => (await postgres.ownerPool.query(text)).rowCount,
    close: postgres.close,
  };
};

export type Deploys = Awaited<ReturnType<typeof openDeploys>>;
