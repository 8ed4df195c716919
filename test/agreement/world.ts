/**
 * A database with Better Auth's tables, the callers, `items` and `parents`, on PGlite or on PostgreSQL 18.
 *
 * Invariant: rules are only ever replaced by the statements of `compile`. What the test adds is a grant of every column,
 * so that WITH CHECK and not a missing grant decides, and a function that tries statements and takes each one back.
 */
import { generateDrizzleJson, generateMigration } from "drizzle-kit/api";
import * as Effect from "effect/Effect";
import { anonymousCaller } from "hedgerow";
import { authTables, sessionIdentity } from "hedgerow/better-auth";
import { nodePostgres } from "hedgerow/node-postgres";
import { pglite } from "hedgerow/pglite";
import { type CompiledSchema, claimsIdentity, compile } from "hedgerow/postgres";
import { heldCaller } from "../../src/condition/caller.js";
import type { DatabaseShape, Result, Statement } from "../../src/database/database.js";
import { enterClaims, enterSession } from "../../src/database/session.js";
import { requestList } from "../../src/postgres/request.js";
import { sha256 } from "../support/better-auth.js";
import { freshPglite, freshPostgres } from "../support/databases.js";
import { authOptions, callers, identityOptions, identityRows, type TestCaller } from "./callers.js";
import type { ClaimedCaller } from "./claimed.js";
import { createEnum, createTable, parents, plainItems } from "./tables.js";

/** Who is connected; on PGlite there is only one session and it belongs to the superuser. */
interface Connections {
  readonly superuser: DatabaseShape;
  readonly owner: DatabaseShape;
  readonly api: DatabaseShape;
  readonly close: () => Promise<void>;
}

export type Target = "pglite" | "postgres";

const connect: Readonly<Record<Target, () => Promise<Connections>>> = {
  pglite: async () => {
    const client = await freshPglite();
    const database = pglite(client);
    return { superuser: database, owner: database, api: database, close: () => client.close() };
  },
  postgres: async () => {
    const postgres = await freshPostgres();
    const password = "only for this test";
    const as = (url: string): DatabaseShape => nodePostgres(postgres.pool(url, { max: 1 }));
    return {
      superuser: as(postgres.superuserUrl),
      owner: as(postgres.ownerUrl),
      // The role does not exist yet; a pool connects when it is first used.
      api: as(postgres.url("hedgerow_api", password)),
      close: postgres.close,
    };
  },
};

export const identity = sessionIdentity(authOptions, identityOptions);

const tokens = claimsIdentity({ claims: ["region", "level", "beta"] });

/** How callers are known: by sessions in the database, or by what a token says. */
export type Known = "live" | "claims";

/** What ends the statements of every schema: leftover functions go, helpers and rules are recorded. */
const closing = 3;

/** As `hedgerow.enter()` answers, with a null for each claim that is missing. */
const whoIsIt = `select hedgerow.get_session_id() as session_id, hedgerow.get_user_id() as user_id,
  hedgerow.get_active_org_id() as org_id, hedgerow.get_active_team_id() as team_id,
  ${requestList("roles")} as org_roles,
  ${requestList("userRoles")} as user_roles,
  case when hedgerow.get_user_id() is null then '{}'
    else '{"region":null,"level":null,"beta":null}'::jsonb || hedgerow.claims() end as claims`;

const send = (database: DatabaseShape, statements: ReadonlyArray<Statement>): Promise<ReadonlyArray<Result>> =>
  Effect.runPromise(database.transact(statements));

const plain = (statements: ReadonlyArray<string>): ReadonlyArray<Statement> => statements.map((text) => ({ text }));

/**
 * Tries each statement and takes it back. The answer of one that begins with `with` is the text it selects, of any other
 * the number of rows; `refused` where row-level security refused the new row. Anything else is an error of the test.
 */
const createAttempt = `create function public.attempt(statements text[]) returns text[]
language plpgsql volatile as $$
declare
  statement text;
  answer text;
  n bigint;
  answers text[] := '{}';
begin
  foreach statement in array statements loop
    begin
      if statement like 'with %' then
        execute statement into answer;
      else
        execute statement;
        get diagnostics n = row_count;
        answer := n;
      end if;
      raise exception using errcode = 'AG000', message = answer;
    exception
      when sqlstate 'AG000' then
        answers := answers || sqlerrm;
      when insufficient_privilege then
        if sqlerrm not like '%row-level security%' then raise; end if;
        answers := answers || 'refused'::text;
    end;
  end loop;
  return answers;
end $$`;

/** Columns that no row names keep their defaults. */
const insertRows = (table: string, rows: ReadonlyArray<object>): Statement => {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))].map((name) => `"${name}"`).join(", ");
  return {
    text: `insert into public."${table}" (${columns}) select ${columns} from jsonb_populate_recordset(null::public."${table}", $1::text::jsonb)`,
    values: [JSON.stringify(rows)],
  };
};

const everyColumn = "grant select, insert, update, delete on public.items, public.parents to authenticated, anonymous";

export interface World {
  /** Replaces the rules of `items` by those of this schema. */
  readonly install: (compiled: CompiledSchema) => Promise<void>;
  /** Runs statements as the API's role, entered as this caller; the first result says who that is. */
  readonly asCaller: (
    caller: TestCaller & Partial<ClaimedCaller>,
    statements: ReadonlyArray<Statement>,
  ) => Promise<ReadonlyArray<Result>>;
  readonly asSuperuser: (statements: ReadonlyArray<Statement>) => Promise<ReadonlyArray<Result>>;
  readonly close: () => Promise<void>;
}

/** @param rows the rows of `pool`, by SQL name of the column; the first `inItems` of them are the rows of `items`. */
export const openWorld = async (
  target: Target,
  rows: ReadonlyArray<Readonly<Record<string, string | null>>>,
  inItems: number,
  parentRows: ReadonlyArray<Readonly<Record<string, string | null>>>,
  known: Known = "live",
): Promise<World> => {
  const connections = await connect[target]();
  const { superuser, owner, api } = connections;
  const base = compile({}, identity);
  const withParents = compile({ parents }, identity);

  await send(owner, plain(known === "live" ? base.bootstrap : compile({}, tokens).bootstrap));
  const sessions = known === "live" ? authTables(authOptions, identityOptions) : {};
  const migration = await generateMigration(generateDrizzleJson({}), generateDrizzleJson(sessions));
  const tables = [createEnum, createTable(plainItems), createTable(parents), createTable(plainItems, "pool")];
  await send(owner, plain([...migration, ...tables]));
  await send(superuser, [
    { text: "alter role hedgerow_api password 'only for this test'" },
    ...[
      ...(known === "live"
        ? [...identityRows, ["session", callers.flatMap(({ session }) => (session ? [session] : []))] as const]
        : []),
      ["parents", parentRows] as const,
      ["pool", rows] as const,
    ].map(([name, values]) => insertRows(name, values)),
    { text: `insert into items select * from pool where id <= ${inItems}` },
    { text: createAttempt },
  ]);
  await send(
    owner,
    plain([
      ...(known === "live" ? withParents : compile({ parents }, tokens)).security,
      "grant select on public.pool to authenticated, anonymous",
      everyColumn,
    ]),
  );

  return {
    install: async (compiled) => {
      // What stands before is the same for every schema: the database and the identity's tables.
      const opening = base.security.slice(0, -closing);
      const own = compiled.security.slice(opening.length, -closing);
      if (!opening.every((statement, index) => statement === compiled.security[index])) {
        throw new Error("The statements of a schema no longer begin with those of no schema.");
      }
      await send(owner, plain([...own, everyColumn]));
    },
    asCaller: async (caller, statements) => {
      if (known === "claims") {
        const enter = enterClaims(heldCaller(caller.given ?? anonymousCaller), { statementMs: 30_000, lockMs: 30_000 });
        return (await send(api, [enter, { text: whoIsIt }, ...statements])).slice(1);
      }
      const { token } = caller;
      const enter = enterSession(token === null ? null : sha256(token), { statementMs: 30_000, lockMs: 30_000 });
      const [, ...results] = await send(api, [enter, { text: "select * from hedgerow.enter()" }, ...statements]);
      return results;
    },
    asSuperuser: (statements) => send(superuser, statements),
    close: connections.close,
  };
};
