/** A route of the application's own behind verified tokens: who is calling is known before anything is asked. */
import { sql } from "drizzle-orm";
import { withCaller } from "hedgerow/hono";
import { Hono } from "hono";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { authenticator, type ClaimsWorld, notes, openClaimsWorld, type Who } from "../support/claims-world.js";

describe("a route of the application's own behind tokens", () => {
  let world: ClaimsWorld;
  let trips = 0;
  let app: Hono;

  beforeAll(async () => {
    world = await openClaimsWorld("postgres");
    const acting = withCaller({
      auth: authenticator,
      database: {
        ...world.api,
        transact: (statements) => {
          trips++;
          return world.api.transact(statements);
        },
      },
    });
    app = new Hono()
      .get("/snapshot", acting, async (c) =>
        c.json(
          await c.var.hedgerow.transaction(
            (tx) => tx.execute(sql`select current_setting('transaction_isolation') as level`),
            { isolationLevel: "serializable" },
          ),
        ),
      )
      .get("/who", acting, async (c) => c.json(await c.var.hedgerow.caller()))
      .get("/notes", acting, async (c) => c.json(await c.var.hedgerow.db.select({ title: notes.title }).from(notes)))
      .post("/notes", acting, async (c) =>
        c.json(
          await c.var.hedgerow.transaction(async (tx, caller) =>
            tx
              .insert(notes)
              .values({ title: `of ${caller.userId}` })
              .returning(),
          ),
        ),
      );
  });
  afterAll(() => world.close());

  const ask = async (who: Who, path: string, method = "GET") => {
    const headers = { ...(who && { "x-caller": encodeURIComponent(JSON.stringify(who)) }) };
    const response = await app.request(path, { method, headers });
    return response.json();
  };

  it("acts as whom the token names, and as nobody else", async () => {
    expect(await ask({ userId: "ann" }, "/notes", "POST")).toMatchObject([{ userId: "ann", title: "of ann" }]);
    expect(await ask({ userId: "ann" }, "/notes")).toEqual([{ title: "of ann" }]);
    expect(await ask({ userId: "bob" }, "/notes")).toEqual([]);
  });

  it("may read from one snapshot, because a token says the same all the time", async () => {
    expect(await ask({ userId: "ann" }, "/snapshot")).toEqual([{ level: "serializable" }]);
  });

  it("knows the caller without the database, and refuses a request without one", async () => {
    trips = 0;
    expect(await ask({ userId: "ann", activeOrgId: "acme", roles: ["member"] }, "/who")).toMatchObject({
      userId: "ann",
      activeOrgId: "acme",
      roles: ["member"],
    });
    for (const who of [null, {}, { userId: "" }]) {
      expect(await ask(who, "/notes")).toMatchObject({ code: "authentication_required" });
    }
    expect(trips).toBe(0);
  });
});
