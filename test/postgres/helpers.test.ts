/** The helper functions, asked by hand as the SQL of an application would. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as schema from "../../examples/app/tables.js";
import { saying } from "../support/request.js";
import { type Kind, openWorld, type Person, type World } from "../support/world.js";

describe.each<Kind>(["postgres", "pglite"])("the helpers on %s", (kind) => {
  let world: World;
  let ada: Person;
  let acme: string;

  beforeAll(async () => {
    world = await openWorld(kind, schema);
    ada = await world.signUp("ada");
    acme = await world.createOrganization(ada, "acme");
    await world.truth("update member set role = 'admin, member'");
  });
  afterAll(() => world.close());

  const ask = async (who: Person | null, expression: string): Promise<unknown> =>
    (await world.as(who, `select ${expression} as answer`))[0]?.rows[0]?.answer;

  it("answer for a signed-in member of an organization", async () => {
    expect(await ask(ada, "hedgerow.get_user_id()")).toBe(ada.userId);
    expect(await ask(ada, "hedgerow.get_active_org_id()")).toBe(acme);
    expect(await ask(ada, "hedgerow.is_org_member()")).toBe(true);
    expect(await ask(ada, "hedgerow.has_org_role('admin')")).toBe(true);
    expect(await ask(ada, "hedgerow.has_org_role('owner')")).toBe(false);
    expect(await ask(ada, "hedgerow.has_any_role(array['owner', 'member'])")).toBe(true);
    expect(await ask(ada, "hedgerow.has_any_role('{}')")).toBe(false);
    expect(await ask(ada, "hedgerow.get_active_org_id_as(array['owner', 'member'])")).toBe(acme);
    for (const none of ["array['owner']", "'{}'", "null", "array[null]::text[]"]) {
      expect(await ask(ada, `hedgerow.get_active_org_id_as(${none})`)).toBeNull();
    }
    expect(await ask(ada, "hedgerow.has_any_user_role(array['user'])")).toBe(true);
    expect(await ask(ada, `hedgerow.is_owner('${ada.userId}')`)).toBe(true);
    expect(await ask(ada, "hedgerow.is_owner('somebody')")).toBe(false);
    expect(await ask(ada, "hedgerow.is_owner(null)")).toBe(false);
    const [team] = await world.truth("select id from team where organization_id = $1", acme);
    expect(await ask(ada, "hedgerow.get_active_team_id()")).toBe(team?.id);
    expect(await ask(ada, "hedgerow.has_claim('region')")).toBe(false);
  });

  it("answer null or no for nobody", async () => {
    for (const helper of ["get_user_id", "get_session_id", "get_active_org_id", "get_active_team_id"]) {
      expect(await ask(null, `hedgerow.${helper}()`)).toBeNull();
    }
    expect(await ask(null, "hedgerow.get_active_org_id_as(array['member'])")).toBeNull();
    for (const helper of [
      "is_org_member()",
      "has_org_role('member')",
      "has_any_role(array['member'])",
      "is_owner(null)",
    ]) {
      expect(await ask(null, `hedgerow.${helper}`)).toBe(false);
    }
  });

  it("have an empty search path unless they are inlined, and are for the API's roles alone", async () => {
    const functions = await world.truth(
      `select p.proname, coalesce(p.proconfig::text, 'inlined') as config, has_function_privilege('public', p.oid, 'execute') as open
       from pg_proc p where p.pronamespace = 'hedgerow'::regnamespace and p.prorettype <> 'trigger'::regtype`,
    );
    expect(functions.length).toBeGreaterThan(15);
    const inlined = [
      "as_uuid",
      "get_active_org_id",
      "get_active_team_id",
      "get_session_id",
      "get_user_id",
      "has_any_role",
      "has_any_user_role",
      "has_org_role",
      "is_org_member",
      "is_owner",
    ];
    for (const helper of functions) {
      const config = inlined.includes(String(helper.proname)) ? "inlined" : '{"search_path=\\"\\""}';
      expect(helper).toMatchObject({ config, open: false });
    }
  });

  it("let no secret that is not one through", async () => {
    expect(
      await world.refusal(null, `select ${saying({ token: "not hexadecimal" })}`, "select hedgerow.get_user_id()"),
    ).toBe("22023");
    expect(await ask(null, "hedgerow.as_uuid('not a uuid')")).toBeNull();
  });
});
