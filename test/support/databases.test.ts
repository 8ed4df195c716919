import { afterAll, beforeAll, expect, it } from "vitest";
import { type FreshPostgres, freshPglite, freshPostgres } from "./databases.js";

let one: FreshPostgres;
let other: FreshPostgres;

beforeAll(async () => {
  [one, other] = await Promise.all([freshPostgres(), freshPostgres()]);
});
afterAll(() => Promise.all([one.close(), other.close()]));

it("gives the database to an owner who bypasses nothing", async () => {
  const { rows } = await one.ownerPool.query(
    `select rolsuper, rolbypassrls, rolcreaterole, rolcanlogin, rolname = session_user as myself,
       (select datdba::regrole::text from pg_database where datname = current_database()) as owner,
       current_setting('server_version_num')::int / 10000 as version
     from pg_roles where rolname = current_user`,
  );
  expect(rows).toEqual([
    {
      rolsuper: false,
      rolbypassrls: false,
      rolcreaterole: true,
      rolcanlogin: true,
      myself: true,
      owner: "hedgerow_owner",
      version: 18,
    },
  ]);
});

it("shares no role with another database", async () => {
  await one.ownerPool.query("create role authenticated");
  await other.ownerPool.query("create role authenticated");
  await other.ownerPool.query("drop role authenticated");
  const { rows } = await one.ownerPool.query("select 1 as there from pg_roles where rolname = 'authenticated'");
  expect(rows).toEqual([{ there: 1 }]);
});

it("lets a role log in with its own password only", async () => {
  await one.ownerPool.query("create role hedgerow_api login noinherit password 'secret/@ word'");
  const login = (password: string) => one.pool(one.url("hedgerow_api", password)).query("select session_user as who");
  expect((await login("secret/@ word")).rows).toEqual([{ who: "hedgerow_api" }]);
  await expect(login("wrong")).rejects.toMatchObject({ code: "28P01" });
});

it("gives every caller a PGlite of its own", async () => {
  const [first, second] = await Promise.all([freshPglite(), freshPglite()]);
  await first.exec("create table mine (id int)");
  const { rows } = await second.query("select to_regclass('mine') as relation");
  expect(rows).toEqual([{ relation: null }]);
  await Promise.all([first.close(), second.close()]);
});
