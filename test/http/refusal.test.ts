/** What is wrong with a request, and so the names of columns, is told only to whom the operation is open. */
import { integer, text } from "drizzle-orm/pg-core";
import * as Effect from "effect/Effect";
import { defineHedgerow, id, organization } from "hedgerow";
import { sessionAuthenticator } from "hedgerow/better-auth";
import { createRouter, type DatabaseShape } from "hedgerow/hono";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { anonymousCaller, type Caller } from "../../src/condition/caller.js";
import { ConnectionError } from "../../src/database/database.js";
import { baseURL, type Kind, openWorld, type Person, type World } from "../support/world.js";

const { table } = defineHedgerow({});
const admins = { roles: ["admin+"] } as const;
const plans = table("plans", {
  id: id("plan"),
  organizationId: organization(),
  secretColumn: text("secret_column").notNull(),
  amount: integer("amount"),
})
  .firewall("organization")
  .access({ read: admins, create: admins, update: admins, delete: admins });
const schema = { plans };

const tooLarge = `{"secretColumn":"${"x".repeat(2_000)}"}`;

/** Everything that can be wrong with a request before the database is asked: the request, and what is wrong. */
const faulty: ReadonlyArray<readonly [string, string, string | undefined, Record<string, string>, number]> = [
  ["GET", "/plans?nothing=1", undefined, {}, 400],
  ["GET", "/plans?limit=0", undefined, {}, 400],
  ["GET", "/plans?sort=secretColum", undefined, {}, 400],
  ["GET", "/plans?amount=many", undefined, {}, 400],
  ["GET", "/plans?secretColumn=%ED%A0%80", undefined, {}, 400],
  ["GET", "/plans/%ED%A0%80", undefined, {}, 404],
  ["GET", "/plans/a%00b", undefined, {}, 404],
  ["POST", "/plans", '{"secretColum":1}', {}, 400],
  ["POST", "/plans", '{"secretColumn":"a","amount":"b"}', {}, 400],
  ["POST", "/plans", "{", {}, 400],
  ["POST", "/plans", "[]", {}, 400],
  ["POST", "/plans", "[".repeat(1_000), {}, 400],
  ["POST", "/plans", '{"secretColumn":"\\ud800"}', {}, 400],
  ["POST", "/plans", tooLarge, {}, 413],
  ["POST", "/plans", "a=1", { "content-type": "application/x-www-form-urlencoded" }, 415],
  ["PATCH", "/plans/plan_1", '{"secretColum":1}', {}, 400],
  ["PATCH", "/plans/plan_1", "{}", {}, 400],
  ["PATCH", "/plans/plan_1", "{", {}, 400],
  ["PATCH", "/plans/plan_1", tooLarge, {}, 413],
  ["PATCH", "/plans/plan_1", "a=1", { "content-type": "text/plain" }, 415],
  ["PATCH", "/plans/%FF", '{"secretColum":1}', {}, 404],
  ["DELETE", "/plans/%FF", undefined, {}, 404],
];

/** The same operation, with nothing wrong. */
const well = (method: string, path: string): readonly [string, string | undefined] => [
  path.split("?")[0]?.replace(/%.*|a%.*/, "plan_1") ?? "",
  method === "POST" || method === "PATCH" ? '{"secretColumn":"a"}' : undefined,
];

type Ask = (method: string, path: string, body?: string, headers?: Record<string, string>) => Promise<Response>;

const routerOver = (options: Pick<Parameters<typeof createRouter<typeof schema>>[0], "auth" | "database">) =>
  createRouter({
    ...options,
    schema,
    maxBodyBytes: 1_000,
    dangerouslyServeWithoutRowLevelSecurity: true,
    onError: () => {},
  });

const asking =
  (router: ReturnType<typeof routerOver>, cookie?: string): Ask =>
  async (method, path, body, headers = {}) =>
    router.request(`${baseURL}${path}`, {
      method,
      headers: {
        origin: baseURL,
        ...(cookie !== undefined && { cookie }),
        ...(body !== undefined && { "content-type": "application/json" }),
        ...headers,
      },
      ...(body !== undefined && { body }),
    });

const isRefusedAlike = async (ask: Ask, status: number, code: string): Promise<void> => {
  for (const [method, path, body, headers] of faulty) {
    const answer = await ask(method, path, body, headers);
    const said = await answer.text();
    expect([method, path, body, answer.status]).toEqual([method, path, body, status]);
    expect(JSON.parse(said).code).toBe(code);
    const [wellPath, wellBody] = well(method, path);
    const other = await ask(method, wellPath, wellBody);
    expect([said, other.status]).toEqual([await other.text(), status]);
  }
};

describe.each<Kind>(["postgres", "pglite"])("a caller who is found live on %s", (kind) => {
  let world: World;
  let owner: Person;
  let member: Person;
  let nowhere: Person;
  const trips: Array<number> = [];
  let router: ReturnType<typeof routerOver>;

  beforeAll(async () => {
    world = await openWorld(kind, schema);
    owner = await world.signUp("ada");
    member = await world.signUp("ben");
    nowhere = await world.signUp("cleo");
    await world.join(member, await world.createOrganization(owner, "acme"), "member");
    const database: DatabaseShape = {
      ...world.api,
      transact: (statements, ...rest) =>
        Effect.suspend(() => {
          trips.push(statements.length);
          return world.api.transact(statements, ...rest);
        }),
    };
    router = routerOver({ auth: sessionAuthenticator(world.auth), database });
  });
  afterAll(() => world.close());
  beforeEach(() => {
    trips.length = 0;
  });

  it("and may not use an operation learns nothing else, whatever is wrong with the request", async () => {
    await isRefusedAlike(asking(router, member.cookie), 403, "forbidden");
  });

  it("and has no organization is told so first", async () => {
    await isRefusedAlike(asking(router, nowhere.cookie), 403, "no_active_organization");
  });

  it("whose session has ended is told so first", async () => {
    const gone = await world.signIn("ben@example.com");
    await world.truth(
      "delete from session where token in (select token from session order by created_at desc limit 1)",
    );
    await isRefusedAlike(asking(router, gone.cookie), 401, "authentication_required");
  });

  it("and may use it learns what is wrong, for one round trip of two statements", async () => {
    for (const [method, path, body, headers, status] of faulty) {
      trips.length = 0;
      const answer = await asking(router, owner.cookie)(method, path, body, headers);
      expect([method, path, body, answer.status, trips]).toEqual([method, path, body, status, [2]]);
    }
  });

  it("and sends what is well pays nothing for that", async () => {
    const ask = asking(router, owner.cookie);
    const made = await (await ask("POST", "/plans", '{"secretColumn":"a"}')).json();
    await ask("GET", "/plans");
    await ask("GET", `/plans/${made.id}`);
    await ask("PATCH", `/plans/${made.id}`, '{"amount":1}');
    expect((await ask("DELETE", `/plans/${made.id}`)).status).toBe(204);
    expect(trips).toEqual([3, 3, 3, 4, 4]);
  });
});

describe("a caller who is known", () => {
  const asked: Array<number> = [];
  const database: DatabaseShape = {
    driver: "none",
    rolesAreBoundary: true,
    transact: (statements) => {
      asked.push(statements.length);
      return Effect.fail(new ConnectionError({ message: "asked" }));
    },
    interactive: { supported: false, reason: "it is no database" },
  };
  const askingAs = (caller: Caller): Ask =>
    asking(
      routerOver({ database, auth: { identify: () => Promise.resolve({ _tag: "Claims", caller, via: "header" }) } }),
    );
  const someone = (roles: ReadonlyArray<string>, activeOrgId: string | null = "org_1"): Caller => ({
    ...anonymousCaller,
    userId: "user_1",
    activeOrgId,
    roles,
  });
  beforeEach(() => {
    asked.length = 0;
  });

  it("is refused before the request is read, and without the database", async () => {
    await isRefusedAlike(askingAs(someone(["member"])), 403, "forbidden");
    await isRefusedAlike(askingAs(someone(["admin"], null)), 403, "no_active_organization");
    const nobody = asking(routerOver({ database, auth: { identify: () => Promise.resolve({ _tag: "Anonymous" }) } }));
    await isRefusedAlike(nobody, 401, "authentication_required");
    expect(asked).toEqual([]);
  });

  it("and may use the operation learns what is wrong, without the database", async () => {
    for (const [method, path, body, headers, status] of faulty) {
      const answer = await askingAs(someone(["admin"]))(method, path, body, headers);
      expect([method, path, body, answer.status]).toEqual([method, path, body, status]);
    }
    expect(asked).toEqual([]);
  });
});

it("tells nobody what is wrong while the database cannot say whether they may know", async () => {
  const down: DatabaseShape = {
    driver: "none",
    rolesAreBoundary: true,
    transact: () => Effect.fail(new ConnectionError({ message: "down" })),
    interactive: { supported: false, reason: "it is no database" },
  };
  const ask = asking(
    routerOver({
      database: down,
      auth: { identify: () => Promise.resolve({ _tag: "Session", tokenHash: "00", via: "header" }) },
    }),
  );
  for (const [method, path, body, headers] of faulty) {
    const answer = await ask(method, path, body, headers);
    expect([method, path, answer.status]).toEqual([method, path, 503]);
    const said = await answer.text();
    expect(said).not.toContain("secretColumn");
    // Nothing was sent that could have changed anything.
    expect(said).not.toContain("It is not known");
  }
});
