/** No cache gives an answer to anybody but the caller who got it. */
import { text } from "drizzle-orm/pg-core";
import { id, table } from "hedgerow";
import { sessionAuthenticator } from "hedgerow/better-auth";
import { type Authenticator, type CorsOptions, createRouter, withCaller } from "hedgerow/hono";
import { jwt, selfSigned } from "hedgerow/jwt";
import { Hono } from "hono";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { baseURL, openWorld, type Person, type World } from "../support/world.js";

const notes = table("notes", { id: id("note"), title: text("title").notNull() })
  .firewall({ exception: "a test" })
  .access({
    read: { roles: ["AUTHENTICATED"] },
    create: { roles: ["PUBLIC"] },
    update: { roles: ["AUTHENTICATED"] },
    delete: { roles: ["AUTHENTICATED"] },
  });
const letters = table("letters", { id: id("let"), title: text("title").notNull() })
  .firewall({ exception: "a test" })
  .access({ create: { roles: ["PUBLIC"] } });
const schema = { notes, letters };

const unkept = "private, no-store";
const ofSessions = "Cookie, Authorization";

describe("an answer", () => {
  let world: World;
  let ada: Person;
  beforeAll(async () => {
    world = await openWorld("pglite", schema);
    ada = await world.signUp("ada");
  });
  afterAll(() => world.close());

  const saying = ({ headers }: { readonly headers: Headers }) => [headers.get("cache-control"), headers.get("vary")];
  const as = (who: Person | null): RequestInit => ({
    headers: { ...(who && { cookie: who.cookie }), origin: baseURL, "content-type": "application/json" },
  });

  it("of the router is kept by nobody and says what it depends on, whatever it is", async () => {
    const made = await world.call(ada, "POST", "/notes", { title: "a" });
    const path = `/notes/${made.json.id}`;
    const answers = [
      made,
      await world.call(ada, "GET", "/notes"),
      await world.call(ada, "HEAD", "/notes"),
      await world.call(ada, "GET", path),
      await world.call(ada, "PATCH", path, { title: "b" }),
      await world.call(ada, "DELETE", path),
      await world.call(null, "POST", "/notes", { title: "a" }),
      await world.call(null, "POST", "/letters", { title: "a" }),
      await world.call(null, "GET", "/notes"),
      await world.call(ada, "GET", "/notes?nothing=1"),
      await world.call(ada, "GET", "/notes/none"),
      await world.call(ada, "POST", "/notes", "{"),
      await world.call(ada, "PUT", "/notes"),
      await world.call(ada, "GET", "/nothing"),
      await world.call(ada, "POST", "/notes", {}, { origin: "https://evil.example.com" }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([
      201, 200, 200, 200, 200, 204, 201, 201, 401, 400, 404, 400, 405, 404, 403,
    ]);
    for (const answer of answers) expect(saying(answer)).toEqual([unkept, ofSessions]);
  });

  const routerOf = (auth: Authenticator, cors?: CorsOptions) =>
    createRouter<object>({ schema, auth, database: world.api, onError: () => {}, ...(cors && { cors }) });
  const identify = () => Promise.resolve({ _tag: "Anonymous" } as const);

  it("says which headers its authenticator reads, and that it fits no other request where nobody says", async () => {
    const issuer = selfSigned({ issuer: "acme", audience: "api", secret: "a-secret-of-this-test-0123456789" });
    const varies = async (auth: Authenticator) => (await routerOf(auth).request("/notes")).headers.get("vary");
    expect(await varies(jwt(issuer))).toBe("Authorization");
    expect(await varies(jwt({ ...issuer, cookie: "token" }))).toBe("Authorization, Cookie");
    expect(await varies({ identify, credentialHeaders: ["X-Caller"] })).toBe("X-Caller");
    expect(await varies({ identify })).toBe("*");
    expect(await varies({ identify, credentialHeaders: [] })).toBe("*");
    expect(() => routerOf({ identify, credentialHeaders: ["a\nb"] })).toThrow(TypeError);
    expect(await varies({ identify: () => Promise.reject(new Error("down")), credentialHeaders: ["X-Caller"] })).toBe(
      "X-Caller",
    );
  });

  it("depends on the header of API keys where those are asked for", () => {
    const auth = { api: { ...world.auth.api, verifyApiKey: () => {} } };
    expect(sessionAuthenticator(world.auth).credentialHeaders).toEqual(["Cookie", "Authorization"]);
    expect(sessionAuthenticator(auth, { apiKeys: {} }).credentialHeaders).toContain("x-api-key");
    expect(sessionAuthenticator(auth, { apiKeys: { header: "x-key" } }).credentialHeaders).toContain("x-key");
  });

  it("adds to what CORS and the application around it say, and is not overruled by what they said before", async () => {
    const api = routerOf(sessionAuthenticator(world.auth), { origin: ["https://a.example.com"] });
    expect(saying(await api.request("/notes"))).toEqual([unkept, `${ofSessions}, Origin`]);
    const app = new Hono()
      .use(async (c, next) => {
        c.res.headers.set("vary", "Accept-Encoding, cookie");
        c.res.headers.set("cache-control", "public, max-age=600");
        await next();
      })
      .route("/api", api)
      .get("/page", (c) => c.text("for everybody"));
    expect(saying(await app.request("/api/notes", as(ada)))).toEqual([
      unkept,
      "Accept-Encoding, cookie, Authorization, Origin",
    ]);
    expect(saying(await app.request("/page"))).toEqual(["public, max-age=600", "Accept-Encoding, cookie"]);
    const star = new Hono().use(async (c, next) => {
      c.res.headers.set("vary", "*");
      await next();
    });
    expect(saying(await star.route("/api", routerOf(sessionAuthenticator(world.auth))).request("/api/notes"))).toEqual([
      unkept,
      "*",
    ]);
  });

  it("leaves other routes of an application alone, where the router stands at its root", async () => {
    const app = new Hono().route("/", routerOf(sessionAuthenticator(world.auth))).get("/page", (c) => c.text("x"));
    expect(saying(await app.request("/page"))).toEqual([null, null]);
  });

  it("of a route of the application's own is marked as well, unless its handler says how it may be kept", async () => {
    const acting = withCaller({
      schema,
      auth: sessionAuthenticator(world.auth),
      database: world.api,
      onError: () => {},
    });
    const open = withCaller({ auth: sessionAuthenticator(world.auth), database: world.api, signIn: "optional" });
    const foreign = async (): Promise<Response> => fetch("data:text/plain,hello");
    await expect(foreign().then(({ headers }) => headers.set("vary", "x"))).rejects.toThrow(TypeError);
    const app = new Hono()
      .get("/titles", acting, async (c) => c.json(await c.var.hedgerow.db.select().from(notes)))
      .get("/empty", acting, (c) => c.body(null, 204))
      .get("/kept", acting, (c) => {
        c.header("cache-control", "private, max-age=60");
        c.header("vary", "Accept");
        return c.text("kept");
      })
      .get("/foreign", open, foreign)
      .get("/fails", acting, () => {
        throw new Error("of the application");
      })
      .get("/denied", acting, (c) => {
        c.header("cache-control", "public, max-age=60");
        c.res.headers.set("cache-control", "public, max-age=60");
        return c.var.hedgerow.db.execute("select * from pg_authid_that_is_not_there").then(() => c.text(""));
      });
    app.onError((_, c) => c.text("sorry", 500));
    const expected = {
      "/titles": [200, unkept, ofSessions],
      "/empty": [204, unkept, ofSessions],
      "/kept": [200, "private, max-age=60", `Accept, ${ofSessions}`],
      "/foreign": [200, unkept, ofSessions],
      "/fails": [500, unkept, ofSessions],
      "/denied": [500, unkept, ofSessions],
    };
    for (const [path, answer] of Object.entries(expected)) {
      const response = await app.request(`${baseURL}${path}`, as(ada));
      expect([path, response.status, ...saying(response)]).toEqual([path, ...answer]);
    }
    expect(await (await app.request(`${baseURL}/foreign`)).text()).toBe("hello");
    for (const path of ["/titles", "/kept"]) {
      const refused = await app.request(`${baseURL}${path}`);
      expect([refused.status, ...saying(refused)]).toEqual([401, unkept, ofSessions]);
    }
  });
});
