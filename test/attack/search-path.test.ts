/** Whether operators, functions and types in front of Postgres's own change who a live caller is. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as schema from "../../examples/app/tables.js";
import { openWorld, type Person, type World } from "../support/world.js";

describe("a search path with another schema in front, on PostgreSQL", () => {
  let world: World;
  let ada: Person;
  let mallory: Person;

  beforeAll(async () => {
    world = await openWorld("postgres", schema);
    ada = await world.signUp("ada");
    mallory = await world.signUp("mallory");
    const acme = await world.createOrganization(ada, "acme");
    await world.createOrganization(mallory, "evil");
    await world.call(ada, "POST", "/projects", { name: "Apollo" });
    for (const statement of [
      "create schema evil",
      ...["text", "jsonb", "uuid"].map((type) => `create domain evil.${type} as pg_catalog.text`),
      `create function evil.gives_acme(pg_catalog.jsonb, pg_catalog.text) returns pg_catalog.text language sql as $$ select '${acme}'::pg_catalog.text $$`,
      'create function evil.gives_json(pg_catalog.jsonb, pg_catalog.text) returns pg_catalog.jsonb language sql as $$ select \'["owner","admin","member"]\'::pg_catalog.jsonb $$',
      "create function evil.yes(pg_catalog.jsonb, pg_catalog.text) returns boolean language sql as 'select true'",
      "create function evil.yes_all(pg_catalog.jsonb, pg_catalog.text[]) returns boolean language sql as 'select true'",
      "create function evil.same(pg_catalog.text, pg_catalog.text) returns boolean language sql as 'select true'",
      "create operator evil.->> (leftarg = pg_catalog.jsonb, rightarg = pg_catalog.text, function = evil.gives_acme)",
      "create operator evil.-> (leftarg = pg_catalog.jsonb, rightarg = pg_catalog.text, function = evil.gives_json)",
      "create operator evil.? (leftarg = pg_catalog.jsonb, rightarg = pg_catalog.text, function = evil.yes)",
      "create operator evil.?| (leftarg = pg_catalog.jsonb, rightarg = pg_catalog.text[], function = evil.yes_all)",
      "create operator evil.= (leftarg = pg_catalog.text, rightarg = pg_catalog.text, function = evil.same)",
      "grant usage on schema evil to public",
    ]) {
      await world.truth(statement);
    }
  });
  afterAll(() => world.close());

  const asked = `select hedgerow.get_user_id() as "user", hedgerow.get_session_id() is null as "noSession", hedgerow.get_active_org_id() as org,
    hedgerow.get_active_org_id_as('{admin}'::pg_catalog.text[]) as "orgAsAdmin", hedgerow.get_active_org_id_as('{owner}'::pg_catalog.text[]) as "orgAsOwner",
    hedgerow.get_active_team_id() as team, hedgerow.has_any_role('{admin,none}'::pg_catalog.text[]) as "any", hedgerow.has_org_role('owner'::pg_catalog.text) as owner,
    hedgerow.has_any_user_role('{admin}'::pg_catalog.text[]) as platform, hedgerow.is_org_member() as member,
    hedgerow.is_owner('nobody'::pg_catalog.text) as "isOwner", hedgerow.has_claim('x'::pg_catalog.text) as has,
    (select pg_catalog.count(*)::int from public.projects) as projects`;

  it.each(["evil, pg_catalog, public", "evil, public", "evil"])("%s changes no answer", async (path) => {
    for (const who of [ada, mallory]) {
      const plain = (await world.as(who, asked)).at(-1)?.rows;
      expect(plain).toMatchObject([{ user: who.userId, projects: who === ada ? 1 : 0, any: false, platform: false }]);
      expect((await world.as(who, `set local search_path = ${path}`, asked)).at(-1)?.rows).toEqual(plain);
      expect((await world.as(who, `select set_config('search_path', '${path}', false)`, asked)).at(-1)?.rows).toEqual(
        plain,
      );
    }
  });

  it("does stand in front of Postgres's own", async () => {
    const [, hijacked] = await world.as(
      mallory,
      "set local search_path = evil, pg_catalog",
      "select '{}'::pg_catalog.jsonb ? 'a'::pg_catalog.text as taken",
    );
    expect(hijacked?.rows).toEqual([{ taken: true }]);
  });
});
