/** Which host a url of Neon's means, and which urls are none that could be meant. */
import { neonConfig } from "@neondatabase/serverless";
import * as Effect from "effect/Effect";
import fc from "fast-check";
import { neon } from "hedgerow/neon";
import { describe, expect, it } from "vitest";
import { addressThrough } from "../../src/database/neon-pooler.js";

const region = "eu-central-1.aws.neon.tech";
const url = `postgres://hedgerow_api:se%40cret@ep-cool-name-123456.${region}/app?sslmode=require`;
const pooler = url.replace("123456.", "123456-pooler.");

describe("pooled", () => {
  it.each([
    [undefined, url, url],
    [undefined, pooler, pooler],
    [true, url, pooler],
    [true, pooler, pooler],
    [false, pooler, url],
    [false, url, url],
  ] as const)("%s: %s is %s", (pooled, given, expected) => {
    const address = addressThrough({ url: given, ...(pooled !== undefined && { pooled }) });
    expect(address.url).toBe(expected);
    expect(address.host).toBe(new URL(expected).host);
  });

  it("changes nothing but the host, and there and back gives what was there before", () => {
    const name = fc.stringMatching(/^ep-[a-z]{1,8}(-[a-z0-9]{1,8}){0,3}$/).filter((each) => !each.endsWith("-pooler"));
    fc.assert(
      fc.property(
        name,
        fc.stringMatching(/^[\w%]{0,0}[\w-]{1,12}$/),
        fc.integer({ min: 1, max: 65_535 }),
        (ep, role, port) => {
          const direct = `postgresql://${role}:a%2Fb@${ep}.${region}:${port}/app?options=x`;
          const through = addressThrough({ url: direct, pooled: true }).url;
          expect(through).toBe(direct.replace(ep, `${ep}-pooler`));
          expect(addressThrough({ url: through, pooled: false }).url).toBe(direct);
          expect(addressThrough({ url: through, pooled: true }).url).toBe(through);
        },
      ),
    );
  });

  it.each(["postgres://a:hidden@localhost:5432/app", "postgres://a:hidden@db.example.com/app"])(
    "says that %s is no host of Neon's, without the password",
    (other) => {
      for (const pooled of [true, false]) {
        expect(() => addressThrough({ url: other, pooled })).toThrow(
          /cannot tell the pooler of "(localhost|db\.example\.com)"/,
        );
        expect(() => addressThrough({ url: other, pooled })).not.toThrow(/hidden/);
      }
    },
  );

  it("means nothing to neon-local, so that one configuration serves both", () => {
    const local = "postgres://a:b@127.0.0.1:4444/app";
    expect(addressThrough({ url: local, pooled: true, local: true })).toEqual({ url: local, host: "127.0.0.1:4444" });
  });
});

describe("authorize", () => {
  const tokenUrl = `postgres://authenticated@ep-cool-name-123456.${region}/app`;

  it("takes the url of the callers' role at the same database, through the pooler or not", () => {
    for (const own of [url, pooler]) {
      for (const given of [tokenUrl, tokenUrl.replace("123456.", "123456-pooler.")]) {
        expect(addressThrough({ url: own, authorize: { url: given } }).tokenUrl).toBe(given);
      }
    }
  });

  it("goes over HTTP, in Node too", async () => {
    const database = neon({ url, authorize: { url: tokenUrl } });
    expect(database.driver).toBe("neon-http");
    expect(database.withToken?.("a.b.c").driver).toBe("neon-http");
    expect(database.withToken?.("a.b.c").withToken).toBeUndefined();
    expect(neon({ url, mode: "http" }).withToken).toBeUndefined();
    expect(() => neon({ url, mode: "websocket", authorize: { url: tokenUrl } })).toThrow(/tokens over HTTP only/);
  });

  it("sends the token to the endpoint for tokens and the password to the other, and neither to both", async () => {
    const seen: Array<{ readonly to: string; readonly headers: Headers }> = [];
    const { fetchFunction } = neonConfig;
    neonConfig.fetchFunction = async (to: string, init: RequestInit) => {
      seen.push({ to, headers: new Headers(init.headers) });
      return Response.json({ results: [] });
    };
    try {
      const database = neon({ url, authorize: { url: tokenUrl } });
      const statements = [{ text: "select 1" }, { text: "select 2" }];
      const asked = [database, database.withToken?.("first"), database.withToken?.("second"), database];
      await Promise.all(asked.map((each) => Effect.runPromiseExit(each?.transact(statements) ?? Effect.void)));
    } finally {
      neonConfig.fetchFunction = fetchFunction;
    }
    expect(
      seen.map(({ to, headers }) => [
        to,
        headers.get("authorization"),
        new URL(headers.get("neon-connection-string") ?? "").username,
        new URL(headers.get("neon-connection-string") ?? "").password,
      ]),
    ).toEqual([
      [`https://api.${region}/sql`, null, "hedgerow_api", "se%40cret"],
      [`https://apiauth.${region}/sql`, "Bearer first", "authenticated", ""],
      [`https://apiauth.${region}/sql`, "Bearer second", "authenticated", ""],
      [`https://api.${region}/sql`, null, "hedgerow_api", "se%40cret"],
    ]);
  });

  it.each([
    ["no url", "", /authorize\.url like postgres:\/\/authenticated@host\/database/],
    ["a url of something else", "https://example.com", /authorize\.url like/],
    ["a password", tokenUrl.replace("authenticated", "authenticated:hidden"), /without a password/],
    [
      "the owner's role",
      tokenUrl.replace("authenticated", "neondb_owner"),
      /for the role authenticated.*not "neondb_owner"/,
    ],
    ["no role", tokenUrl.replace("authenticated@", ""), /for the role authenticated.*not ""/],
    ["another endpoint", tokenUrl.replace("cool", "other"), /the host and the database of url/],
    ["another database", `${tokenUrl}2`, /the host and the database of url/],
  ])("refuses %s", (_, given, words) => {
    const make = () => neon({ url, authorize: { url: given } });
    expect(make).toThrow(TypeError);
    expect(make).toThrow(words);
    expect(make).not.toThrow(/hidden|se%40cret/);
  });
});

it.each(["", "not a url", "mysql://a:hidden@b/c"])("needs a url of PostgreSQL, not %j", (given) => {
  expect(() => neon({ url: given })).toThrow("neon() needs a url like postgres://role:password@host/database");
});
