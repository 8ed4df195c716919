/** Routes of the application's own: who a handler acts as, what it costs, and what a client gets to see when it fails. */
import { eq, relations, sql } from "drizzle-orm";
import { pgTable, text } from "drizzle-orm/pg-core";
import * as Effect from "effect/Effect";
import { sessionAuthenticator } from "hedgerow/better-auth";
import {
  type Acting,
  type DatabaseShape,
  IsolationUnsupported,
  SqlError,
  TransactionEnded,
  withCaller,
} from "hedgerow/hono";
import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import * as schema from "../../examples/app/tables.js";
import { baseURL, type Kind, openWorld, type Person, type World } from "../support/world.js";

const { documents, projects, comments, categories } = schema;
const projectRelations = relations(projects, ({ many }) => ({ documents: many(documents) }));
const documentRelations = relations(documents, ({ one }) => ({
  project: one(projects, { fields: [documents.projectId], references: [projects.id] }),
}));
const withRelations = { ...schema, projectRelations, documentRelations };

/** Counts what goes to the database: each entry is one round trip, with the number of its statements. */
const counted = (database: DatabaseShape) => {
  const trips: Array<string> = [];
  const { interactive } = database;
  const counting: DatabaseShape = {
    ...database,
    transact: (statements) =>
      Effect.suspend(() => {
        trips.push("statement");
        return database.transact(statements);
      }),
    interactive: !interactive.supported
      ? interactive
      : {
          supported: true,
          transaction: (options, use) =>
            Effect.suspend(() => {
              trips.push("begin");
              return Effect.tap(
                interactive.transaction(options, (open, first) =>
                  use(
                    {
                      send: (statements) =>
                        Effect.suspend(() => {
                          trips.push("statement");
                          return open.send(statements);
                        }),
                    },
                    first,
                  ),
                ),
                () => Effect.sync(() => trips.push("commit")),
              );
            }),
        },
  };
  return { trips, database: counting };
};

describe.each<Kind>(["postgres", "pglite"])("a route of the application's own on %s", (kind) => {
  let world: World;
  let ada: Person;
  let ben: Person;
  let acme: string;
  let project: string;
  let trips: Array<string>;
  let database: DatabaseShape;
  const errors: Array<unknown> = [];

  beforeAll(async () => {
    world = await openWorld(kind, schema);
    ada = await world.signUp("ada");
    ben = await world.signUp("ben");
    acme = await world.createOrganization(ada, "acme");
    await world.createOrganization(ben, "globex");
    project = (await world.call(ada, "POST", "/projects", { name: "Apollo" })).json.id;
    await world.call(ada, "POST", "/documents", { title: "Plan", projectId: project });
    ({ trips, database } = counted(world.api));
    acting = required();
    open = optional();
    // The first request through each verifies the connection.
    const warm = new Hono().get("/a", acting, (c) => c.text("")).get("/b", open, (c) => c.text(""));
    for (const path of ["/a", "/b"]) await warm.request(at(path), as(ada));
    expect(errors).toEqual([]);
  });
  afterAll(() => world.close());

  const required = () =>
    withCaller({
      auth: sessionAuthenticator(world.auth),
      database,
      schema: withRelations,
      timeouts: { statementMs: 5_000, lockMs: 1_000, transactionMs: 3_000 },
      onError: (error) => void errors.push(error),
    });
  const optional = () =>
    withCaller({
      auth: sessionAuthenticator(world.auth),
      database,
      signIn: "optional",
      onError: (error) => void errors.push(error),
    });

  let app: Hono;
  let acting: ReturnType<typeof required>;
  let open: ReturnType<typeof optional>;
  beforeEach(() => {
    errors.length = 0;
    trips.length = 0;
    app = new Hono();
    app.onError((error, c) => (error instanceof HTTPException ? error.getResponse() : c.text(String(error), 500)));
  });

  const as = (who: Pick<Person, "cookie"> | null, init: RequestInit = {}): RequestInit => ({
    ...init,
    headers: { ...(who && { cookie: who.cookie }), origin: baseURL, ...init.headers },
  });
  const at = (path: string): string => `${baseURL}${path}`;
  const ask = async (who: Pick<Person, "cookie"> | null, path: string, init: RequestInit = {}) => {
    const response = await app.request(at(path), as(who, init));
    const text = await response.text();
    const type = response.headers.get("content-type") ?? "";
    return {
      status: response.status,
      text,
      headers: response.headers,
      json: type.includes("json") ? JSON.parse(text) : undefined,
    };
  };

  it("selects, inserts, updates and deletes as the caller, each in one round trip", async () => {
    app.get("/titles", acting, async (c) =>
      c.json(await c.var.hedgerow.db.select({ title: documents.title }).from(documents)),
    );
    app.post("/copy", acting, async (c) => {
      const { db } = c.var.hedgerow;
      const made = await db.insert(documents).values({ title: "Copy" }).returning();
      const changed = await db
        .update(documents)
        .set({ title: "Changed" })
        .where(eq(documents.title, "Copy"))
        .returning();
      await db.delete(documents).where(eq(documents.title, "Changed"));
      return c.json({ made, changed, left: await db.$count(documents, eq(documents.title, "Changed")) });
    });
    expect((await ask(ada, "/titles")).json).toEqual([{ title: "Plan" }]);
    expect(trips).toEqual(["statement"]);
    expect((await ask(ben, "/titles")).json).toEqual([]);
    trips.length = 0;
    const { json } = await ask(ada, "/copy", { method: "POST" });
    expect(json).toMatchObject({
      made: [{ organizationId: acme, userId: ada.userId, title: "Copy" }],
      changed: [{ title: "Changed" }],
      left: 0,
    });
    expect(trips).toEqual(["statement", "statement", "statement", "statement"]);
  });

  it("has relational queries, joins with columns of one name, and every type as Drizzle reads it", async () => {
    app.get("/tree", acting, async (c) =>
      c.json(await c.var.hedgerow.db.query.projects.findMany({ with: { documents: { columns: { title: true } } } })),
    );
    app.get("/joined", acting, async (c) => {
      const { db } = c.var.hedgerow;
      const [row] = await db
        .select({ document: documents, project: projects })
        .from(documents)
        .innerJoin(projects, eq(documents.projectId, projects.id));
      const [plain] = await db.execute(
        sql`select ${sql.param(new Date(0))}::timestamptz as at, ${sql.param([1, 2])}::int[] as list, ${sql.param(["a,b", null, '"'])}::text[] as texts,
          ${sql.param({ a: 1 })}::jsonb as json, ${sql.param(new Uint8Array([1, 255]))}::bytea = '\\x01ff' as bytes, ${sql.param(12n)}::int8 as large, ${null}::text as none`,
      );
      return c.json({
        ids: [row?.document.id === row?.project.id],
        at: row?.document.createdAt instanceof Date,
        plain,
      });
    });
    expect((await ask(ada, "/tree")).json).toEqual([
      { id: project, organizationId: acme, name: "Apollo", documents: [{ title: "Plan" }] },
    ]);
    expect((await ask(ada, "/joined")).json).toEqual({
      ids: [false],
      at: true,
      plain: {
        at: "1970-01-01 00:00:00+00",
        list: [1, 2],
        texts: ["a,b", null, '"'],
        json: { a: 1 },
        bytes: true,
        large: "12",
        none: null,
      },
    });
  });

  it("knows the caller without a round trip of their own, before and after the first statement", async () => {
    app.get("/first", acting, async (c) => {
      const { caller, db } = c.var.hedgerow;
      const who = await caller();
      await db.select().from(projects);
      return c.json([who, await caller()]);
    });
    app.get("/behind", acting, async (c) => {
      await c.var.hedgerow.db.select().from(projects);
      return c.json(await c.var.hedgerow.caller());
    });
    const expected = { userId: ada.userId, activeOrgId: acme, roles: ["owner"], claims: {} };
    const { json } = await ask(ada, "/behind");
    expect(json).toMatchObject(expected);
    expect(trips).toEqual(["statement"]);
    trips.length = 0;
    expect((await ask(ada, "/first")).json).toEqual([json, json]);
    expect(trips).toEqual(["statement", "statement"]);
  });

  it("carries the caller through a transaction, which begins and ends with one round trip each", async () => {
    app.post("/both", acting, async (c) =>
      c.json(
        await c.var.hedgerow.transaction(async (tx, caller) => {
          const [made] = await tx.insert(projects).values({ name: "Both" }).returning();
          await tx.insert(documents).values({ title: "Inside", projectId: made?.id ?? "", userId: caller.userId });
          await tx.delete(projects).where(eq(projects.id, made?.id ?? ""));
          return { made, caller: (await c.var.hedgerow.caller()) === caller };
        }),
      ),
    );
    const { json } = await ask(ada, "/both", { method: "POST" });
    expect(json).toMatchObject({ made: { organizationId: acme, name: "Both" }, caller: true });
    expect(trips).toEqual(["begin", "statement", "statement", "statement", "commit"]);
    expect((await ask(null, "/both", { method: "POST" })).status).toBe(401);
  });

  it("undoes a transaction whose callback throws, and a nested one by itself", async () => {
    app.post("/half", acting, async (c) => {
      const { db } = c.var.hedgerow;
      const error = await db
        .transaction(async (tx) => {
          await tx.insert(projects).values({ name: "Half" });
          throw new RangeError("the handler's own");
        })
        .catch((thrown: unknown) => thrown);
      const rolledBack = await db
        .transaction(async (tx) => {
          await tx.insert(projects).values({ name: "Half" });
          tx.rollback();
        })
        .catch((thrown: unknown) => String(thrown));
      const kept = await db.transaction(async (tx) => {
        await tx.insert(projects).values({ name: "Outer" });
        for (const name of ["Refused", "Deeper"]) {
          await tx
            .transaction(async (nested) => {
              await nested.insert(projects).values({ name });
              await nested.transaction((deep) => deep.execute(sql`select 1 / 0`));
            })
            .catch(() => {});
        }
        await tx.transaction((nested) => nested.insert(projects).values({ name: "Nested" }));
        return tx.select({ name: projects.name }).from(projects).orderBy(projects.name);
      });
      await db.delete(projects).where(sql`name in ('Outer', 'Nested')`);
      return c.json({ error: error instanceof RangeError, rolledBack, kept });
    });
    expect((await ask(ada, "/half", { method: "POST" })).json).toEqual({
      error: true,
      rolledBack: expect.stringContaining("Rollback"),
      kept: [{ name: "Apollo" }, { name: "Nested" }, { name: "Outer" }],
    });
  });

  it("runs a transaction in the mode that was asked for, and only in one that exists", async () => {
    app.get("/mode", acting, async (c) => {
      const { transaction } = c.var.hedgerow;
      const odd = await transaction(async () => 1, {
        isolationLevel: "read committed; drop table documents" as never,
      }).catch((error: unknown) => error instanceof TypeError);
      const mode = sql`select current_setting('transaction_isolation') as level, current_setting('transaction_read_only') as read_only`;
      const rows = await transaction((tx) => tx.execute(mode), { accessMode: "read only" });
      return c.json({ odd, rows });
    });
    expect((await ask(ada, "/mode")).json).toEqual({ odd: true, rows: [{ level: "read committed", read_only: "on" }] });
  });

  it("refuses a snapshot, in which its caller would stay who they were", async () => {
    const levels = ["repeatable read", "serializable"] as const;
    const changes = levels.flatMap((level) => [
      sql.raw(`set transaction isolation level ${level}`),
      sql.raw(`set local transaction_isolation = '${level}'`),
    ]);
    app.get("/snapshot", acting, async (c) => {
      const { transaction } = c.var.hedgerow;
      const refused = await Promise.all(
        levels.map((isolationLevel) =>
          transaction(async () => "ran", { isolationLevel }).catch((error: unknown) =>
            error instanceof IsolationUnsupported ? error.message : String(error),
          ),
        ),
      );
      const changed: Array<unknown> = [];
      for (const change of changes) {
        changed.push(
          await transaction((tx) => tx.execute(change)).catch((error: Error) => (error.cause as SqlError).sqlState),
        );
      }
      return c.json({ refused, changed });
    });
    expect((await ask(ada, "/snapshot")).json).toEqual({
      refused: levels.map((level) =>
        expect.stringMatching(new RegExp(`is ${level} would not see.*"read committed".*update`)),
      ),
      changed: changes.map(() => "25001"),
    });
    expect(trips).not.toContain("commit");
  });

  describe("what transaction() itself refuses, and the handler does not catch", () => {
    const refusing = (interactive: DatabaseShape["interactive"]) =>
      withCaller({
        auth: sessionAuthenticator(world.auth),
        database: { ...database, interactive },
        onError: (error) => void errors.push(error),
      });
    const unsupported = { supported: false, reason: "each request is a transaction of its own" } as const;
    type Handler = (hedgerow: Acting) => Promise<unknown>;
    const refused: ReadonlyArray<readonly [string, () => DatabaseShape["interactive"], Handler, RegExp]> = [
      [
        "a driver that cannot hold one open",
        () => unsupported,
        ({ transaction }) => transaction(async () => 1),
        /cannot hold a transaction open: each request is a transaction of its own/,
      ],
      [
        "a snapshot",
        () => database.interactive,
        ({ transaction }) => transaction(async () => 1, { isolationLevel: "serializable" }),
        /is serializable would not see/,
      ],
      [
        "a mode that there is not",
        () => database.interactive,
        ({ transaction }) => transaction(async () => 1, JSON.parse('{"accessMode":"sometimes"}')),
        /^accessMode must be "read only" or "read write"$/,
      ],
      [
        "a transaction in a transaction",
        () => database.interactive,
        ({ transaction }) => transaction(() => transaction(async () => 1)),
        /has a transaction open/,
      ],
      [
        "a driver that fails",
        () => ({ supported: true, transaction: () => Effect.die(new Error("the driver broke")) }),
        ({ transaction }) => transaction(async () => 1),
        /the driver broke/,
      ],
    ];

    it.each(refused)("is an internal problem that onError hears of: %s", async (_, interactive, handler, words) => {
      app.get("/refused", refusing(interactive()), async (c) => c.json(await handler(c.var.hedgerow)));
      const { status, json } = await ask(ada, "/refused");
      expect({ status, code: json?.code, detail: json?.detail }).toEqual({
        status: 500,
        code: "internal",
        detail: undefined,
      });
      expect(errors).toEqual([expect.objectContaining({ message: expect.stringMatching(words) })]);
    });

    it("leaves the application's own errors to the application", async () => {
      app.get("/own", acting, async (c) =>
        c.json(
          await c.var.hedgerow.transaction(async () => {
            throw new RangeError("too far");
          }),
        ),
      );
      expect((await ask(ada, "/own")).text).toBe("RangeError: too far");
      expect(errors).toEqual([]);
    });
  });

  it("does not outlive a session that expires while its transaction is open", async () => {
    const erin = await world.signUp(`erin-${kind}`);
    await world.join(erin, acme, "member");
    const count = sql`select count(*)::int as n from projects`;
    const patient = withCaller({ auth: sessionAuthenticator(world.auth), database });
    app.get("/expiring", patient, async (c) =>
      c.json(
        await c.var.hedgerow.transaction(async (tx) => {
          const before = await tx.execute(count);
          await tx.execute(sql`select pg_sleep(5.2)`);
          const after = await tx.execute(count);
          const made = await tx
            .transaction((inner) => inner.insert(projects).values({ name: "Late" }))
            .catch((error: Error) => (error.cause as SqlError).sqlState);
          return { before, after, made };
        }),
      ),
    );
    await world.truth("update session set expires_at = now() + interval '5 seconds' where user_id = $1", erin.userId);
    const answer = await ask(erin, "/expiring");
    expect(answer.json).toEqual({ before: [{ n: expect.any(Number) }], after: [{ n: 0 }], made: "42501" });
    expect(answer.json.before[0].n).toBeGreaterThan(0);
  });

  it("refuses what would not be part of an open transaction, and one that has ended", async () => {
    app.get("/kept", acting, async (c) => {
      const { db, transaction } = c.var.hedgerow;
      const seen: Array<unknown> = [];
      const note = (error: unknown): void => void seen.push(error);
      const kept = await transaction(async (tx) => {
        await db.select().from(projects).catch(note);
        await transaction(async () => 1).catch(note);
        return tx;
      });
      await kept.select().from(projects).catch(note);
      await db.select().from(projects);
      return c.json(
        seen.map((error) => {
          const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
          return cause instanceof TransactionEnded ? "ended" : String(cause).slice(0, 44);
        }),
      );
    });
    const open = "Error: This request has a transaction open: ";
    expect((await ask(ada, "/kept")).json).toEqual([open, open, "ended"]);
  });

  it("ends a transaction that stays open for too long, and one whose client has gone, and goes on", async () => {
    let isOpen = false;
    app.post("/slow", acting, async (c) => {
      await c.var.hedgerow.transaction(async (tx) => {
        await tx.insert(projects).values({ name: "Slow" });
        isOpen = true;
        await new Promise(() => {});
      });
      return c.text("never");
    });
    expect((await ask(ada, "/slow", { method: "POST" })).json).toMatchObject({ code: "timeout", status: 503 });
    const gone = new AbortController();
    isOpen = false;
    const asked = app.request(at("/slow"), as(ada, { method: "POST", signal: gone.signal }));
    while (!isOpen) await new Promise((resolve) => setTimeout(resolve, 5));
    gone.abort();
    expect(await (await asked).json()).toMatchObject({ code: "request_aborted" });
    expect(await world.truth("select 1 from projects where name = 'Slow'")).toEqual([]);
    expect((await world.call(ada, "GET", "/projects")).status).toBe(200);
  });

  it("answers 401 in the same bytes whatever is wrong with the credential, before or after the handler ran", async () => {
    let ran = 0;
    app.get("/asks", acting, async (c) => {
      ran++;
      return c.json(await c.var.hedgerow.db.select().from(projects));
    });
    app.get("/silent", acting, (c) => {
      ran++;
      c.header("set-cookie", "secret=1");
      return c.text("something only for members");
    });
    app.get("/swallows", acting, async (c) => {
      await c.var.hedgerow.db
        .select()
        .from(projects)
        .catch(() => {});
      return c.text("something only for members");
    });
    const dead = await world.signUp(`dead-${kind}`);
    await world.truth("update session set expires_at = now() - interval '1 second' where user_id = $1", dead.userId);
    const answers = [];
    for (const path of ["/asks", "/silent", "/swallows"]) {
      for (const who of [null, { cookie: "better-auth.session_token=forged.forged" }, dead]) {
        const { status, text, headers } = await ask(who, path);
        answers.push(JSON.stringify([status, text, [...headers]]));
      }
    }
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toContain("authentication_required");
    // Without a credential, and with a forged one, the handler did not run.
    expect(ran).toBe(2);
    trips.length = 0;
    expect((await ask(ada, "/silent")).text).toBe("something only for members");
    expect(trips).toEqual(["statement"]);
    expect(errors).toEqual([]);
  });

  it("makes a caller nobody on the very next statement of the same request", async () => {
    const eve = await world.signUp(`eve-${kind}`);
    await world.join(eve, acme, "admin");
    const removed = async (): Promise<void> => {
      await world.truth("delete from member where user_id = $1", eve.userId);
    };
    app.get("/while", acting, async (c) => {
      const { db, transaction } = c.var.hedgerow;
      const before = await db.$count(projects);
      // On PGlite nobody else gets in while a transaction is open.
      if (kind === "pglite") await removed();
      const inside = await transaction(async (tx) => {
        if (kind === "postgres") {
          expect(await tx.$count(projects)).toBe(before);
          await removed();
        }
        return tx.$count(projects);
      });
      return c.json([before, inside, await db.$count(projects)]);
    });
    app.get("/ends", acting, async (c) => {
      await c.var.hedgerow.db.$count(projects);
      await world.truth("delete from session where user_id = $1", eve.userId);
      return c.json(await c.var.hedgerow.db.$count(projects));
    });
    expect((await ask(eve, "/while")).json).toEqual([1, 0, 0]);
    expect((await ask(eve, "/ends")).json).toMatchObject({ code: "authentication_required" });
  });

  it("serves people who are not signed in where sign-in is optional, as nobody", async () => {
    app.get("/open", open, async (c) => {
      const { caller, db } = c.var.hedgerow;
      const rows = await db.select().from(categories);
      return c.json([(await caller()).userId, rows.length]);
    });
    app.get("/closed", open, async (c) => c.json(await c.var.hedgerow.db.select().from(projects)));
    expect((await ask(null, "/open")).json).toEqual([null, 0]);
    expect(trips).toEqual(["statement"]);
    expect((await ask(ada, "/open")).json).toEqual([ada.userId, 0]);
    const dead = await world.signUp(`gone-${kind}`);
    await world.truth("delete from session where user_id = $1", dead.userId);
    expect((await ask(dead, "/open")).json).toEqual([null, 0]);
    expect((await ask(null, "/closed")).json).toMatchObject({ code: "forbidden" });
  });

  it("answers what the database refuses with problem details, without a word of SQL, whatever onError would say", async () => {
    const statements: Readonly<Record<string, [string, number, string]>> = {
      "/grant": ["select token from session where token = 'secret'", 403, "forbidden"],
      "/row": [`insert into comments (document_id, body) values ('doc_x', 'secret')`, 403, "forbidden"],
      "/reference": [
        "insert into documents (title, project_id) values ('secret', 'prj_missing')",
        400,
        "invalid_reference",
      ],
      "/null": ["insert into projects (name) values (null)", 400, "validation_failed"],
      "/value": ["select 'secret'::int", 400, "validation_failed"],
      "/syntax": ["selec 'secret'", 500, "internal"],
      "/several": ["select 1; select 'secret'", 500, "internal"],
      "/unknown": ["select secret from projects", 500, "internal"],
    };
    for (const [path, [text]] of Object.entries(statements)) {
      app.get(path, acting, async (c) => c.json(await c.var.hedgerow.db.execute(sql.raw(text))));
      app.get(`${path}/tx`, acting, async (c) =>
        c.json(await c.var.hedgerow.transaction((tx) => tx.execute(sql.raw(text)))),
      );
    }
    app.get("/conflict", acting, async (c) => {
      await c.var.hedgerow.db.insert(categories).values({ name: "one" });
      return c.text("made");
    });
    for (const [path, [, status, code]] of Object.entries(statements)) {
      for (const each of [path, `${path}/tx`]) {
        const answer = await ask(ada, each);
        expect([each, answer.status, answer.json?.code]).toEqual([each, status, code]);
        expect(answer.headers.get("content-type")).toBe("application/problem+json");
        expect(answer.text).not.toMatch(/secret|select|insert|projects/i);
      }
    }
    expect(errors).toHaveLength(6);
    await world.truth("insert into categories (id, name) values ($1, 'one')", `cat_${kind}`);
    await world.truth(`update "user" set role = 'admin' where id = $1`, ada.userId);
    expect((await ask(ada, "/conflict")).json).toMatchObject({ status: 409, code: "conflict" });
    await world.truth(`update "user" set role = 'user' where id = $1`, ada.userId);
  });

  it("leaves the application's own errors alone, and lets a handler catch what the database said", async () => {
    app.get("/teapot", acting, () => {
      throw new HTTPException(418, { message: "short and stout" });
    });
    app.get("/own", acting, () => {
      throw new RangeError("mine");
    });
    app.get("/caught", acting, async (c) => {
      const error = await c.var.hedgerow.db.execute(sql`select 1 / 0`).catch((thrown: Error) => thrown.cause);
      return c.json(error instanceof SqlError && error.sqlState);
    });
    expect(await ask(ada, "/teapot")).toMatchObject({ status: 418, text: "short and stout" });
    expect(await ask(ada, "/own")).toMatchObject({ status: 500, text: "RangeError: mine" });
    expect((await ask(ada, "/caught")).json).toBe("22012");
  });

  it("is set up as Drizzle's own database would be", async () => {
    const logged: Array<string> = [];
    const logging = withCaller({
      auth: sessionAuthenticator(world.auth),
      database,
      drizzle: { casing: "snake_case", logger: { logQuery: (text) => void logged.push(text) } },
    });
    const cased = pgTable("projects", { organizationId: text() });
    app.get("/cased", logging, async (c) => c.json(await c.var.hedgerow.db.select().from(cased)));
    expect((await ask(ada, "/cased")).json).toEqual([{ organizationId: acme }]);
    expect(logged).toEqual(['select "organization_id" from "projects"']);
  });

  it("says why, where a driver cannot hold a transaction open", async () => {
    const interactive = { supported: false, reason: "each request is a transaction of its own" } as const;
    const single = withCaller({ auth: sessionAuthenticator(world.auth), database: { ...world.api, interactive } });
    app.get("/single", single, async (c) =>
      c.text(await c.var.hedgerow.transaction(async () => "no").catch((error: unknown) => String(error))),
    );
    expect((await ask(ada, "/single")).text).toContain(
      `${world.api.driver} cannot hold a transaction open: each request is a transaction of its own.`,
    );
  });

  it("refuses a write whose cookie may have been sent by another site's page", async () => {
    let writes = 0;
    app.on(["GET", "POST", "DELETE"], "/write", acting, (c) => c.text(`written ${++writes}`));
    for (const headers of [{ origin: "https://evil.example" }, { origin: "", "sec-fetch-site": "cross-site" }]) {
      for (const method of ["POST", "DELETE"]) {
        expect((await ask(ada, "/write", { method, headers })).json).toMatchObject({ code: "cross_site_request" });
      }
    }
    expect(writes).toBe(0);
    expect((await ask(ada, "/write", { headers: { origin: "https://evil.example" } })).status).toBe(200);
    expect((await ask(ada, "/write", { method: "POST" })).status).toBe(200);
  });

  it("counts a document of somebody else as none, in a child of it as well", async () => {
    app.get("/comments", acting, async (c) => c.json(await c.var.hedgerow.db.$count(comments)));
    expect((await ask(ben, "/comments")).json).toBe(0);
  });
});
