/** What a client causes is in no log, and what a log gets to see holds nothing that was bound. */
import { inspect } from "node:util";
import { sql } from "drizzle-orm";
import { integer, text, unique } from "drizzle-orm/pg-core";
import { id, organization, owner, table } from "hedgerow";
import { sessionAuthenticator } from "hedgerow/better-auth";
import { withCaller } from "hedgerow/hono";
import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { baseURL, type Kind, openWorld, type Person, type World } from "../support/world.js";

const members = { roles: ["member+"] } as const;
const people = table(
  "people",
  {
    id: id(),
    organizationId: organization(),
    userId: owner(),
    email: text("email").notNull(),
    age: integer("age"),
  },
  (t) => [unique().on(t.organizationId, t.email)],
)
  .firewall("organization")
  .access({ read: members, create: { ...members, record: { userId: { equals: "ctx.userId" } } } });
const schema = { people };

const private_ = "ada-lovelace@example.com";

describe.each<Kind>(["postgres", "pglite"])("behind withCaller on %s", (kind) => {
  let world: World;
  let ada: Person;
  const reported: Array<unknown> = [];
  const logged = vi.spyOn(console, "error").mockImplementation(() => {});

  beforeAll(async () => {
    world = await openWorld(kind, schema);
    ada = await world.signUp("ada");
    await world.createOrganization(ada, "acme");
    expect((await world.call(ada, "POST", "/people", { email: private_ })).status).toBe(201);
    logged.mockClear();
  });
  afterEach(() => {
    reported.length = 0;
    logged.mockClear();
  });
  afterAll(() => world.close());

  const appWith = (more: { readonly onError?: (error: unknown) => void } = {}) => {
    const acting = withCaller({ schema, auth: sessionAuthenticator(world.auth), database: world.api, ...more });
    return new Hono()
      .get("/taken", acting, async (c) => {
        await c.var.hedgerow.db.insert(people).values({ email: private_ });
        return c.text("made");
      })
      .get("/taken/tx", acting, (c) =>
        c.var.hedgerow.transaction(async (tx) => {
          await tx.insert(people).values({ email: private_ });
          return c.text("made");
        }),
      )
      .get("/forbidden", acting, async (c) => {
        await c.var.hedgerow.db.execute(sql`select token from session where token = ${private_}`);
        return c.text("read");
      })
      .get("/value", acting, async (c) => {
        await c.var.hedgerow.db.execute(sql`select ${private_}::text::integer`);
        return c.text("read");
      })
      .get("/wrong", acting, async (c) => {
        await c.var.hedgerow.db.execute(sql`select nothing from people where email = ${private_}`);
        return c.text("read");
      })
      .get("/own", acting, () => {
        throw new RangeError("mine");
      });
  };
  const ask = async (app: Hono, path: string) => {
    const answer = await app.request(`${baseURL}${path}`, { headers: { cookie: ada.cookie, origin: baseURL } });
    return [answer.status, (await answer.json().catch(() => ({}))).code];
  };
  const expected: ReadonlyArray<readonly [string, number, string]> = [
    ["/taken", 409, "conflict"],
    ["/taken/tx", 409, "conflict"],
    ["/forbidden", 403, "forbidden"],
    ["/value", 400, "validation_failed"],
  ];

  it.each(expected)(
    "what a client caused is written into no log, by Hono's own onError neither: %s",
    async (path, ...answer) => {
      expect(await ask(appWith(), path)).toEqual(answer);
      expect(await ask(appWith({ onError: (error) => void reported.push(error) }), path)).toEqual(answer);
      expect([...logged.mock.calls, ...reported]).toEqual([]);
    },
  );

  it("what is the application's fault is logged once, without what was bound", async () => {
    expect(await ask(appWith(), "/wrong")).toEqual([500, "internal"]);
    expect(logged).toHaveBeenCalledTimes(1);
    expect(await ask(appWith({ onError: (error) => void reported.push(error) }), "/wrong")).toEqual([500, "internal"]);
    expect(logged).toHaveBeenCalledTimes(1);
    expect(reported).toHaveLength(1);
    const written = inspect([logged.mock.calls, reported], { depth: null });
    expect(written).toContain("nothing");
    expect(written).not.toContain(private_);
  });

  it("an application's own onError gets an error that has its answer, without what was bound", async () => {
    const seen: Array<Error> = [];
    const app: Hono = appWith();
    app.onError((error, c) => {
      seen.push(error);
      return "getResponse" in error ? error.getResponse() : c.text("sorry", 500);
    });
    for (const [path, ...answer] of expected.slice(0, 3)) expect(await ask(app, path)).toEqual(answer);
    expect(seen).toHaveLength(3);
    for (const error of seen) {
      expect("getResponse" in error).toBe(true);
      expect(inspect(error, { depth: null }) + error.message + error.stack).not.toContain(private_);
    }
    expect(await ask(app, "/own")).toEqual([500, undefined]);
    expect(seen.at(-1)).toBeInstanceOf(RangeError);
    expect(logged).not.toHaveBeenCalled();
  });

  it("a handler that writes down what it caught writes down nothing that was bound", async () => {
    const acting = withCaller({ schema, auth: sessionAuthenticator(world.auth), database: world.api });
    const caught: Array<unknown> = [];
    const app = new Hono().get("/caught", acting, async (c) => {
      const insert = c.var.hedgerow.db
        .insert(people)
        .values({ email: sql.placeholder("email") })
        .prepare("again");
      for (const _ of [1, 2]) await insert.execute({ email: private_ }).catch((error: unknown) => caught.push(error));
      throw new HTTPException(418);
    });
    expect((await ask(app, "/caught"))[0]).toBe(418);
    expect(caught).toMatchObject([{ cause: { sqlState: "23505" } }, { cause: { sqlState: "23505" } }]);
    expect(inspect(caught, { depth: null })).not.toContain(private_);
  });
});
