/**
 * The patterns' tables on a PostgreSQL, with their rows, and connections that act as somebody.
 *
 * Invariant: the API's own login and what a request sends ahead say who is calling, in one transaction with the statement: the
 * prelude and, for a caller who is found live, `hedgerow.enter()`. The statements that are written by hand run on the same
 * connection, so that nothing else differs, as a role for whom no policy holds, which only a benchmark gives it.
 */
import { createHash } from "node:crypto";
import type { BetterAuthOptions } from "better-auth";
import { admin, organization } from "better-auth/plugins";
import { authTables, sessionIdentity } from "hedgerow/better-auth";
import { push } from "hedgerow/drizzle-kit";
import { nodePostgres } from "hedgerow/node-postgres";
import { claimsIdentity } from "hedgerow/postgres";
import pg from "pg";
import type { Statement } from "../../src/database/database.js";
import { enterClaims, enterSession } from "../../src/database/session.js";
import type { FreshPostgres } from "../../test/support/cluster.js";
import { type Person, patterns, people, schema, world } from "./patterns.js";
import { prepare, sample, samplerFunction } from "./sampler.js";

/** For whom no policy holds. */
const freeRole = "bench_by_hand";

/** `live`: found in Better Auth's tables once a request. `claims`: named by a verified token. */
export type IdentityKind = "live" | "claims";

/** How often a request's transaction read tables to know its caller. */
export interface Reads {
  /** Of the table of the identity that was read most often: how often the caller was looked up. */
  readonly lookups: number;
  /** How often the guarded statement checked what `enter()` had sealed. */
  readonly sealChecks: number;
}

/** One request's, in microseconds. */
export interface ContextTimes {
  readonly prelude: number;
  /** 0 for claims, where nothing is sent. */
  readonly enter: number;
}

export interface PoliciesWorld {
  /** A connection in a transaction that acts as somebody. */
  readonly actAs: (person: Person) => Promise<pg.Client>;
  /** Whether the policies hold for what the connection does next. */
  readonly guard: (client: pg.Client, guarded: boolean) => Promise<void>;
  /** Gives a table this many rows, and the planner what it has to know of them. */
  readonly fill: (table: string, rows: number) => Promise<void>;
  readonly empty: (table: string) => Promise<void>;
  /** What the transaction of a guarded request reads, from its prelude to the end of its statement. */
  readonly readsOf: (person: Person, statement: string) => Promise<Reads>;
  /** What a request takes before its statement, each time in a transaction of its own. */
  readonly contextTimes: (person: Person, times: number) => Promise<ReadonlyArray<ContextTimes>>;
  readonly close: () => Promise<void>;
}

const authOptions = {
  plugins: [organization({ teams: { enabled: true } }), admin()],
  user: {
    additionalFields: {
      region: { type: "string", required: false, input: false },
      clearance: { type: "number", required: false, input: false },
    },
  },
  telemetry: { enabled: false },
} satisfies BetterAuthOptions;

const unlimited = { statementMs: 0, lockMs: 0 };

const tokenOf = ({ userId }: Person): string => `token of ${userId}`;

/** What a request sends ahead of its statement. */
interface Context {
  readonly prelude: Statement;
  readonly enter?: Statement;
}

const contextOf: Readonly<Record<IdentityKind, (person: Person) => Context>> = {
  live: (person) => ({
    prelude: enterSession(createHash("sha256").update(tokenOf(person)).digest("hex"), unlimited),
    enter: { text: "select 1 from hedgerow.enter()" },
  }),
  claims: ({ userId, role, userRole }) => ({
    prelude: enterClaims(
      {
        userId,
        sessionId: "session",
        activeOrgId: world.organizationId,
        activeTeamId: world.teamId,
        roles: [role],
        userRoles: [userRole],
        claims: { region: world.region, clearance: world.clearance },
      },
      unlimited,
    ),
  }),
};

/** Both people, in tables with many others. */
const authRows = (others: number): ReadonlyArray<string> => [
  `insert into organization (id, name, slug, created_at)
    select 'org_' || n, 'Organization ' || n, 'org-' || n, now() from generate_series(1, ${others}) n
    union all select '${world.organizationId}', 'Acme', 'acme', now()`,
  `insert into team (id, name, organization_id, created_at)
    values ('${world.teamId}', 'One', '${world.organizationId}', now())`,
  `insert into "user" (id, name, email, role, region, clearance)
    select 'user_' || n, 'User ' || n, n || '@example.com', 'user', '${world.region}', 1 from generate_series(1, ${others}) n`,
  `insert into member (id, organization_id, user_id, role, created_at)
    select 'member_' || n, 'org_' || n, 'user_' || n, 'member', now() from generate_series(1, ${others}) n`,
  `insert into session (id, token, user_id, active_organization_id, expires_at, updated_at)
    select 'session_' || n, 'other ' || n, 'user_' || n, 'org_' || n, now() + interval '7 days', now()
    from generate_series(1, ${others}) n`,
  ...Object.values(people).flatMap((person) => {
    const { userId, role, userRole } = person;
    return [
      `insert into "user" (id, name, email, role, region, clearance) values
        ('${userId}', '${userId}', '${userId}@example.com', '${userRole}', '${world.region}', ${world.clearance})`,
      `insert into member (id, organization_id, user_id, role, created_at)
        values ('${userId}', '${world.organizationId}', '${userId}', '${role}', now())`,
      `insert into team_member (id, team_id, user_id, created_at) values ('${userId}', '${world.teamId}', '${userId}', now())`,
      `insert into session (id, token, user_id, active_organization_id, active_team_id, expires_at, updated_at)
        values ('${userId}', '${tokenOf(person)}', '${userId}', '${world.organizationId}', '${world.teamId}',
          now() + interval '7 days', now())`,
    ];
  }),
  "vacuum analyze",
];

/** One row in a hundred is the organization's, half of those the team's, a tenth of them each person's. */
const rowsOf = (table: string, rows: number): string => `
  insert into ${table} (id, organization_id, user_id, team_id, region, level, status, published, archived_at, title
    ${table === "by_parent" ? ", parent_id" : ""})
  select 'row_' || lpad(n::text, 8, '0'),
    case when n % 100 = 0 then '${world.organizationId}' else 'org_' || n % 100 end,
    case n % 1000 when 0 then '${people.admin.userId}' when 100 then '${people.member.userId}' else 'user_' || n % 1000 end,
    case when n % 200 = 0 then '${world.teamId}' else 'team_' || n % 7 end,
    case when n % 400 = 0 then 'south' else '${world.region}' end,
    n / 100 % 10,
    (array['draft', 'open', 'closed'])[n / 100 % 3 + 1],
    n / 100 % 2 = 0,
    case when n / 100 % 5 = 0 then now() end,
    'Title of row ' || n
    ${table === "by_parent" ? `, 'row_' || lpad((n % ${rows} + 1)::text, 8, '0')` : ""}
  from generate_series(1, ${rows}) n`;

const connect = async (connectionString: string): Promise<pg.Client> => {
  const client = new pg.Client({ connectionString });
  // The server may be gone first, where something else has failed.
  client.on("error", () => {});
  await client.connect();
  return client;
};

/** After so many times Postgres has decided whether it keeps a plan. Until then the planner itself reads the ends of indexes. */
const plannings = 10;

const sealTable = "hedgerow.seal_keys";
/** Whose reads are the statement's own. */
const guardedTables: ReadonlySet<string> = new Set(patterns.map(({ table }) => `public.${table}`));

type TableReads = ReadonlyMap<string, number>;

/** What the transaction, and perhaps some before it, read. */
const readsUntilNow = async (client: pg.Client): Promise<TableReads> => {
  const { rows } = await client.query<{ table: string; reads: string }>(
    `select schemaname || '.' || relname as table, coalesce(seq_scan, 0) + coalesce(idx_scan, 0) as reads
     from pg_stat_xact_user_tables`,
  );
  return new Map(rows.map(({ table, reads }) => [table, Number(reads)]));
};

const readsBetween = (before: TableReads, after: TableReads, table: string): number =>
  (after.get(table) ?? 0) - (before.get(table) ?? 0);

const setUpRoles = async (server: FreshPostgres, kind: IdentityKind): Promise<void> => {
  const database = nodePostgres(server.ownerPool);
  if (kind === "live") {
    const identity = sessionIdentity(authOptions, {
      claims: { region: { from: "user", field: "region" }, clearance: { from: "user", field: "clearance" } },
    });
    await push({ schema: { ...authTables(authOptions), ...schema }, identity, database });
  } else {
    await push({ schema, identity: claimsIdentity({ claims: ["region", "clearance"] }), database });
  }
  await server.ownerPool.query("alter role hedgerow_api password 'api'");
};

/** @param server an empty one. */
export const openWorld = async (server: FreshPostgres, kind: IdentityKind): Promise<PoliciesWorld> => {
  await setUpRoles(server, kind);
  const superuser = await connect(server.superuserUrl);
  for (const statement of samplerFunction) await superuser.query(statement);
  for (const statement of [
    `create role ${freeRole} nologin bypassrls`,
    `grant ${freeRole} to hedgerow_api`,
    `grant select on all tables in schema public to ${freeRole}`,
  ]) {
    await superuser.query(statement);
  }
  // No trigger has to check what is generated.
  await superuser.query("set session_replication_role = replica");
  if (kind === "live") for (const statement of authRows(5_000)) await superuser.query(statement);

  const connectApi = (): Promise<pg.Client> => connect(server.url("hedgerow_api", "api"));
  const enterAs = async (client: pg.Client, person: Person): Promise<void> => {
    const { prelude, enter } = contextOf[kind](person);
    for (const { text, values = [] } of [prelude, ...(enter ? [enter] : [])]) await client.query(text, [...values]);
  };
  const actAs = async (person: Person): Promise<pg.Client> => {
    const client = await connectApi();
    await client.query("begin");
    await enterAs(client, person);
    return client;
  };

  return {
    actAs,
    guard: async (client, guarded) => {
      await client.query("select set_config('role', $1, true)", [guarded ? "authenticated" : freeRole]);
    },
    close: () => superuser.end(),
    fill: async (table, rows) => {
      await superuser.query(rowsOf(table, rows));
      await superuser.query(`vacuum analyze ${table}`);
    },
    empty: async (table) => {
      await superuser.query(`truncate ${table}`);
    },
    readsOf: async (person, statement) => {
      const client = await connectApi();
      try {
        for (let time = 0; time < plannings; time += 1) {
          await client.query("begin");
          await enterAs(client, person);
          await client.query(statement);
          await client.query("rollback");
        }
        await client.query("begin");
        const before = await readsUntilNow(client);
        await enterAs(client, person);
        const entered = await readsUntilNow(client);
        await client.query(statement);
        const after = await readsUntilNow(client);
        await client.query("rollback");
        const ofIdentity = [...after.keys()].filter((table) => table !== sealTable && !guardedTables.has(table));
        return {
          lookups: Math.max(0, ...ofIdentity.map((table) => readsBetween(before, after, table))),
          sealChecks: readsBetween(entered, after, sealTable),
        };
      } finally {
        await client.end();
      }
    },
    contextTimes: async (person, times) => {
      const client = await connectApi();
      try {
        const { prelude, enter } = contextOf[kind](person);
        // Only with the caller's role may one even name what is in the schema.
        await client.query("begin");
        await enterAs(client, person);
        const prepared = await Promise.all(
          [prelude, ...(enter ? [enter] : [])].map(({ text, values = [] }) =>
            prepare(
              client,
              text,
              values.map((value) => ["text", String(value)] as const),
            ),
          ),
        );
        await client.query("rollback");
        const taken: Array<ContextTimes> = [];
        for (let time = 0; time < times + plannings; time += 1) {
          await client.query("begin");
          const micros: Array<number> = [];
          for (const each of prepared) micros.push(...(await sample(each, 1)));
          await client.query("rollback");
          if (time >= plannings) taken.push({ prelude: micros[0] ?? Number.NaN, enter: micros[1] ?? 0 });
        }
        return taken;
      } finally {
        await client.end();
      }
    },
  };
};
