import fc from "fast-check";
import { sessionIdentity } from "hedgerow/better-auth";
import { compile } from "hedgerow/postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { doctor } from "../../src/cli/doctor.js";
import { enterClaims, enterSession } from "../../src/database/session.js";
import { requestList } from "../../src/postgres/request.js";
import { type ClaimsWorld, identity, openClaimsWorld, schema, type Who } from "../support/claims-world.js";
import { saying } from "../support/request.js";

const acme = "org_acme";
const ada: Who = { userId: "ada", activeOrgId: acme, roles: ["member"] };
const boss: Who = { userId: "boss", activeOrgId: acme, roles: ["admin"] };
const eve: Who = { userId: "eve", activeOrgId: "org_evil", roles: ["owner"], userRoles: ["admin"] };
const timeouts = { statementMs: 10_000, lockMs: 5_000 };

describe.each(["pglite", "postgres"] as const)("a router whose callers come from tokens, on %s", (kind) => {
  let world: ClaimsWorld;
  beforeAll(async () => {
    world = await openClaimsWorld(kind);
  });
  afterAll(() => world?.close());

  it("serves a caller their own rows, filled from the token", async () => {
    const created = await world.call(ada, "POST", "/documents", { title: "mine", userId: "ada" });
    expect(created).toMatchObject({ status: 201, json: { organizationId: acme, userId: "ada", number: 1 } });
    const { id } = created.json;
    expect((await world.call(ada, "GET", `/documents/${id}`)).status).toBe(200);
    expect((await world.call(boss, "GET", "/documents")).json.data).toHaveLength(1);
    expect((await world.call(eve, "GET", "/documents")).json.data).toEqual([]);
    expect((await world.call(eve, "GET", `/documents/${id}`)).status).toBe(404);
    expect((await world.call(ada, "PATCH", `/documents/${id}`, { title: "changed" })).json.title).toBe("changed");
    expect((await world.call(boss, "PATCH", `/documents/${id}`, { title: "stolen" })).status).toBe(403);
    expect((await world.call(boss, "DELETE", `/documents/${id}`)).status).toBe(204);
  });

  it("refuses in the process whoever cannot pass, without asking the database", async () => {
    const sent: Array<number> = [];
    const counting = world.routerOf(undefined, {
      ...world.api,
      transact: (statements) => {
        sent.push(statements.length);
        return world.api.transact(statements);
      },
    });
    const asks = (who: Who, method = "GET", path = "/documents", body?: unknown) =>
      world.call(who, method, path, body, counting);
    // The first request also verifies the database.
    expect((await asks(ada)).status).toBe(200);
    expect(sent.splice(0).at(-1), "the settings and the statement").toBe(2);
    expect((await asks(null)).json.code).toBe("authentication_required");
    expect((await asks({ userId: "ada" })).json.code).toBe("no_active_organization");
    const member: Who = { userId: "ada", activeOrgId: acme, roles: ["guest"] };
    expect((await asks(member, "POST", "/documents", { title: "x", userId: "ada" })).json.code).toBe("forbidden");
    expect((await asks({ userId: "ada" }, "POST", "/news", { title: "x" })).json.code).toBe("forbidden");
    // An organization without a user is nobody's.
    expect((await asks({ activeOrgId: acme, roles: ["owner"] })).json.code).toBe("authentication_required");
    expect(sent).toEqual([]);
  });

  it("shows what is public to everybody, and nothing else to nobody", async () => {
    expect((await world.call({ userId: "p", userRoles: ["admin"] }, "POST", "/news", { title: "hello" })).status).toBe(
      201,
    );
    expect((await world.call(null, "GET", "/news")).json.data).toHaveLength(1);
    expect((await world.call({ activeOrgId: acme }, "GET", "/news")).json.data).toHaveLength(1);
    expect((await world.call(ada, "GET", "/news")).json.data).toHaveLength(1);
  });

  it("compares custom claims, of the right type only", async () => {
    const chief: Who = { userId: "chief", userRoles: ["admin"], claims: { region: "north", clearance: 9 } };
    const made = await world.call(chief, "POST", "/reports", { level: 3 });
    expect(made).toMatchObject({ status: 201, json: { region: "north", level: 3 } });
    const seen = async (claims: NonNullable<Who>["claims"] & object): Promise<number> =>
      (await world.call({ userId: "u", claims }, "GET", "/reports")).json.data?.length ?? 0;
    expect(await seen({ region: "north", clearance: 3 })).toBe(1);
    expect(await seen({ region: "north", clearance: 2.5 })).toBe(0);
    expect(await seen({ region: "north", clearance: "9" })).toBe(0);
    expect(await seen({ region: "north" })).toBe(0);
    expect(await seen({ region: "south", clearance: 9 })).toBe(0);
  });

  it("knows a scope of type uuid only by a uuid", async () => {
    const org = "0b0f3f3a-0d2f-4c58-9d6a-6f1f2a9f4a11";
    const member: Who = { userId: "ada", activeOrgId: org, roles: ["member"] };
    expect((await world.call(member, "POST", "/tasks", { title: "t" })).json.organizationId).toBe(org);
    expect((await world.call({ ...ada }, "GET", "/tasks")).json.data).toEqual([]);
    expect((await world.call({ ...ada }, "POST", "/tasks", { title: "t" })).status).toBe(403);
  });

  it("gives the next request nothing of the one before, whatever SQL set for the session", async () => {
    const forged = `select ${saying({ userId: "ada", activeOrgId: acme, roles: "owner", userRoles: "admin", claims: '{"region":"north"}', sessionId: "s" }, true)}`;
    await world.as(ada, forged, forged);
    const [mine] = await world.as(
      null,
      "select hedgerow.get_user_id() u, hedgerow.get_active_org_id() o, hedgerow.claims()::text c, hedgerow.has_any_user_role(array['admin']) a, hedgerow.get_session_id() s, current_user::text r",
    );
    expect(mine?.rows).toEqual([{ u: null, o: null, c: "{}", a: false, s: null, r: "anonymous" }]);
    const [other] = await world.as(
      { userId: "x" },
      "select hedgerow.get_active_org_id() o, hedgerow.has_any_role(array['owner']) r, hedgerow.claims()::text c",
    );
    expect(other?.rows).toEqual([{ o: null, r: false, c: "{}" }]);
  });

  it("answers null, false or nothing for settings that are garbage, and never an error", async () => {
    const garbage = [
      "{",
      "null",
      "[1]",
      "{}}",
      '{"a":1e9999}',
      '{"a":"\\u0000"}',
      '{"a":"\\ud800"}',
      "{a,b}",
      '{"a"',
      "\\",
      '{"a":{"b":1}}',
      '{{"a"}}',
      '{"a":1,}',
      '{"a":01}',
      "{NULL}",
    ];
    const ask =
      "select hedgerow.has_any_role(array['a','admin']) r, hedgerow.has_org_role('a') o, hedgerow.has_any_user_role(array['a']) u, hedgerow.claims()::text c, hedgerow.claim_bigint('a') b, hedgerow.claim_double('a') d, hedgerow.claim_boolean('a') f, hedgerow.claim_text('a') t, hedgerow.has_claim('a') h, hedgerow.entered_claim('a') e, (select count(*)::int from documents) n";
    for (const text of garbage) {
      const [, answer] = await world.as(
        { userId: "u", activeOrgId: "o" },
        `select ${saying({ userId: "u", activeOrgId: "o", roles: text, userRoles: text, claims: text })}`,
        ask,
      );
      const nothing = {
        r: false,
        o: false,
        u: false,
        c: "{}",
        b: null,
        d: null,
        f: null,
        t: null,
        h: false,
        e: null,
        n: 0,
      };
      expect({ text, ...answer?.rows[0] }).toEqual({ text, ...nothing });
    }
    for (const number of ["1e400", "1e-400", "9007199254740993", "1.5", "-0"]) {
      const [, answer] = await world.as(
        { userId: "u" },
        `select ${saying({ userId: "u", claims: `{"a":${number}}` })}`,
        "select hedgerow.claim_bigint('a') is null b, hedgerow.claim_double('a') is null d",
      );
      expect([number, answer?.rows[0]]).toEqual([
        number,
        {
          "1e400": { b: true, d: true },
          "1e-400": { b: true, d: true },
          "9007199254740993": { b: true, d: false },
          "1.5": { b: true, d: false },
          "-0": { b: false, d: false },
        }[number],
      ]);
    }
  });

  it("hands every text to Postgres exactly, roles with commas, quotes, braces and backslashes included", async () => {
    const text = fc.oneof(
      fc.string({ minLength: 1, unit: "binary" }),
      fc.stringMatching(/^[,"{}\\ N]{1,6}$/),
      fc.constantFrom(
        "NULL",
        "null",
        "a,b",
        '"',
        "\\",
        "{}",
        "'",
        "--",
        "é",
        "\u{1F600}",
        " ",
        "\n",
        "\\N",
        "admin\u0000",
        "a\x1fadmin",
        "ada\x1e\x1eacme",
        "\ud800",
      ),
    );
    const claim = fc.oneof(text, fc.double(), fc.integer(), fc.boolean(), fc.constant(null));
    await fc.assert(
      fc.asyncProperty(
        text,
        text,
        fc.array(text, { maxLength: 4 }),
        fc.array(text, { maxLength: 4 }),
        fc.dictionary(fc.constantFrom("region", "clearance", "__proto__", "toString"), claim),
        async (userId, activeOrgId, roles, userRoles, claims) => {
          const given = { userId, activeOrgId, roles, userRoles, claims, sessionId: null, activeTeamId: null };
          const holds = (value: string): boolean => !/[\0\p{Surrogate}]/u.test(value);
          const isName = (value: string): boolean => holds(value) && !value.includes("\x1e") && !value.includes("\x1f");
          const [answer] = await world.as(
            given,
            `select hedgerow.get_user_id() u, hedgerow.get_active_org_id() o, hedgerow.claims()::text c,
              ${requestList("roles")} r,
              ${requestList("userRoles")} s,
              hedgerow.claim_text('region') t, hedgerow.claim_double('clearance') d`,
          );
          const row = answer?.rows[0] ?? {};
          const user = isName(userId) ? userId : null;
          const org = user !== null && isName(activeOrgId) ? activeOrgId : null;
          expect(row.u).toBe(user);
          expect(row.o).toBe(org);
          expect(listOf(row.r)).toEqual(org === null ? [] : roles.filter(isName));
          expect(listOf(row.s)).toEqual(user === null ? [] : userRoles.filter(isName));
          const { region, clearance } = claims;
          const told = user !== null && typeof region === "string" && holds(region) ? region : null;
          expect(row.t).toBe(told);
          const number =
            user !== null && typeof clearance === "number" && Number.isFinite(clearance) ? clearance : null;
          expect(row.d === null ? null : Number(row.d) + 0).toBe(number === null ? null : number + 0);
        },
      ),
      { numRuns: 150 },
    );
  });

  it("opens nothing to a session of a database that keeps sessions, and reports it", async () => {
    const before = world.reported.length;
    const hash = "ab".repeat(32);
    const router = world.routerOf({ identify: async () => ({ _tag: "Session", tokenHash: hash, via: "header" }) });
    const answer = await world.call(null, "GET", "/documents", undefined, router);
    expect(answer.status).toBe(500);
    expect(answer.text).not.toMatch(/hedgerow\./);
    expect(world.reported.length).toBeGreaterThan(before);
    const [row] = await world
      .run(world.api, enterSession(hash, timeouts), "select hedgerow.get_user_id() u")
      .then((r) => r.slice(1));
    expect(row?.rows).toEqual([{ u: null }]);
  });

  it("has nothing that doctor would object to", async () => {
    expect(await doctor({ schema, identity, database: world.superuser })).toEqual([]);
  });
});

/** A driver may parse an array or leave it as text. */
const listOf = (value: unknown): unknown => {
  if (typeof value !== "string") return value;
  const parsed: Array<string> = [];
  for (const match of value.matchAll(/"((?:[^"\\]|\\[\s\S])*)"|([^,{}"]+)/g)) {
    parsed.push(match[1] === undefined ? (match[2] ?? "") : match[1].replace(/\\([\s\S])/g, "$1"));
  }
  return parsed;
};

it("a database that finds callers live believes no token", async () => {
  const { freshPglite } = await import("../support/databases.js");
  const { pglite } = await import("hedgerow/pglite");
  const { authTables } = await import("hedgerow/better-auth");
  const { push } = await import("hedgerow/drizzle-kit");
  const { createRouter } = await import("hedgerow/hono");
  const Effect = await import("effect/Effect");
  const client = await freshPglite();
  const database = pglite(client);
  const live = sessionIdentity({});
  const { documents, notes, news } = schema;
  const tables = { documents, notes, news };
  await push({ schema: { ...tables, ...authTables({}) }, identity: live, database });
  await client.exec(
    `insert into documents (id, organization_id, user_id, title) values ('d', '${acme}', 'ada', 't'); insert into notes (id, user_id, title) values ('n', 'ada', 't'); insert into news (id, title) values ('w', 'public')`,
  );
  const router = createRouter<object>({
    schema: tables,
    auth: {
      identify: async () => ({
        _tag: "Claims",
        via: "header",
        caller: {
          sessionId: null,
          activeTeamId: null,
          userRoles: ["admin"],
          claims: {},
          userId: "ada",
          activeOrgId: acme,
          roles: ["owner"],
        },
      }),
    },
    database,
    onError: () => {},
  });
  const get = async (path: string) => (await router.request(`http://localhost${path}`)).json();
  expect((await get("/documents")).data).toEqual([]);
  expect((await get("/notes")).data).toEqual([]);
  expect((await get("/news")).data).toHaveLength(1);
  const made = await router.request("http://localhost/notes", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ title: "x" }),
  });
  expect(made.status).toBe(403);

  // And the change from the one kind to the other leaves no helper of the other behind.
  const claimed = compile(tables, identity);
  for (const statement of [...claimed.bootstrap, ...claimed.security]) await client.exec(statement);
  expect(await doctor({ schema: tables, identity, database })).toEqual(
    expect.not.arrayContaining([expect.objectContaining({ code: "function_differs" })]),
  );
  const left = await client.query(
    "select p.oid::regprocedure::text as f from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'hedgerow' and p.proname in ('caller', 'enter', 'admit')",
  );
  expect(left.rows).toEqual([]);
  await Effect.runPromise(database.transact([enterClaims(null, timeouts)]));
  await client.close();
});
