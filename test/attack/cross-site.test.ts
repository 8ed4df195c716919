/** What a page of another site can make a browser do with somebody's cookies, and what it can read. */
import { createHmac } from "node:crypto";
import fc from "fast-check";
import { sessionAuthenticator } from "hedgerow/better-auth";
import { type Authenticator, createRouter, type RouterOptions } from "hedgerow/hono";
import { jwt, selfSigned } from "hedgerow/jwt";
import { Hono } from "hono";
import { csrf } from "hono/csrf";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import * as schema from "../../examples/app/tables.js";
import { crossSiteCheck } from "../../src/http/cross-site.js";
import { baseURL, openWorld, type Person, type World } from "../support/world.js";

let world: World;
let ada: Person;
let document: string;

beforeAll(async () => {
  world = await openWorld("pglite", schema);
  ada = await world.signUp("ada");
  await world.createOrganization(ada, "acme");
  document = (await world.call(ada, "POST", "/documents", { title: "Plan" })).json.id;
});
afterAll(() => world.close());

const app = "https://app.example.com";
const evil = "https://evil.example";

const routerWith = (options: Partial<RouterOptions<typeof schema>> = {}) =>
  createRouter({ schema, auth: sessionAuthenticator(world.auth), database: world.api, ...options });

type Headers = Readonly<Record<string, string>>;

/** Sends a write to each kind of route, as a browser would with the given headers. */
const writes = async (router: ReturnType<typeof routerWith>, headers: Headers): Promise<ReadonlyArray<unknown>> => {
  const answers = await Promise.all(
    (
      [
        ["POST", "/documents", '{"title":"x"}', "application/json"],
        ["POST", "/documents", '{"title":"x"}', "text/plain"],
        ["POST", "/documents", "title=x", "application/x-www-form-urlencoded"],
        ["POST", "/documents", undefined, undefined],
        ["PATCH", `/documents/${document}`, '{"title":"x"}', "application/json"],
        ["DELETE", "/documents/doc_0", undefined, undefined],
      ] as const
    ).map(async ([method, path, body, type]) => {
      const response = await router.request(`${baseURL}${path}`, {
        method,
        headers: { cookie: ada.cookie, ...headers, ...(type && { "content-type": type }) },
        ...(body && { body }),
      });
      const text = await response.text();
      return text.includes('"code"') ? JSON.parse(text).code : response.status;
    }),
  );
  return answers;
};

const refused = Array.from({ length: 6 }, () => "cross_site_request");
/** What the same requests are answered otherwise. */
const served = [201, "unsupported_media_type", "unsupported_media_type", "unsupported_media_type", 200, "not_found"];

describe("a write that rests on a cookie", () => {
  it.each<[string, Headers]>([
    ["another site", { origin: evil, "sec-fetch-site": "cross-site" }],
    ["another site, in a browser without fetch metadata", { origin: evil }],
    ["another site that hides its origin", { origin: "null", "sec-fetch-site": "cross-site" }],
    ["a sandboxed frame", { origin: "null" }],
    ["a sibling under the same domain", { origin: "http://other.localhost:3000", "sec-fetch-site": "same-site" }],
    ["another port", { origin: "http://localhost:3001", "sec-fetch-site": "same-site" }],
    ["another scheme", { origin: "https://localhost:3000" }],
    ["an origin that only begins like this one", { origin: `${baseURL}.evil.example` }],
    ["several origins", { origin: `${evil} ${baseURL}` }],
    ["a proxy that is not trusted", { origin: evil, "x-forwarded-host": "evil.example", "x-forwarded-proto": "https" }],
    ["a site that another host is claimed for", { origin: evil, host: "evil.example" }],
    ["nowhere, as from a program that is no browser", {}],
    ["the address bar", { "sec-fetch-site": "none" }],
    ["words that no browser sends", { "sec-fetch-site": "same-origin, cross-site" }],
    ["a referrer alone", { referer: `${baseURL}/page` }],
  ])("is refused from %s", async (_, headers) => {
    expect(await writes(routerWith(), headers)).toEqual(refused);
    expect(await world.truth("select title from documents where id = $1", document)).toEqual([{ title: "Plan" }]);
  });

  it.each<[string, Headers]>([
    ["the same origin", { origin: baseURL, "sec-fetch-site": "same-origin" }],
    ["the same origin, in a browser without fetch metadata", { origin: baseURL }],
    ["the same origin behind a proxy that ends TLS", { origin: "https://localhost", "sec-fetch-site": "same-origin" }],
  ])("is served from %s", async (_, headers) => {
    expect(await writes(routerWith(), headers)).toEqual(served);
    await world.truth("update documents set title = 'Plan' where id = $1", document);
  });

  it("is served from an origin that is trusted, by a list or by a function, and from no other", async () => {
    const asked: Array<string> = [];
    const trusting = [
      routerWith({ trustedOrigins: [app] }),
      routerWith({
        trustedOrigins: async (origin, request) => {
          asked.push(`${origin} ${new URL(request.url).pathname}`);
          return origin === app;
        },
      }),
    ];
    for (const router of trusting) {
      expect(await writes(router, { origin: app, "sec-fetch-site": "cross-site" })).toEqual(served);
      expect(await writes(router, { origin: evil, "sec-fetch-site": "cross-site" })).toEqual(refused);
      expect(await writes(router, { origin: "null" })).toEqual(refused);
    }
    expect(asked).toContain(`${app} /documents`);
    expect(asked.join()).not.toContain("null");
    await world.truth("update documents set title = 'Plan' where id = $1", document);
  });

  it("is judged as Hono's own csrf judges a form, whatever the headers say", async () => {
    const hono = new Hono().post("*", csrf({ origin: [baseURL, app] }), (context) => context.body(null, 204));
    const check = crossSiteCheck([app]);
    const credential = { _tag: "Session", tokenHash: "", via: "cookie" } as const;
    const origin = fc.oneof(fc.constantFrom(baseURL, app, evil, "null", "", `${app} ${evil}`, `${app}/`), fc.webUrl());
    const site = fc.constantFrom(
      "same-origin",
      "same-site",
      "none",
      "cross-site",
      "",
      "SAME-ORIGIN",
      "same-origin, none",
    );
    const header = { origin, "sec-fetch-site": site };
    await fc.assert(
      fc.asyncProperty(fc.record(header, { requiredKeys: [] }), async (headers) => {
        const request = (): Request => new Request(`${baseURL}/documents`, { method: "POST", headers });
        const isServed = (await hono.fetch(request())).status === 204;
        expect((await check(request(), credential)) === undefined).toBe(isServed);
      }),
    );
  });

  it("is refused where the function that knows the origins fails", async () => {
    const said = vi.spyOn(console, "error").mockImplementation(() => {});
    const failing = routerWith({ trustedOrigins: () => Promise.reject(new Error("down")) });
    expect(await writes(failing, { origin: app })).toEqual(refused);
    expect(said).toHaveBeenCalledWith(new Error("down"));
    said.mockRestore();
  });

  it("is refused as itself, by whatever method a middleware makes of it", async () => {
    for (const method of ["PUT", "QUERY", "PROPFIND"]) {
      const response = await routerWith().request(`${baseURL}/documents`, { method, headers: { cookie: ada.cookie } });
      expect(response.status).toBe(405);
    }
  });

  it("is not what reading is: GET and HEAD are served from anywhere, and only CORS lets a page see the answer", async () => {
    for (const method of ["GET", "HEAD"]) {
      const response = await routerWith().request(`${baseURL}/documents`, {
        method,
        headers: { cookie: ada.cookie, origin: evil, "sec-fetch-site": "cross-site" },
      });
      expect([response.status, response.headers.get("access-control-allow-origin")]).toEqual([200, null]);
    }
  });

  it.each([["https://app.example.com/"], ["app.example.com"], ["*"], ["null"], ["https://*.example.com"], [""]])(
    "cannot be allowed from %j, which no browser sends",
    (origin) => {
      expect(() => routerWith({ trustedOrigins: [origin] })).toThrow(TypeError);
    },
  );
});

describe("a write with a credential of another kind", () => {
  it("is not asked where it comes from when the credential is in a header", async () => {
    const signed = (header: object, payload: object): string => {
      const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
      const head = `${part(header)}.${part(payload)}`;
      return `${head}.${createHmac("sha256", secret).update(head).digest("base64url")}`;
    };
    const secret = "a-secret-of-this-test-0123456789";
    const exp = Math.floor(Date.now() / 1000) + 60;
    const token = signed({ alg: "HS256", typ: "JWT" }, { iss: "acme", aud: "api", sub: "ann", exp });
    const auth = jwt({ ...selfSigned({ issuer: "acme", audience: "api", secret }), cookie: "token" });
    const ask = async (headers: Headers) => {
      const response = await routerWith({ auth }).request(`${baseURL}/projects`, {
        method: "POST",
        headers: { ...headers, origin: evil, "content-type": "application/json" },
        body: '{"name":"x"}',
      });
      return (await response.json()).code;
    };
    expect(await ask({ cookie: `token=${token}` })).toBe("cross_site_request");
    expect(await ask({ authorization: `Bearer ${token}` })).not.toBe("cross_site_request");
    expect(await ask({ authorization: `Bearer ${token}`, cookie: `token=${token}` })).not.toBe("cross_site_request");
    expect(await ask({})).toBe("authentication_required");
  });

  it("is asked where an authenticator does not say how the credential came", async () => {
    const careless = { identify: async () => ({ _tag: "Session", tokenHash: ada.tokenHash }) } as unknown;
    expect(await writes(routerWith({ auth: careless as Authenticator }), { origin: evil })).toEqual(refused);
  });
});

describe("reading from another origin", () => {
  const preflight = async (router: ReturnType<typeof routerWith>, origin: string) => {
    const response = await router.request(`${baseURL}/documents`, {
      method: "OPTIONS",
      headers: { origin, "access-control-request-method": "POST", "access-control-request-headers": "content-type" },
    });
    return response;
  };

  it("is off: a preflight is answered 405 and no header allows anything", async () => {
    const response = await preflight(routerWith(), app);
    expect([response.status, response.headers.get("allow")]).toEqual([405, "GET, POST"]);
    expect([...response.headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
  });

  it("is what the options of Hono's cors say, also for problems, and for no other origin", async () => {
    const router = routerWith({ cors: { origin: [app], credentials: true }, trustedOrigins: [app] });
    const allowed = await preflight(router, app);
    expect([allowed.status, allowed.headers.get("access-control-allow-origin")]).toEqual([204, app]);
    expect((await preflight(router, evil)).headers.get("access-control-allow-origin")).toBeNull();
    expect((await preflight(router, "null")).headers.get("access-control-allow-origin")).toBeNull();
    const problem = await router.request(`${baseURL}/documents/doc_0`, {
      headers: { cookie: ada.cookie, origin: app },
    });
    expect([problem.status, problem.headers.get("access-control-allow-origin")]).toEqual([404, app]);
    expect(await writes(router, { origin: app, "sec-fetch-site": "cross-site" })).toEqual(served);
    await world.truth("update documents set title = 'Plan' where id = $1", document);
  });

  it("is not opened to every site together with cookies", async () => {
    for (const origin of [undefined, "*", ["*"], [app, "null"], "null", "app.example.com"]) {
      expect(() => routerWith({ cors: { ...(origin !== undefined && { origin }), credentials: true } })).toThrow(
        TypeError,
      );
    }
    const anything = routerWith({ cors: { origin: () => "*", credentials: true } });
    expect((await preflight(anything, evil)).headers.get("access-control-allow-origin")).toBeNull();
    const open = routerWith({ cors: { origin: "*" } });
    const response = await preflight(open, evil);
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    expect(response.headers.get("access-control-allow-credentials")).toBeNull();
  });
});
