/** Helpers that become a part of the statement, whatever stands in front of Postgres's own names in the search path. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { heldCaller } from "../../src/condition/caller.js";
import { fieldSeparator, listSeparator } from "../../src/database/session.js";
import { requestList } from "../../src/postgres/request.js";
import { type ClaimsWorld, caller, openClaimsWorld, type Who } from "../support/claims-world.js";

const acme = "org_acme";
const ada: Who = { userId: "ada", activeOrgId: acme, roles: ["member"] };
const boss: Who = { userId: "boss", activeOrgId: acme, roles: ["member", "admin"], userRoles: ["user"] };
const eve: Who = { userId: "eve", activeOrgId: "org_evil", roles: ["owner"], userRoles: ["admin"] };

describe("helpers on PostgreSQL", () => {
  let world: ClaimsWorld;

  beforeAll(async () => {
    world = await openClaimsWorld("postgres");
    await world.call(ada, "POST", "/documents", { title: "mine", userId: "ada" });
    await world.run(
      world.superuser,
      "create schema evil",
      "create function evil.current_setting(text, boolean) returns text language sql as $$ select 'ada'::pg_catalog.text $$",
      "create function evil.string_to_array(text, text) returns text[] language sql as $$ select array['admin', 'owner', 'member'] $$",
      "create function evil.split_part(text, text, int) returns text language sql as $$ select 'ada'::pg_catalog.text $$",
      "create function evil.chr(int) returns text language sql as $$ select ','::pg_catalog.text $$",
      "create function evil.yes(text, text) returns boolean language sql as 'select true'",
      "create function evil.yes_all(anyarray, anyarray) returns boolean language sql as 'select true'",
      ...["=", "<>", "~"].map(
        (name) => `create operator evil.${name} (leftarg = text, rightarg = text, function = evil.yes)`,
      ),
      "create operator evil.&& (leftarg = anyarray, rightarg = anyarray, function = evil.yes_all)",
      "create domain evil.text as pg_catalog.text check (value is null)",
      "create domain evil.uuid as pg_catalog.text check (value is null)",
      "create domain evil.jsonb as pg_catalog.text check (value is null)",
      "grant usage on schema evil to public",
    );
  });
  afterAll(() => world?.close());

  const asked = `select hedgerow.get_user_id() as "user", hedgerow.get_session_id() as session, hedgerow.get_active_org_id() as org,
    hedgerow.get_active_team_id() as team, hedgerow.get_active_org_id_as('{admin,owner}'::pg_catalog.text[]) as "orgAs", hedgerow.has_any_role('{admin,owner}'::pg_catalog.text[]) as "any", hedgerow.has_org_role('admin'::pg_catalog.text) as admin,
    hedgerow.has_any_user_role('{admin}'::pg_catalog.text[]) as platform, hedgerow.is_org_member() as member,
    hedgerow.is_owner('ada'::pg_catalog.text) as "isOwner", hedgerow.claims()::pg_catalog.text as claims, hedgerow.has_claim('region'::pg_catalog.text) as has,
    hedgerow.claim_text('region'::pg_catalog.text) as region, hedgerow.as_uuid('no uuid'::pg_catalog.text)::pg_catalog.text as "noUuid",
    hedgerow.as_uuid('00000000-0000-4000-8000-000000000000'::pg_catalog.text)::pg_catalog.text as uuid,
    (select pg_catalog.count(*)::int from public.documents) as documents`;
  /** Nobody has no right on the documents. */
  const askedBy = (who: Who): string => (who === null ? asked.replace(/,\s+\(select .*$/, "") : asked);
  const everybody: ReadonlyArray<Who> = [
    null,
    ada,
    boss,
    eve,
    { userId: "p", claims: { region: "eu" }, sessionId: "s", activeTeamId: "t", roles: ["admin"] },
  ];

  it.each(["evil, pg_catalog, public", "evil, public", "evil"])(
    "answer the same behind the search path %s",
    async (path) => {
      for (const who of everybody) {
        const plain = (await world.as(who, askedBy(who))).at(-1)?.rows;
        expect((await world.as(who, `set local search_path = ${path}`, askedBy(who))).at(-1)?.rows).toEqual(plain);
        expect(
          (await world.as(who, `select set_config('search_path', '${path}', false)`, askedBy(who))).at(-1)?.rows,
        ).toEqual(plain);
      }
    },
  );

  it("are behind a schema that does stand in front of Postgres's own", async () => {
    const path = "set local search_path = evil, pg_catalog, public";
    const [, hijacked] = await world.as(eve, path, "select current_setting('role', true) as role");
    expect(hijacked?.rows).toEqual([{ role: "ada" }]);
  });

  it("tell everybody apart", async () => {
    const answers = await Promise.all(
      everybody.map(async (who) => (await world.as(who, askedBy(who))).at(-1)?.rows[0]),
    );
    expect(answers.map((row) => [row?.user, row?.org, row?.orgAs, row?.any, row?.platform, row?.documents])).toEqual([
      [null, null, null, false, false, undefined],
      ["ada", acme, null, false, false, 1],
      ["boss", acme, acme, true, false, 1],
      ["eve", "org_evil", "org_evil", true, true, 0],
      ["p", null, null, false, false, 0],
    ]);
  });

  it.each(["evil, pg_catalog, public", "public, pg_temp"])(
    "are no calls in the plan of a guarded query (%s)",
    async (path) => {
      const plans = [
        "select * from public.documents",
        "select * from public.tasks",
        "select * from public.notes",
        "update public.documents set title = 'x'",
        "delete from public.documents",
      ];
      for (const text of plans) {
        const results = await world.as(boss, `set local search_path = ${path}`, `explain (verbose, costs off) ${text}`);
        const plan = (results.at(-1)?.rows ?? []).map((row) => String(row["QUERY PLAN"])).join("\n");
        expect(plan).toContain("current_setting");
        expect(plan).not.toMatch(/hedgerow\.(get|has_any|has_org|is|as)_|evil\./);
      }
    },
  );

  it("take no text in a token for two fields", async () => {
    for (const odd of [
      `ada${fieldSeparator}`,
      `eve${fieldSeparator}s${fieldSeparator}${acme}`,
      fieldSeparator,
      `a${listSeparator}b`,
    ]) {
      for (const name of ["userId", "sessionId", "activeOrgId", "activeTeamId"] as const) {
        const who: Who = { ...caller({ userId: "eve", activeOrgId: "org_evil", roles: ["owner"] }), [name]: odd };
        const row = (await world.as(who, asked.replace(/,\s+\(select .*$/, ""))).at(-1)?.rows[0];
        expect([null, "eve"]).toContain(row?.user);
        expect([null, "org_evil"]).toContain(row?.org);
        expect(row).toMatchObject({ session: null, team: null, isOwner: false, platform: false });
        expect(Object.values(row ?? {})).not.toContain(acme);
      }
      const role: Who = {
        userId: "eve",
        activeOrgId: acme,
        roles: [`x${fieldSeparator}admin`, odd],
        claims: { region: odd },
      };
      const row = (await world.as(role, askedBy(role))).at(-1)?.rows[0];
      expect(row).toMatchObject({ any: false, admin: false, platform: false, region: odd });
    }
  });

  it("take no text in a token for two roles", async () => {
    for (const role of [
      `member${listSeparator}owner`,
      `${listSeparator}owner`,
      `owner${listSeparator}`,
      listSeparator,
    ]) {
      const who: Who = { userId: "eve", activeOrgId: acme, roles: [role], userRoles: [role, `x${listSeparator}admin`] };
      expect((await world.call(who, "GET", "/documents")).json.data).toEqual([]);
      expect((await world.call(who, "POST", "/news", { title: "x" })).json.code).toBe("forbidden");
      const row = (await world.as(who, askedBy(who))).at(-1)?.rows[0];
      expect(row).toMatchObject({ any: false, admin: false, platform: false, documents: 0 });
      const told = { userId: "x", activeOrgId: acme, roles: [role, "member"] };
      const [roles] = await world.as(told, `select array_to_string(${requestList("roles")}, '|') as roles`);
      expect(roles?.rows).toEqual([{ roles: "member" }]);
    }
  });
});

it("a caller as Postgres holds one has no role that is two, and loses none that is one", () => {
  const part = fc.string({
    unit: fc.oneof(
      fc.constantFrom(listSeparator, fieldSeparator, "\0", "a", ",", '"'),
      fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
    ),
    maxLength: 6,
  });
  fc.assert(
    fc.property(fc.array(part), fc.array(part), (roles, userRoles) => {
      const held = heldCaller(caller({ userId: "u", activeOrgId: "o", roles, userRoles }));
      for (const [kept, given] of [
        [held.roles, roles],
        [held.userRoles, userRoles],
      ] as const) {
        // What travels as one text arrives as the same list, except that nobody can tell none from one that is empty.
        expect(kept.length === 0 ? [] : kept.join(listSeparator).split(listSeparator)).toEqual(kept);
        expect(kept).toEqual(given.filter((role) => kept.includes(role)));
        const sound = given.filter(
          (role) =>
            role !== "" &&
            !/\p{Surrogate}/u.test(role) &&
            !["\0", listSeparator, fieldSeparator].some((character) => role.includes(character)),
        );
        expect(kept).toEqual(sound);
      }
    }),
  );
});
