/**
 * A push that is killed, at any message that it exchanges with the database.
 *
 * After each kill an attacker with the API's login tries everything on every guarded table that exists at that moment, as
 * someone who is signed in to the other tenant, as nobody, and as the bare login; then a second run must converge.
 * `KILL_SEED` repeats a run.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { doctor, PushError, push } from "hedgerow/drizzle-kit";
import { nodePostgres } from "hedgerow/node-postgres";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { planPush } from "../../src/cli/plan.js";
import { enterSession } from "../../src/database/session.js";
import { type FreshPostgres, freshPostgres } from "../support/databases.js";
import { auth, files, identity, seed } from "../support/guarded-schema.js";
import { tablesOf, type variants } from "../support/kill-variants.js";
import { makeProject, type Project, type Running } from "../support/project.js";
import { saying } from "../support/request.js";
import { openTap, type Tap } from "../support/tap.js";

type Variant = keyof typeof variants;

const start = Number(process.env.KILL_SEED ?? Math.trunc(Math.random() * 2 ** 31));

/** Numbers from 0 to 1 that follow from the seed (mulberry32). */
const random = ((state: number) => (): number => {
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
})(start);

const config = `
import { defineConfig } from "hedgerow/config";
import { authOptions } from "./auth.js";
import * as schema from "./schema.js";
export default defineConfig({
  name: "acme",
  schema: { path: "./schema.ts", module: schema },
  providers: {
    runtime: "node",
    database: { type: "postgres", url: process.env.DATABASE_URL },
    auth: { type: "better-auth", options: authOptions },
  },
});
`;

const schemaFile = `
import { tablesOf } from "./kill-variants";
export * from "./auth";
export const { notes, papers, tags } = tablesOf(process.env.VARIANT);
`;

const ada = createHash("sha256").update("ada").digest("hex");
const mine = ["notes", "papers", "tags"];

/** The rows of Better Auth's tables that its user may read: their own, by id. */
const adas = ["ada", "s1", "o1", "m1"];

/** As Supabase and Neon set databases up: whatever is made is open to whoever sends requests. */
const openByDefault = `
  alter default privileges for role hedgerow_owner in schema public grant select, insert, update, delete on tables to authenticated, anonymous;
  alter default privileges for role hedgerow_owner grant all on tables to public`;

/** Rows of both tenants in every table that exists, also in one that was made a moment ago. */
const plant = mine.map(
  (name) => `do $$ declare tenant text; begin
  if to_regclass('${name}') is null then return; end if;
  foreach tenant in array array['o1', 'o2'] loop
    if not exists (select from ${name} where organization_id = tenant) then
      insert into ${name} (id, organization_id, body) values ('${name}-' || tenant, tenant, 'of ' || tenant);
    end if;
  end loop;
end $$`,
);

interface Attacker {
  readonly name: string;
  /** Rows of this tenant are their own. */
  readonly tenant: string | undefined;
  readonly enter: (client: pg.Client) => Promise<unknown>;
}

const entering = (token: string | null) => async (client: pg.Client) => {
  const { text, values = [] } = enterSession(token, { statementMs: 0, lockMs: 0 });
  await client.query(text, [...values]);
  // Not what the prelude says, but what an attacker with SQL would.
  await client.query(`select ${saying({ activeOrgId: "o2", userId: "eve", ...(token !== null && { token }) })}`);
};

const attackers: ReadonlyArray<Attacker> = [
  { name: "a member of the other tenant", tenant: "o1", enter: entering(ada) },
  { name: "a forged session", tenant: undefined, enter: entering("00".repeat(32)) },
  { name: "nobody", tenant: undefined, enter: entering(null) },
  { name: "the bare login", tenant: undefined, enter: async () => {} },
];

let project: Project;
let postgres: FreshPostgres;
let superuser: pg.Client;
let api: pg.Client;
let tap: Tap;

const schemaOf = (variant: Variant) => ({ ...auth, ...tablesOf(variant) });
const other = (variant: Variant): Variant => (variant === "one" ? "two" : "one");

/** In this process: what a second run would do. */
const pushed = async (variant: Variant, url = postgres.ownerUrl): Promise<void> => {
  const pool = postgres.pool(url, { max: 1 });
  try {
    await push({ schema: schemaOf(variant), identity, database: nodePostgres(pool), acceptDataLoss: true });
  } finally {
    await pool.end();
  }
};

/** Everything that attackers could read or change, one line each. */
const trespasses = async (): Promise<ReadonlyArray<string>> => {
  for (const statement of plant) await superuser.query(statement);
  const { rows } = await superuser.query<{ name: string }>(
    "select relname::text as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')",
  );
  const found: Array<string> = [];
  for (const { name: attacker, tenant, enter } of attackers) {
    await api.query("begin");
    await enter(api);
    const attempt = async (text: string): Promise<pg.QueryResult<{ scope: string }> | undefined> => {
      await api.query("savepoint attempt");
      const result = await api.query<{ scope: string }>(text).catch(() => undefined);
      await api.query("rollback to attempt");
      return result;
    };
    for (const { name } of rows) {
      const ours = mine.includes(name);
      const scope = ours ? "organization_id" : "id";
      const seen = await attempt(`select ${scope} as scope from "${name}"`);
      const theirs = (id: string): boolean => (ours ? id === tenant : tenant !== undefined && adas.includes(id));
      if (seen?.rows.some((row) => !theirs(row.scope))) found.push(`${attacker} reads ${name}`);
      // One row of each tenant has been planted.
      const own = ours && tenant !== undefined ? 1 : 0;
      const writes = ours
        ? [
            `update ${name} set body = 'stolen'`,
            `update ${name} set body = 'stolen' where organization_id = 'o2'`,
            `delete from ${name}`,
            `insert into ${name} (organization_id, body) values ('o2', 'planted')`,
          ]
        : [`delete from "${name}"`, `update "${name}" set id = 'stolen'`];
      for (const [index, write] of writes.entries()) {
        const changed = (await attempt(write))?.rowCount ?? 0;
        const allowed = index === 0 || index === 2 ? own : 0;
        if (changed > allowed) found.push(`${attacker} changes ${changed} rows: ${write}`);
      }
    }
    await api.query("rollback");
  }
  return found;
};

/** What attackers read, without a look at anything as the superuser: for while others change tables. */
const reads = async (): Promise<ReadonlyArray<string>> => {
  const found: Array<string> = [];
  for (const { name: attacker, tenant, enter } of attackers) {
    for (const name of mine) {
      await api.query("begin");
      await enter(api);
      const seen = await api
        .query<{ scope: string }>(`select organization_id as scope from ${name}`)
        .catch(() => undefined);
      await api.query("rollback");
      if (seen?.rows.some(({ scope }) => scope !== tenant)) found.push(`${attacker} reads ${name}`);
    }
  }
  return found;
};

/** All that decides who sees what, but for FORCE, which a push lifts for the owner while it counts rows. */
const catalog = async (): Promise<string> => {
  const { rows } = await superuser.query(`
  select c.relname, c.relrowsecurity, c.relacl::text,
    (select json_agg(json_build_array(polname, polcmd, polpermissive, polroles::regrole[]::text, pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)) order by polname)
      from pg_policy where polrelid = c.oid) as policies,
    (select json_agg(json_build_array(attname, atttypid::regtype, attacl::text) order by attname) from pg_attribute where attrelid = c.oid and attnum > 0 and not attisdropped) as columns,
    (select json_agg(pg_get_triggerdef(oid) order by tgname) from pg_trigger where tgrelid = c.oid and not tgisinternal) as triggers
  from pg_class c where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1`);
  return JSON.stringify(rows, null, 1);
};

/** Until the server has noticed that its client is gone, and has rolled back or committed. */
const settled = async (): Promise<void> => {
  for (;;) {
    const { rows } = await superuser.query(
      "select from pg_stat_activity where usename = 'hedgerow_owner' and state <> 'idle'",
    );
    if (rows.length === 0) return;
    await sleep(5);
  }
};

const converged = async (variant: Variant): Promise<void> => {
  const findings = await doctor({ schema: schemaOf(variant), identity, database: nodePostgres(postgres.ownerPool) });
  expect(findings).toEqual([]);
  for (const statement of plant) await superuser.query(statement);
  await api.query("begin");
  await entering(ada)(api);
  const { rows } = await api.query("select organization_id from papers");
  await api.query("rollback");
  expect(rows).toEqual([{ organization_id: "o1" }]);
  expect(await trespasses()).toEqual([]);
};

beforeAll(async () => {
  [project, postgres] = await Promise.all([makeProject(), freshPostgres()]);
  for (const [file, text] of Object.entries(files)) await project.write(file, text);
  const source = fileURLToPath(new URL("../support/kill-variants.ts", import.meta.url));
  await project.write("kill-variants.ts", await readFile(source, "utf8"));
  await project.write("schema.ts", schemaFile);
  await project.write("hedgerow.config.ts", config);
  superuser = new pg.Client(postgres.superuserUrl);
  await superuser.connect();
  await pushed("one");
  await superuser.query(`${seed} update member set role = 'admin'; alter role hedgerow_api password 'api'`);
  api = new pg.Client(postgres.url("hedgerow_api", "api"));
  await api.connect();
  tap = await openTap(postgres.ownerUrl);
  await converged("one");
  console.info(`KILL_SEED=${start}`);
});

afterAll(async () => {
  await Promise.all([superuser.end(), api.end(), tap.close()]);
  await postgres.close();
  await project.remove();
});

interface Way {
  readonly name: string;
  readonly kills: number;
  /** Whether everything that it changes in tables and rules is one transaction. */
  readonly atomic: boolean;
  readonly run: (variant: Variant) => Running;
  /** Gives it work to do, beside the change of the variant. */
  readonly prepare: (variant: Variant) => Promise<void>;
}

const environment = (variant: Variant): NodeJS.ProcessEnv => ({ DATABASE_URL: tap.url, VARIANT: variant });

const ways: ReadonlyArray<Way> = [
  {
    name: "hedgerow push",
    kills: 12,
    atomic: true,
    run: (variant) => project.start(["push", "--accept-data-loss"], environment(variant)),
    prepare: async () => void (await superuser.query(openByDefault)),
  },
  {
    name: "drizzle-kit push",
    kills: 10,
    atomic: false,
    run: (variant) => project.startDrizzleKit(["push", "--force"], environment(variant)),
    prepare: async () => void (await superuser.query(openByDefault)),
  },
  {
    name: "the step that reconciles",
    kills: 20,
    atomic: true,
    // The tables are those of the variant already; its rules are not, and neither is what someone did by hand.
    run: (variant) =>
      project.startJob(
        JSON.stringify({
          connection: { driver: "pg", options: { connectionString: tap.url } },
          statements: planPush({ schema: schemaOf(variant), identity }, ["public"]).finish([], []),
        }),
      ),
    prepare: async (variant) => {
      await pushed(variant);
      await postgres.ownerPool.query(`
        drop policy notes_firewall_select on notes;
        alter policy notes_select on notes using (organization_id = hedgerow.get_active_org_id() and hedgerow.is_org_member());
        alter table papers no force row level security;
        grant update (size) on papers to authenticated;
        revoke select on notes from authenticated`);
    },
  },
];

describe.each(ways)("$name, killed", ({ kills, atomic, run, prepare }) => {
  it(`${kills} times, leaves nothing open, and the next run converges`, { timeout: 600_000 }, async () => {
    let from: Variant = "one";
    await pushed(from);
    // An undisturbed run in each direction tells how many messages there are.
    const messages: Record<Variant, number> = { one: 0, two: 0 };
    for (const to of ["two", "one"] as const) {
      await prepare(to);
      tap.at(Number.POSITIVE_INFINITY, () => {}, false);
      const { code, stderr } = await run(to).ran;
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      messages[to] = tap.passed();
      await converged(to);
    }
    let killed = 0;
    for (let attempt = 0; attempt < kills; attempt += 1) {
      const to = other(from);
      await prepare(to);
      const was = await catalog();
      // Spread over the whole run, at a random place in each part.
      const message = 1 + Math.trunc((messages[to] * (attempt + random())) / kills);
      let running: Running | undefined;
      const kill = (): void => {
        killed += 1;
        if (running?.child.pid !== undefined) process.kill(-running.child.pid, "SIGKILL");
      };
      tap.at(message, kill, attempt % 2 === 0);
      running = run(to);
      await running.ran;
      await settled();
      const at = `KILL_SEED=${start}, attempt ${attempt}, message ${message} of ${messages[to]} to ${to}`;
      expect({ at, found: await trespasses() }).toEqual({ at, found: [] });
      const is = await catalog();
      await pushed(to);
      await converged(to);
      if (atomic) expect([was, await catalog()], at).toContain(is);
      from = to;
    }
    expect(killed).toBe(kills);
  });
});

describe("drizzle-kit push, killed between the statement that makes a table and the one that guards it", () => {
  it("leaves the table closed, also where whatever is made is open by default", async () => {
    await pushed("one");
    await superuser.query(openByDefault);
    let running: Running | undefined;
    const kill = (): void => {
      if (running?.child.pid !== undefined) process.kill(-running.child.pid, "SIGKILL");
    };
    tap.at('ALTER TABLE "tags" ENABLE ROW LEVEL SECURITY', kill, true);
    running = project.startDrizzleKit(["push", "--force"], environment("two"));
    await running.ran;
    await settled();
    const { rows } = await superuser.query("select relrowsecurity as guarded from pg_class where relname = 'tags'");
    expect(rows).toEqual([{ guarded: false }]);
    expect(await trespasses()).toEqual([]);
    await pushed("two");
    await converged("two");
  });
});

describe("two pushes at once", () => {
  it("end with the schema of one of them, and show nobody anything in between", { timeout: 300_000 }, async () => {
    await pushed("one");
    for (const variant of ["one", "two"] as const) {
      const away = other(variant);
      let done = false;
      const both = Promise.allSettled([pushed(variant), pushed(away), pushed(variant)]).finally(() => {
        done = true;
      });
      const seen: Array<string> = [];
      while (!done) seen.push(...(await reads()));
      expect(seen).toEqual([]);
      for (const result of await both) {
        // Whoever comes second may find what it was about to change already changed: an error, and nothing half.
        if (result.status === "rejected") expect(result.reason).toBeInstanceOf(PushError);
      }
      await pushed(variant);
      await converged(variant);
    }
  });

  it("of the same schema both succeed", async () => {
    await pushed("one");
    const both = await Promise.allSettled([pushed("one"), pushed("one"), pushed("one")]);
    expect(both.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "fulfilled"]);
    await converged("one");
  });
});

describe("a connection that the server ends", () => {
  it("is an error, and everything or nothing has changed", async () => {
    await pushed("one");
    tap.at(Number.POSITIVE_INFINITY, () => {}, false);
    await pushed("two", tap.url);
    const messages = tap.passed();
    await pushed("one");
    const was = await catalog();
    await pushed("two");
    const will = await catalog();
    const attempts = 6;
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      await pushed("one");
      const message = 1 + Math.trunc((messages * (attempt + random())) / attempts);
      let ended: Promise<unknown> = Promise.resolve();
      const end = (): void => {
        ended = superuser.query(
          "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'hedgerow_owner'",
        );
      };
      tap.at(message, end, false);
      const failure = await pushed("two", tap.url).then(
        () => undefined,
        (error: unknown) => error,
      );
      await ended;
      await settled();
      if (failure !== undefined) {
        expect(failure).toBeInstanceOf(PushError);
        expect(String(failure)).toMatch(/terminat|cannot be reached|connection/i);
      }
      const is = await catalog();
      expect(failure === undefined ? [will] : [was, will], `KILL_SEED=${start}, message ${message}`).toContain(is);
      expect(await trespasses()).toEqual([]);
    }
    await pushed("two");
    await converged("two");
  });
});
