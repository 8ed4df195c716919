/** A request reaches the same route as in Hono's own class, whose matchers are more. */
import fc from "fast-check";
import { Hono } from "hono";
import type { HonoBase } from "hono/hono-base";
import { expect, it } from "vitest";
import { makeHono } from "../../src/http/hono.js";

/** As the router mounts tables, and with what an application may add to it. */
const mount = (app: HonoBase): HonoBase => {
  const answer = (route: string) => (found: string) => new Response(route + found);
  for (const path of ["/documents", "/document-versions", "/documents-x"]) {
    const list = answer(`${path} `);
    const one = answer(`${path}/:id `);
    app.get(path, () => list("get"));
    app.post(path, () => list("post"));
    app.get(`${path}/:id`, ({ req }) => one(`get ${req.param("id")}`));
    app.patch(`${path}/:id`, ({ req }) => one(`patch ${req.param("id")}`));
    app.delete(`${path}/:id`, ({ req }) => one(`delete ${req.param("id")}`));
    app.all(path, () => list("refused"));
    app.all(`${path}/:id`, ({ req }) => one(`refused ${req.param("id")}`));
  }
  app.get("/files/*", ({ req }) => answer("/files/* ")(req.path));
  app.get("/reports/:year{[0-9]+}/:name?", ({ req }) => answer("/reports ")(JSON.stringify(req.param())));
  return app;
};

it("takes every path and method to the route that Hono's own class takes it to", async () => {
  const own = mount(makeHono());
  const hono = mount(new Hono());
  const word = fc.constantFrom(
    "documents",
    "document-versions",
    "documents-x",
    "Documents",
    "files",
    "reports",
    "2026",
  );
  const odd = fc.constantFrom("", "%2F", "%2e%2e", "%", "*", ":id", "a%00b", "ä", "a b", "__proto__", "constructor");
  const path = fc.array(fc.oneof(word, odd, fc.webSegment()), { minLength: 1, maxLength: 4 });
  const method = fc.constantFrom("GET", "POST", "PATCH", "DELETE", "PUT", "HEAD", "OPTIONS", "QUERY");
  await fc.assert(
    fc.asyncProperty(path, method, async (segments, given) => {
      const request = (): Request => new Request(`http://localhost/${segments.join("/")}`, { method: given });
      const [expected, found] = await Promise.all([hono.fetch(request()), own.fetch(request())]);
      expect([found.status, await found.text()]).toEqual([expected.status, await expected.text()]);
    }),
    { numRuns: 1000 },
  );
  // Otherwise a trie would have been compared with itself.
  expect(hono.router.name).toBe("SmartRouter + RegExpRouter");
});
