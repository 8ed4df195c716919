/**
 * Guarded tables on a database where verified tokens say who is calling, and a router in front of it.
 *
 * Invariant: set up as in production, the owner being no superuser and the router connecting as `hedgerow_api`. Only the
 * verification of the token is left out: the header `x-caller` holds the caller that a token would have named.
 */
import { generateDrizzleJson, generateMigration } from "drizzle-kit/api";
import { integer, serial, text, uuid } from "drizzle-orm/pg-core";
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import { defineHedgerow, id, organization, owner } from "hedgerow";
import { type Authenticator, anonymousCredential, createRouter } from "hedgerow/hono";
import { nodePostgres } from "hedgerow/node-postgres";
import { pglite } from "hedgerow/pglite";
import { claimsIdentity, compile } from "hedgerow/postgres";
import type { Target } from "hedgerow/supabase";
import type { Hono } from "hono";
import { anonymousCaller, type Caller } from "../../src/condition/caller.js";
import type { DatabaseShape, Result, Statement } from "../../src/database/database.js";
import { enterClaims } from "../../src/database/session.js";
import { postgresTarget } from "../../src/database/target.js";
import { knownOn } from "../../src/http/known-caller.js";
import { freshPglite, freshPostgres } from "./databases.js";

const { table } = defineHedgerow({
  roles: ["member", "admin", "owner"],
  userRoles: ["user", "admin"],
  claims: { region: "string", clearance: "number" },
});

export const documents = table("documents", {
  id: id("doc"),
  organizationId: organization(),
  userId: owner(),
  title: text("title").notNull(),
  number: serial("number").notNull(),
})
  .firewall("organization")
  .access({
    read: { or: [{ roles: ["admin+"] }, { record: { userId: { equals: "ctx.userId" } } }] },
    create: { roles: ["member+"], record: { userId: { equals: "ctx.userId" } } },
    update: { record: { userId: { equals: "ctx.userId" } } },
    delete: { roles: ["admin+"] },
  });

export const notes = table("notes", { id: id("note"), userId: owner(), title: text("title").notNull() })
  .firewall("owner")
  .access({
    read: { roles: ["AUTHENTICATED"] },
    create: { roles: ["AUTHENTICATED"] },
    update: { roles: ["AUTHENTICATED"] },
    delete: { roles: ["AUTHENTICATED"] },
  });

export const reports = table("reports", {
  id: id("rep"),
  region: text("region").notNull(),
  level: integer("level").notNull(),
})
  .firewall({ field: "region", equals: "ctx.claims.region" })
  .access({
    read: { record: { level: { lessThanOrEqual: "ctx.claims.clearance" } } },
    create: { userRoles: ["admin"] },
  });

export const news = table("news", { id: id("news"), title: text("title").notNull() })
  .firewall({ exception: "news are for everybody" })
  .access({ read: { roles: ["PUBLIC"] }, create: { userRoles: ["admin"] } });

/** A scope of type uuid. */
export const tasks = table("tasks", {
  id: id("task"),
  organizationId: uuid("organization_id").notNull(),
  title: text("title").notNull(),
})
  .firewall({ field: "organizationId", equals: "ctx.activeOrgId" })
  .access({ read: { roles: ["member+"] }, create: { roles: ["member+"] } });

export const schema = { documents, notes, reports, news, tasks };
export const identity = claimsIdentity({ claims: ["region", "clearance"] });

export type Who = Partial<Caller> | null;

export const caller = (who: Who): Caller => ({ ...anonymousCaller, ...who });

export const authenticator: Authenticator = {
  identify: async ({ headers }) => {
    const given = headers.get("x-caller");
    return given === null
      ? anonymousCredential
      : { _tag: "Claims", caller: caller(JSON.parse(decodeURIComponent(given))), via: "header" };
  },
};

const password = "api-Password-of-a-test";

const connect = async (kind: "pglite" | "postgres", prepare: ReadonlyArray<string>) => {
  if (kind === "pglite") {
    const client = await freshPglite();
    for (const statement of prepare) await client.exec(statement);
    const database = pglite(client);
    return { api: database, owner: database, superuser: database, url: undefined, close: () => client.close() };
  }
  const server = await freshPostgres();
  const superuser = nodePostgres(server.pool(server.superuserUrl, { max: 1 }));
  await send(
    superuser,
    prepare.map((text) => ({ text })),
  );
  return {
    api: nodePostgres(server.pool(server.url("hedgerow_api", password), { max: 2 })),
    owner: nodePostgres(server.ownerPool),
    superuser,
    url: server,
    close: server.close,
  };
};

const send = async (database: DatabaseShape, statements: ReadonlyArray<Statement>): Promise<ReadonlyArray<Result>> => {
  const exit = await Effect.runPromiseExit(database.transact(statements));
  if (Exit.isSuccess(exit)) return exit.value;
  throw Effect.runSync(Effect.flip(Effect.failCause(exit.cause)));
};

/** @param prepare statements of a superuser, before anything else: what a platform has. */
export const openClaimsWorld = async (
  kind: "pglite" | "postgres",
  target: Target = postgresTarget,
  prepare: ReadonlyArray<string> = [],
) => {
  const open = await connect(kind, prepare);
  const compiled = compile(schema, identity, target);
  const all = (database: DatabaseShape, statements: ReadonlyArray<string>) =>
    send(
      database,
      statements.map((text) => ({ text })),
    );
  await all(open.owner, compiled.bootstrap);
  // The policies are what `compile` says: those of the Drizzle tables name the roles of PostgreSQL.
  const tables = await generateMigration(generateDrizzleJson({}), generateDrizzleJson(schema));
  await all(
    open.owner,
    tables.filter((statement) => !/^CREATE POLICY/.test(statement)),
  );
  await all(open.owner, compiled.security);
  if (kind === "postgres") await all(open.superuser, [`alter role hedgerow_api password '${password}'`]);

  const reported: Array<unknown> = [];
  const routerOf = (auth: Authenticator = authenticator, database: DatabaseShape = open.api): Hono =>
    createRouter<object>({ schema, auth, database, target, onError: (error) => reported.push(error) });
  const router = routerOf();

  const call = async (who: Who, method: string, path: string, body?: unknown, on: Hono = router) => {
    const response = await on.request(`http://localhost${path}`, {
      method,
      headers: {
        ...(who && { "x-caller": encodeURIComponent(JSON.stringify(who)) }),
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, text, json: text === "" ? undefined : JSON.parse(text) };
  };

  return {
    ...open,
    compiled,
    reported,
    router,
    routerOf,
    call,
    /** SQL in a transaction that acts as the caller, as a handler of the application would have it. */
    as: async (who: Who, ...statements: ReadonlyArray<string | Statement>) =>
      (
        await send(open.api, [
          enterClaims(
            who === null ? null : knownOn(caller(who), target),
            { statementMs: 10_000, lockMs: 5_000 },
            target,
          ),
          ...statements.map((each) => (typeof each === "string" ? { text: each } : each)),
        ])
      ).slice(1),
    run: (database: DatabaseShape, ...statements: ReadonlyArray<string | Statement>) =>
      send(
        database,
        statements.map((each) => (typeof each === "string" ? { text: each } : each)),
      ),
    truth: async (text: string) => (await send(open.superuser, [{ text }]))[0]?.rows ?? [],
  };
};

export type ClaimsWorld = Awaited<ReturnType<typeof openClaimsWorld>>;
