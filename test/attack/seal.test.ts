/** Whether SQL of a caller's own can be taken for somebody, or for who it was, by what `hedgerow.enter()` leaves behind. */
import * as Effect from "effect/Effect";
import { push } from "hedgerow/drizzle-kit";
import { nodePostgres } from "hedgerow/node-postgres";
import { claimsIdentity } from "hedgerow/postgres";
import type pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import * as schema from "../../examples/app/tables.js";
import type { DatabaseShape, Result, Statement } from "../../src/database/database.js";
import { enterSession } from "../../src/database/session.js";
import { type FreshPostgres, freshPostgres } from "../support/databases.js";
import { schema as guarded, identity } from "../support/guarded-schema.js";
import { saying } from "../support/request.js";
import { apiPassword, type Kind, openWorld, type Person, run, type World } from "../support/world.js";

describe.each<Kind>(["postgres", "postgres-15", "pglite"])("what hedgerow.enter() has sealed on %s", (kind) => {
  let world: World;
  /** One connection for all. */
  let api: DatabaseShape;
  let ada: Person;
  let ben: Person;
  let mallory: Person;
  let acme: string;
  let number = 0;

  beforeAll(async () => {
    world = await openWorld(kind, schema);
    api = world.server
      ? nodePostgres(world.server.pool(world.server.url("hedgerow_api", apiPassword), { max: 1 }))
      : world.api;
    ada = await world.signUp("ada");
    mallory = await world.signUp("mallory");
    acme = await world.createOrganization(ada, "acme");
    await world.createOrganization(mallory, "evil");
    await world.call(ada, "POST", "/projects", { name: "Apollo" });
  });
  afterAll(() => world.close());
  beforeEach(async () => {
    ben = await world.signUp(`ben${++number}`);
    await world.join(ben, acme, "member");
  });

  const timeouts = { statementMs: 10_000, lockMs: 5_000 };
  const token = (who: Person) => enterSession(who.tokenHash, timeouts);
  const entering: Statement = { text: "select 1 from hedgerow.enter()" };

  const send = (database: DatabaseShape, who: Person, statements: ReadonlyArray<string | Statement>) =>
    run(
      database.transact([token(who), ...statements.map((each) => (typeof each === "string" ? { text: each } : each))]),
    );
  const last = (results: ReadonlyArray<Result>): unknown => results.at(-1)?.rows[0];

  interface Sealed {
    readonly caller: string;
    readonly seal: string;
  }
  const stored = "select current_setting('hedgerow.caller') as caller, current_setting('hedgerow.seal') as seal";
  const sealed = async (who: Person): Promise<Sealed> => {
    const row = last(await send(api, who, [entering, stored])) as Sealed;
    expect(row.seal).toMatch(/^[0-9a-f]{64}$/);
    return row;
  };
  const put = ({ caller, seal }: Sealed, local: boolean): Statement => ({
    text: "select set_config('hedgerow.caller', $1, $3::boolean), set_config('hedgerow.seal', $2, $3::boolean)",
    values: [caller, seal, local],
  });
  /** Who the database takes the transaction for, and what it shows them. */
  const seen =
    "select hedgerow.get_user_id() as id, hedgerow.get_active_org_id() as org, (select count(*)::int from projects) as rows";

  it("is what the policies ask, instead of a look-up", async () => {
    expect(last(await send(api, ben, [entering, seen]))).toEqual({ id: ben.userId, org: acme, rows: 1 });
  });

  // PGlite has one session, so nobody can remove a member while a transaction is open.
  const onServer = kind !== "pglite" ? it : () => {};
  onServer("is taken up to the end of the transaction, but not behind another key", async () => {
    const { interactive } = api;
    if (!interactive.supported) throw new Error(interactive.reason);
    const results = await run(
      interactive.transaction({ mode: {}, first: [token(ben), entering], last: [] }, (transaction) =>
        Effect.gen(function* () {
          yield* Effect.promise(() => world.truth("delete from member where user_id = $1", ben.userId));
          const [before] = yield* transaction.send([{ text: seen }]);
          yield* transaction.send([{ text: `select ${saying({ apiKey: "0".repeat(64) })}` }]);
          const [after] = yield* transaction.send([{ text: seen }]);
          return [before?.rows[0], after?.rows[0]];
        }),
      ),
    );
    expect(results[0]).toEqual({ id: ben.userId, org: acme, rows: 1 });
    expect(results[1]).toMatchObject({ org: null, rows: 0 });
  });

  onServer("is worth nothing behind a later enter() of the same transaction, however it is put back", async () => {
    const { interactive } = api;
    if (!interactive.supported) throw new Error(interactive.reason);
    const literal = (value: string): string => `'${value.replaceAll("'", "''")}'`;
    for (const accessMode of ["read write", "read only"] as const) {
      const who = await world.signUp(`gone${++number}`);
      await world.join(who, acme, "member");
      await run(
        interactive.transaction({ mode: { accessMode }, first: [token(who), entering], last: [] }, (transaction) =>
          Effect.gen(function* () {
            const before = last(yield* transaction.send([{ text: stored }])) as Sealed;
            expect(before.caller).toContain(acme);
            yield* transaction.send([{ text: "savepoint early" }]);
            yield* Effect.promise(() => world.truth("delete from member where user_id = $1", who.userId));
            const back = `set_config('hedgerow.caller', ${literal(before.caller)}, true), set_config('hedgerow.seal', ${literal(before.seal)}, true)`;
            const nothing = { id: who.userId, org: null, rows: 0 };
            for (const attack of [
              [put(before, true), seen],
              [put(before, false), seen],
              [`select ${back}, (select count(*)::int from projects) as rows`, seen],
              // Undoes the settings that the later enter() made.
              ["rollback to savepoint early", seen],
              ["rollback to savepoint early", put(before, true), seen],
              [
                `do $$ begin perform ${back}; perform set_config('a.rows', (select count(*) from projects)::text, true); end $$`,
                "select hedgerow.get_user_id() as id, hedgerow.get_active_org_id() as org, current_setting('a.rows')::int as rows",
              ],
              [
                `do $$ begin begin perform hedgerow.enter(); raise exception 'undo'; exception when others then null; end;
                  perform ${back}; perform set_config('a.rows', (select count(*) from projects)::text, true); end $$`,
                "select hedgerow.get_user_id() as id, hedgerow.get_active_org_id() as org, current_setting('a.rows')::int as rows",
              ],
            ]) {
              const answers = yield* transaction.send([
                entering,
                ...attack.map((each) => (typeof each === "string" ? { text: each } : each)),
              ]);
              expect(answers.at(-1)?.rows[0], JSON.stringify(attack)).toEqual(nothing);
            }
          }),
        ),
      );
    }
  });

  it("is not made where Postgres does not count", async () => {
    const uncounted = { text: "set local track_counts = off" };
    const database = world.superuser;
    // What was counted before, and not yet reported, does not grow.
    await run(database.transact([token(ben), entering]));
    const results = await run(database.transact([uncounted, token(ben), entering, { text: stored }, { text: seen }]));
    expect(results.at(-2)?.rows[0]).toMatchObject({ seal: "" });
    expect(results.at(-1)?.rows[0]).toMatchObject({ id: ben.userId, org: acme });
  });

  it.each([true, false])(
    "is worth nothing in a later transaction of the same connection (local: %s)",
    async (local) => {
      const before = await sealed(ben);
      expect(before.caller).toContain(acme);
      await world.truth("delete from member where user_id = $1", ben.userId);
      const nothing = { id: ben.userId, org: null, rows: 0 };
      for (const statements of [
        [put(before, local), seen],
        [entering, put(before, local), seen],
        [put(before, local), entering, seen],
        // Left behind by the transaction before.
        [entering, seen],
        [seen],
      ]) {
        expect(last(await send(api, ben, statements))).toEqual(nothing);
      }
    },
  );

  it("is worth nothing to another caller, on the same connection or another", async () => {
    const adas = await sealed(ada);
    for (const database of [api, world.api]) {
      for (const statements of [
        [put(adas, true), seen],
        [entering, put(adas, true), seen],
        [entering, put(adas, false), seen],
      ]) {
        expect(last(await send(database, mallory, statements))).toMatchObject({ id: mallory.userId, rows: 0 });
      }
    }
  });

  it("covers every letter of what was found", async () => {
    const forge = (change: string): Statement => ({
      text: `select set_config('hedgerow.caller', ${change}, true)`,
    });
    const said = "current_setting('hedgerow.caller')";
    for (const change of [
      `jsonb_set(${said}::jsonb, '{org_id}', '"${acme}"')::text`,
      `jsonb_set(${said}::jsonb, '{user_id}', '"${ada.userId}"')::text`,
      `replace(${said}, '"owner"', '"admin"')`,
      `${said} || ' '`,
      `' ' || ${said}`,
      `'{}'`,
      `'null'`,
      `''`,
      `'|' || ${said}`,
    ]) {
      expect(last(await send(api, mallory, [entering, forge(change), seen])), change).toMatchObject({
        id: mallory.userId,
        rows: 0,
      });
    }
    for (const seal of ["", " ", "null", "0".repeat(64)]) {
      const forged = { caller: `{"user_id": "${ada.userId}", "org_id": "${acme}", "org_roles": ["owner"]}`, seal };
      expect(last(await send(api, mallory, [entering, put(forged, true), seen]))).toMatchObject({ rows: 0 });
    }
  });

  it("holds for the credential that was looked up only", async () => {
    const nobody = { id: null, org: null, rows: 0 };
    const change = (name: "token" | "apiKey", value: string): Statement => ({
      text: `select ${saying({ [name]: value })}`,
    });
    expect(last(await send(api, ada, [entering, change("token", ""), seen]))).toEqual(nobody);
    expect(last(await send(api, ada, [entering, change("token", "0".repeat(64)), seen]))).toEqual(nobody);
    expect(last(await send(api, ada, [entering, change("token", mallory.tokenHash), seen]))).toMatchObject({
      id: mallory.userId,
      rows: 0,
    });
  });

  it("is made with keys that nobody but the definer can read", async () => {
    await world.truth("analyze hedgerow.seal_keys");
    for (const text of [
      "select from hedgerow.entries",
      "truncate hedgerow.entries",
      "select * from hedgerow.seal_keys",
      "select inner_key from hedgerow.seal_keys",
      "table hedgerow.seal_keys for share",
      "copy hedgerow.seal_keys to stdout",
      "update hedgerow.seal_keys set inner_key = ''",
      "insert into hedgerow.seal_keys values (true, '', '')",
      "delete from hedgerow.seal_keys",
      "truncate hedgerow.seal_keys",
      "select query_to_xml('select * from hedgerow.seal_keys', true, false, '')",
    ]) {
      expect(await world.refusal(mallory, text), text).toBe("42501");
      expect(await world.refusal(null, text), text).toBe("42501");
    }
    expect(await world.as(mallory, "select 1 from pg_stats where tablename = 'seal_keys'")).toMatchObject([
      { rows: [] },
    ]);
    const readers = await world.truth(
      `select rolname from pg_roles where not rolsuper and rolname !~ '^pg_'
        and (has_table_privilege(oid, 'hedgerow.seal_keys', 'select, insert, update, delete, truncate, references, trigger')
          or has_any_column_privilege(oid, 'hedgerow.seal_keys', 'select, insert, update, references'))`,
    );
    expect(readers).toEqual([{ rolname: "hedgerow_definer" }]);
  });

  it("is made in a transaction that only reads", async () => {
    const { interactive } = api;
    if (!interactive.supported) throw new Error(interactive.reason);
    const results = await run(
      interactive.transaction(
        { mode: { accessMode: "read only" }, first: [token(ben), entering], last: [] },
        (transaction) => transaction.send([{ text: stored }, { text: seen }]),
      ),
    );
    expect(results[0]?.rows[0]).toMatchObject({ caller: expect.stringContaining(acme) });
    expect(results[1]?.rows[0]).toEqual({ id: ben.userId, org: acme, rows: 1 });
  });

  it("is not needed: without keys everybody is looked up, and nothing that claims to be sealed counts", async () => {
    const rows = await world.truth("select inner_key::text as inner, outer_key::text as outer from hedgerow.seal_keys");
    await world.truth("delete from hedgerow.seal_keys");
    try {
      expect(last(await send(api, ben, [entering, stored]))).toMatchObject({ seal: "" });
      expect(last(await send(api, ben, [entering, seen]))).toEqual({ id: ben.userId, org: acme, rows: 1 });
      expect(last(await send(api, mallory, [entering, seen]))).toMatchObject({ id: mallory.userId, rows: 0 });
      const forged = JSON.stringify({ user_id: ada.userId, org_id: acme, org_roles: ["owner"], user_roles: ["admin"] });
      for (const seal of ["", " ", "null", "0".repeat(64)]) {
        expect(last(await send(api, mallory, [entering, put({ caller: forged, seal }, true), seen]))).toMatchObject({
          id: mallory.userId,
          rows: 0,
        });
      }
      expect((await world.call(ben, "GET", "/projects")).json.data).toHaveLength(1);
      expect((await world.call(mallory, "GET", "/projects")).json.data).toEqual([]);
      expect((await world.call(ben, "POST", "/projects", { name: "x" })).status).toBe(403);
    } finally {
      await world.truth(
        "insert into hedgerow.seal_keys (inner_key, outer_key) values ($1::bytea, $2::bytea)",
        String(rows[0]?.inner),
        String(rows[0]?.outer),
      );
    }
  });

  it("answers nobody at all where the table of keys is gone", async () => {
    await world.truth("alter table hedgerow.seal_keys rename to lost_keys");
    try {
      const refused = await Effect.runPromise(Effect.flip(api.transact([token(ben), { text: seen }])));
      expect(refused).toMatchObject({ _tag: "SqlError", sqlState: "42P01" });
      expect((await world.call(ben, "GET", "/projects")).status).toBe(500);
    } finally {
      await world.truth("alter table hedgerow.lost_keys rename to seal_keys");
    }
    expect((await world.call(ben, "GET", "/projects")).status).toBe(200);
  });
});

describe("the keys of the seal after another push", () => {
  let postgres: FreshPostgres;
  let superuser: pg.Pool;

  beforeAll(async () => {
    postgres = await freshPostgres();
    superuser = postgres.pool(postgres.superuserUrl, { max: 1 });
    await pushAs(identity);
  });
  afterAll(() => postgres.close());

  const pushAs = (source: typeof identity | ReturnType<typeof claimsIdentity>) =>
    push({ schema: guarded, identity: source, database: nodePostgres(postgres.ownerPool) });
  const keys = async () =>
    (await superuser.query("select xmin::text, inner_key::text, outer_key::text from hedgerow.seal_keys")).rows;

  it("are the same, and two blocks of randomness", async () => {
    const before = await keys();
    expect(before).toHaveLength(1);
    expect(before[0].inner_key).toMatch(/^\\x[0-9a-f]{128}$/);
    expect(before[0].outer_key).toMatch(/^\\x[0-9a-f]{128}$/);
    expect(before[0].inner_key).not.toBe(before[0].outer_key);
    await pushAs(identity);
    expect(await keys()).toEqual(before);
    // Also where the push has something to do.
    await superuser.query("drop function hedgerow.entered_team_id()");
    await pushAs(identity);
    expect(await keys()).toEqual(before);
  });

  it("are made anew where they were dropped", async () => {
    const before = await keys();
    await superuser.query("drop table hedgerow.seal_keys");
    await pushAs(identity);
    const after = await keys();
    expect(after).toHaveLength(1);
    expect(after[0].inner_key).not.toBe(before[0].inner_key);
  });

  it("are there where `hedgerow.enter()` belonged to the owner, and then it is the definer's", async () => {
    await superuser.query("drop table hedgerow.seal_keys; drop function hedgerow.enter()");
    await postgres.ownerPool.query(
      "create function hedgerow.enter() returns table(user_id text) language sql volatile as 'select null::text'",
    );
    await pushAs(identity);
    const owners = await superuser.query(
      "select proowner::regrole::text as owner, prosecdef from pg_proc where oid = 'hedgerow.enter()'::regprocedure",
    );
    expect(owners.rows).toEqual([{ owner: "hedgerow_definer", prosecdef: true }]);
    expect(await keys()).toHaveLength(1);
  });

  it("are gone where callers come from tokens", async () => {
    await pushAs(claimsIdentity());
    const left = await superuser.query(
      "select to_regclass('hedgerow.seal_keys') as keys, to_regprocedure('hedgerow.enter()') as enter",
    );
    expect(left.rows).toEqual([{ keys: null, enter: null }]);
  });
});
