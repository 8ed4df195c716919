/** The process of a project that serves a router and routes of its own, and answers the requests that come over IPC. */
import { createHash } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import { createRouter, withCaller } from "hedgerow/hono";
import { nodePostgres } from "hedgerow/node-postgres";
import { Hono } from "hono";
import pg from "pg";
import { setup } from "./setup.js";
import * as schema from "./tables.js";

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
}

export interface Answered {
  readonly status: number;
  readonly body: unknown;
  readonly errors: ReadonlyArray<string>;
}

const { documents, projects } = schema;
const errors: Array<string> = [];
const onError = (error: unknown): void => void errors.push(String(error));
const database = nodePostgres(new pg.Pool({ connectionString: process.env.API_URL, max: 2 }));
const tokenHash = createHash("sha256").update("ada").digest("hex");
const auth = { identify: () => Promise.resolve({ _tag: "Session", tokenHash, via: "header" } as const) };

const own = new Hono()
  .use(withCaller({ auth, database, onError, ...setup }))
  .post("/select", async (c) => {
    const rows = await c.var.hedgerow.db.select().from(documents).where(eq(documents.status, "draft"));
    return c.json(
      rows.map(({ id, tags, body, size, at, price, states, counts }) => {
        const exact: ReadonlyArray<string> = tags;
        return { id, tags: exact, body, size: size?.toString(), at: at?.getTime(), price, states, counts };
      }),
    );
  })
  .post("/transaction", async (c) => {
    const made = await c.var.hedgerow.transaction(async (tx) => {
      const [project] = await tx.insert(projects).values({ name: "Gemini" }).returning();
      if (project === undefined) throw new Error("No project.");
      const values = { projectId: project.id, title: "Plan", tags: ['a "b"', "c,d"], size: 9007199254740993n };
      const [document] = await tx
        .insert(documents)
        .values({ ...values, body: ["x", null], states: ["final"], at: new Date(0) })
        .returning();
      const [changed] = await tx
        .update(documents)
        .set({ body: "text", counts: [1, 2] })
        .where(eq(documents.projectId, project.id))
        .returning();
      await tx.transaction((nested) => nested.execute(sql`select 1`));
      return { document, changed };
    });
    return c.text(JSON.stringify(made, (_, value) => (typeof value === "bigint" ? value.toString() : value)));
  })
  .post("/query", async (c) => {
    const found = await c.var.hedgerow.db.query.projects.findMany({
      columns: { name: true },
      with: { documents: { columns: { title: true, tags: true, at: true } } },
    });
    const first: Date | null | undefined = found[0]?.documents[0]?.at;
    return c.json({ found, first: first?.toISOString() });
  });

const app = new Hono().route("/own", own).route("/", createRouter({ schema, auth, database, onError }));

process.on("message", ({ method, path, body }: Asked) => {
  errors.length = 0;
  const headers = { "content-type": "application/json" };
  const request = app.request(path, { method, ...(body !== undefined && { headers, body: JSON.stringify(body) }) });
  Promise.resolve(request)
    .then(async (response): Promise<Answered> => {
      const text = await response.text();
      const json = response.headers.get("content-type")?.includes("json") || path.startsWith("/own");
      return { status: response.status, body: json && text !== "" && response.ok ? JSON.parse(text) : text, errors };
    })
    .then((answered) => process.send?.(answered));
});
