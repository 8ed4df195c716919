/** The functions of `pg_session_jwt`, as they behave without a key, against what the extension does. */
import * as Effect from "effect/Effect";
import { nodePostgres } from "hedgerow/node-postgres";
import { pglite } from "hedgerow/pglite";
import { sessionJwtShim } from "hedgerow/postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DatabaseShape } from "../../src/database/database.js";
import { freshPglite, freshPostgres } from "../support/databases.js";

const uuid = "7a1c0f0e-3f5d-4a56-9f0e-1f0d8f0b6c11";

interface Seen {
  readonly session: unknown;
  readonly user_id: string | null;
  readonly uid: string | null;
  readonly organization: unknown;
  readonly organization_id: string | null;
}

const nobody: Seen = { session: null, user_id: null, uid: null, organization: null, organization_id: null };

const claims = (session: object, seen: Partial<Seen> = {}): readonly [string, Seen] => [
  JSON.stringify(session),
  { ...nobody, session, ...seen },
];

/** The setting, null where it is not set, and what the functions make of it. */
const cases: ReadonlyArray<readonly [string | null, Seen]> = [
  [null, nobody],
  ["", nobody],
  ["not json", nobody],
  ["null", nobody],
  ['"str"', { ...nobody, session: "str" }],
  ["[1]", { ...nobody, session: [1] }],
  claims({}),
  claims({ sub: uuid }, { user_id: uuid, uid: uuid }),
  claims({ sub: "user_1" }, { user_id: "user_1" }),
  claims({ sub: "" }, { user_id: "" }),
  claims({ sub: 42 }),
  claims({ sub: null }),
  claims({ sub: { id: 1 } }),
  ['{"sub":"first","sub":"last"}', { ...nobody, session: { sub: "last" }, user_id: "last" }],
  claims({ o: { id: uuid, rol: "admin" } }, { organization: { id: uuid, rol: "admin" }, organization_id: uuid }),
  claims({ o: "org" }),
  claims({ o: null }),
  claims({ o: [uuid] }),
  claims({ o: { rol: "admin" } }, { organization: { rol: "admin" } }),
  claims({ o: { id: "org_1" } }, { organization: { id: "org_1" } }),
  claims({ o: { id: 7 } }, { organization: { id: 7 } }),
  claims({ o: {} }, { organization: {} }),
  claims({ role: "authenticated", sub: "user_1" }, { user_id: "user_1" }),
];

const servers = [
  {
    name: "PostgreSQL",
    open: async () => {
      const postgres = await freshPostgres();
      return {
        owner: nodePostgres(postgres.ownerPool),
        superuser: nodePostgres(postgres.pool(postgres.superuserUrl)),
        close: postgres.close,
      };
    },
  },
  {
    name: "PGlite",
    open: async () => {
      const client = await freshPglite();
      return { owner: pglite(client), superuser: pglite(client), close: () => client.close() };
    },
  },
];

const run = (database: DatabaseShape, statements: ReadonlyArray<string>) =>
  Effect.runPromise(database.transact(statements.map((text) => ({ text }))));

describe.each(servers)("sessionJwtShim() on $name", ({ open }) => {
  let opened: Awaited<ReturnType<typeof open>>;

  beforeAll(async () => {
    opened = await open();
    await run(opened.owner, sessionJwtShim());
  });
  afterAll(() => opened.close());

  it.each(cases)("reads %s as the extension does", async (setting, seen) => {
    const set = { text: "select set_config('request.jwt.claims', $1, true)", values: [setting] };
    const look = {
      text: `select auth.session() as session, auth.session() is null as missing, auth.jwt() = auth.session() as alias,
        auth.user_id() as user_id, auth.uid()::text as uid, auth.organization() as organization,
        auth.organization_id()::text as organization_id`,
    };
    const results = await Effect.runPromise(opened.owner.transact(setting === null ? [look] : [set, look]));
    expect(results.at(-1)?.rows).toEqual([{ ...seen, missing: false, alias: true }]);
  });

  it("marks every function as stable and safe in parallel, and runs twice", async () => {
    await run(opened.owner, sessionJwtShim());
    const [functions] = await run(opened.owner, [
      "select distinct provolatile, proparallel, count(*) over ()::int as n from pg_proc where pronamespace = 'auth'::regnamespace",
    ]);
    expect(functions?.rows).toEqual([{ provolatile: "s", proparallel: "s", n: 6 }]);
  });

  it("guards a table for whoever the claims name", async () => {
    await run(opened.superuser, [
      "create role reader",
      "grant usage on schema auth to reader",
      "create table docs (id int primary key, owner text)",
      "alter table docs enable row level security",
      "create policy own on docs to reader using (owner = (select auth.user_id()))",
      "grant select on docs to reader",
      "insert into docs values (1, 'ann'), (2, 'ben')",
    ]);
    const seenBy = async (setting: string) => {
      const values = [setting];
      const enter = "select set_config('role', 'reader', true), set_config('request.jwt.claims', $1, true)";
      const statements = [{ text: enter, values }, { text: "select id from docs" }];
      return (await Effect.runPromise(opened.superuser.transact(statements)))[1]?.rows;
    };
    expect(await seenBy('{"sub":"ben"}')).toEqual([{ id: 2 }]);
    expect(await seenBy("")).toEqual([]);
  });

  it("refuses to replace a function of an extension", async () => {
    // An extension of ours cannot be installed here; its one trace that counts is a row of pg_depend.
    await run(opened.superuser, [
      `insert into pg_depend select 'pg_proc'::regclass, p.oid, 0, 'pg_extension'::regclass, e.oid, 0, 'e'
        from pg_proc p, pg_extension e where p.pronamespace = 'auth'::regnamespace and p.proname = 'user_id' and e.extname = 'plpgsql'`,
    ]);
    const error = await Effect.runPromise(
      Effect.flip(opened.owner.transact(sessionJwtShim().map((text) => ({ text })))),
    );
    expect(error).toMatchObject({ sqlState: "55000", message: expect.stringContaining("must not be replaced") });
  });
});
