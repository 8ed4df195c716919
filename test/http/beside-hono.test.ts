/** The router and `withCaller` are Hono: what stands before, around and beside them works as with any other application. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { integer, text } from "drizzle-orm/pg-core";
import { id, organization, table } from "hedgerow";
import { sessionAuthenticator } from "hedgerow/better-auth";
import { createRouter, withCaller } from "hedgerow/hono";
import { Hono, type MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { compress } from "hono/compress";
import { cors } from "hono/cors";
import { etag } from "hono/etag";
import { logger } from "hono/logger";
import { secureHeaders } from "hono/secure-headers";
import { timing } from "hono/timing";
import { validator } from "hono/validator";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { baseURL, openWorld, type Person, type World } from "../support/world.js";

const members = { roles: ["member+"] } as const;
const notes = table("notes", {
  id: id("note"),
  organizationId: organization(),
  title: text("title").notNull(),
  phone: text("phone"),
  amount: integer("amount"),
})
  .firewall("organization")
  .access({ read: members, create: members, update: members, delete: members });
const schema = { notes };

let world: World;
let ada: Person;
const reported: Array<unknown> = [];
const routerOf = (maxBodyBytes?: number) =>
  createRouter({
    schema,
    auth: sessionAuthenticator(world.auth),
    database: world.api,
    onError: (error) => void reported.push(error),
    ...(maxBodyBytes !== undefined && { maxBodyBytes }),
  });
const acting = () =>
  withCaller({
    schema,
    auth: sessionAuthenticator(world.auth),
    database: world.api,
    onError: (error) => void reported.push(error),
  });

beforeAll(async () => {
  world = await openWorld("pglite", schema);
  ada = await world.signUp("ada");
  await world.createOrganization(ada, "acme");
});
afterAll(() => world.close());

/** An application with the router at `/api` and a route of its own at `/own`, behind a middleware. */
const behind = (...middleware: ReadonlyArray<MiddlewareHandler>): Hono => {
  const app = new Hono();
  for (const each of middleware) app.use(each);
  const act = acting();
  return app
    .route("/api", routerOf())
    .get("/own", act, async (c) => c.json(await c.var.hedgerow.db.select().from(notes)))
    .post("/own", act, async (c) => {
      const { title } = await c.req.json();
      const [made] = await c.var.hedgerow.db.insert(notes).values({ title }).returning();
      return c.json(made, 201);
    });
};

const sent = (method: string, body?: string, headers: Record<string, string> = {}): RequestInit => ({
  method,
  headers: { cookie: ada.cookie, origin: baseURL, "content-type": "application/json", ...headers },
  ...(body !== undefined && { body }),
});
type App = { readonly request: (url: string, init: RequestInit) => Response | Promise<Response> };
const ask = async (app: App, method: string, path: string, body?: string, headers?: Record<string, string>) =>
  app.request(`${baseURL}${path}`, sent(method, body, headers));

/** What digits and names are sent arrives: nobody has written the body anew. */
const exact = '{"title":"\\u0041 12345678901234567890 \u2713","amount":7}';
const isMade = async (response: Response): Promise<void> => {
  expect([response.status, await response.clone().json()]).toMatchObject([
    201,
    { title: "A 12345678901234567890 \u2713" },
  ]);
};

describe("a body that a middleware has read", () => {
  const readers: Readonly<Record<string, MiddlewareHandler>> = {
    json: async (c, next) => {
      expect(await c.req.json()).toHaveProperty("title");
      await next();
    },
    text: async (c, next) => {
      await c.req.text();
      await next();
    },
    arrayBuffer: async (c, next) => {
      await c.req.arrayBuffer();
      await next();
    },
    blob: async (c, next) => {
      await c.req.blob();
      await next();
    },
    "json, without waiting for it": async (c, next) => {
      c.req.json().catch(() => {});
      await next();
    },
    "a clone": async (c, next) => {
      await c.req.raw.clone().json();
      await next();
    },
    validator: validator("json", (value) => value),
    bodyLimit: bodyLimit({ maxSize: 1_000 }),
    "another request": async (c, next) => {
      c.req.raw = new Request(c.req.raw, { body: await c.req.raw.text() });
      await next();
    },
  };

  it.each(Object.keys(readers))("is the one that was sent: %s", async (name) => {
    const app = behind(...[readers[name]].flatMap((each) => each ?? []));
    await isMade(await ask(app, "POST", "/api/notes", exact));
    await isMade(await ask(app, "POST", "/own", exact));
    const broken = await ask(app, "POST", "/api/notes", '{"title":"a","titel":1}');
    expect([broken.status, (await broken.json()).errors]).toMatchObject([400, [{ field: "titel" }]]);
  });

  it.each(["text", "json, without waiting for it"])("is as large as it may be, and no larger: %s", async (name) => {
    const app = new Hono().use(...[readers[name]].flatMap((each) => each ?? [])).route("/api", routerOf(100));
    const answer = async (title: string) => (await ask(app, "POST", "/api/notes", JSON.stringify({ title }))).status;
    expect([await answer("x".repeat(80)), await answer("é".repeat(60))]).toEqual([201, 413]);
  });

  it("and that was no JSON is a 400, as it was no UTF-8", async () => {
    const app = behind(async (c, next) => {
      await c.req.arrayBuffer();
      await next();
    });
    for (const body of ["{", ""]) {
      expect((await (await ask(app, "POST", "/api/notes", body)).json()).code).toBe("invalid_json");
    }
    const bytes = await app.request(`${baseURL}/api/notes`, {
      ...sent("POST"),
      body: new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
    });
    expect([bytes.status, (await bytes.json()).code]).toEqual([400, "invalid_json"]);
  });

  it("in a way that leaves nothing to others is our fault and no client's, and the log says whose", async () => {
    reported.length = 0;
    const app = behind(async (c, next) => {
      await c.req.raw.text();
      await next();
    });
    const answer = await ask(app, "POST", "/api/notes", exact);
    expect([answer.status, (await answer.json()).code]).toEqual([500, "internal"]);
    expect(String(reported)).toMatch(/unusable|already/);
  });

  it("is the one that was sent where Node's own server has received it", async () => {
    const app = behind(async (c, next) => {
      if (c.req.method === "POST") await c.req.json();
      await next();
    });
    const server = createServer(getRequestListener(app.fetch));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const at = `http://127.0.0.1:${port}`;
    const init = sent("POST", exact, { origin: at, "sec-fetch-site": "same-origin" });
    await isMade(await fetch(`${at}/api/notes`, init));
    await isMade(await fetch(`${at}/own`, init));
    await new Promise((resolve) => server.close(resolve));
  });
});

describe("a middleware around it", () => {
  it("of Hono's own does its work: compress, etag, logger, timing, secureHeaders, cors", async () => {
    const lines: Array<string> = [];
    const app = behind(
      compress({ threshold: 1 }),
      etag(),
      logger((line) => void lines.push(line)),
      timing(),
      secureHeaders(),
      cors({ origin: "https://other.example.com", credentials: true }),
    );
    await ask(app, "POST", "/api/notes", exact);
    for (const path of ["/api/notes", "/own"]) {
      const foreign = { origin: "https://other.example.com" };
      const whole = await ask(app, "GET", path, undefined, foreign);
      expect(whole.status).toBe(200);
      expect(Object.fromEntries(whole.headers)).toMatchObject({
        etag: expect.stringMatching(/^"/),
        "server-timing": expect.stringContaining("total"),
        "x-content-type-options": "nosniff",
        "access-control-allow-origin": "https://other.example.com",
        "cache-control": "private, no-store",
      });
      const vary = whole.headers.get("vary")?.split(", ").sort();
      expect(vary).toEqual(["Accept-Encoding", "Authorization", "Cookie", "Origin"]);
      const tag = whole.headers.get("etag") ?? "";
      const same = await ask(app, "GET", path, undefined, { "if-none-match": tag });
      expect([same.status, await same.text()]).toEqual([304, ""]);
      const small = await ask(app, "GET", path, undefined, { "accept-encoding": "gzip" });
      expect(small.headers.get("content-encoding")).toBe("gzip");
      const stream = small.body?.pipeThrough(new DecompressionStream("gzip"));
      expect(await new Response(stream).text()).toBe(await whole.text());
    }
    const refused = await ask(app, "GET", "/api/notes?nothing=1", undefined, { "accept-encoding": "identity" });
    expect([refused.status, refused.headers.get("content-type")]).toEqual([400, "application/problem+json"]);
    expect(lines.join("\n")).toMatch(/--> GET \/api\/notes\?nothing=1 .*400/);
  });

  it("may answer in its place, and may be asked by HEAD", async () => {
    const app = behind(async (c, next) => (c.req.header("x-closed") ? c.text("closed", 503) : next()));
    expect((await ask(app, "GET", "/api/notes", undefined, { "x-closed": "1" })).status).toBe(503);
    for (const path of ["/api/notes", "/own"]) {
      const head = await ask(app, "HEAD", path);
      expect([head.status, await head.text()]).toEqual([200, ""]);
      expect(head.headers.get("content-type")).toContain("application/json");
    }
  });

  it("that hands on another request is believed: its method, its address, its headers, its body", async () => {
    const inner = new Hono().route("/api", routerOf());
    const proxy = new Hono().all("/proxied/*", (c) => {
      const url = c.req.url.replace("/proxied", "");
      return inner.fetch(new Request(url, c.req.raw));
    });
    await isMade(await ask(proxy, "POST", "/proxied/api/notes", exact));
    const list = await ask(proxy, "GET", "/proxied/api/notes?limit=1");
    expect((await list.json()).pagination.limit).toBe(1);
    const cut = new AbortController();
    cut.abort();
    const gone = await proxy.request(`${baseURL}/proxied/api/notes`, { ...sent("GET"), signal: cut.signal });
    expect(gone.status).toBe(408);
  });

  it("too large for bodyLimit is what bodyLimit says", async () => {
    const app = behind(bodyLimit({ maxSize: 10 }));
    for (const path of ["/api/notes", "/own"]) expect((await ask(app, "POST", path, exact)).status).toBe(413);
  });
});

describe("below an application", () => {
  const places: Readonly<Record<string, () => readonly [App, string]>> = {
    route: () => [new Hono().route("/api/v1", routerOf()), "/api/v1"],
    basePath: () => [new Hono().basePath("/api").route("/v1", routerOf()), "/api/v1"],
    mount: () => [new Hono().mount("/api/v1", routerOf().fetch), "/api/v1"],
    "route in a route": () => [new Hono().route("/api", new Hono().route("/v1", routerOf())), "/api/v1"],
    "its own basePath": () => [routerOf(), ""],
  };

  it.each(Object.keys(places))(
    "by %s it serves every operation, and says of what is not there what it says elsewhere",
    async (name) => {
      const [app, base] = places[name]?.() ?? [routerOf(), ""];
      const made = await ask(app, "POST", `${base}/notes`, exact);
      await isMade(made);
      const path = `${base}/notes/${(await made.json()).id}`;
      expect((await (await ask(app, "GET", path)).json()).amount).toBe(7);
      expect((await ask(app, "PATCH", path, '{"amount":8}')).status).toBe(200);
      expect((await ask(app, "DELETE", path)).status).toBe(204);
      for (const [method, unknown, status, code] of [
        ["GET", `${base}/unknown`, 404, "route_not_found"],
        ["GET", `${base}/notes/a/b`, 404, "route_not_found"],
        ["POST", `${base}/unknown`, 404, "route_not_found"],
        ["PUT", `${base}/notes`, 405, "method_not_allowed"],
      ] as const) {
        const answer = await ask(app, method, unknown);
        expect([method, unknown, answer.status, (await answer.json()).code]).toEqual([method, unknown, status, code]);
        expect(answer.headers.get("content-type")).toBe("application/problem+json");
        expect(answer.headers.get("cache-control")).toBe("private, no-store");
      }
    },
  );

  it("leaves the application's own routes, errors and unknown paths to the application", async () => {
    const app = new Hono()
      .get("/api/before", (c) => c.text("before"))
      .route("/api", routerOf())
      .get("/api/after", (c) => c.text("after"))
      .get("/fails", () => {
        throw new RangeError("mine");
      });
    app.notFound((c) => c.text("nothing", 404));
    app.onError((error, c) => c.text(error.message, 500));
    const said = async (path: string) => (await ask(app, "GET", path)).text();
    expect([await said("/api/before"), await said("/api/after"), await said("/fails"), await said("/unknown")]).toEqual(
      ["before", "after", "mine", "nothing"],
    );
    expect((await (await ask(app, "GET", "/api/unknown")).json()).code).toBe("route_not_found");
    const root = new Hono().route("/", routerOf()).get("/page", (c) => c.text("page"));
    root.notFound((c) => c.text("nothing", 404));
    expect(await (await ask(root, "GET", "/page")).text()).toBe("page");
    expect(await (await ask(root, "GET", "/unknown")).text()).toBe("nothing");
  });

  it("has routes that were added to it", async () => {
    const api = routerOf();
    api.get("/added", (c) => c.text("added"));
    expect(await (await ask(new Hono().route("/api", api), "GET", "/api/added")).text()).toBe("added");
  });
});

describe("a filter", () => {
  it("by null says that it would be the text, where a column can be empty", async () => {
    const app = behind();
    await ask(app, "POST", "/api/notes", '{"title":"null"}');
    for (const name of ["phone", "amount"]) {
      const answer = await ask(app, "GET", `/api/notes?${name}=null`);
      expect([answer.status, (await answer.json()).errors]).toMatchObject([
        400,
        [{ field: name, message: "is the text null here; no filter finds what is empty" }],
      ]);
    }
    const title = await ask(app, "GET", "/api/notes?title=null");
    expect((await title.json()).data).toMatchObject([{ title: "null" }]);
    expect((await ask(app, "GET", "/api/notes?phone=Null")).status).toBe(200);
  });
});
