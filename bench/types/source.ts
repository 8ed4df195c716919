/**
 * A project's modules with any number of tables, as text for the compiler.
 *
 * Invariant: each part adds to the one before it what a project adds: the tables, the router, a client that uses each table.
 */

/** `schema`: tables alone. `router`: mounted as well. `client`: Hedgerow's client beside it. `hc`: Hono's, of the router's type. */
export type Part = "schema" | "router" | "client" | "hc";

const name = (number: number): string => `table${String(number).padStart(4, "0")}`;

const table = (number: number): string => `
export const ${name(number)} = table("${name(number)}", {
  id: id("row"),
  organizationId: organization(),
  userId: owner(),
  title: text("title").notNull(),
  createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
}, (t) => [index().on(t.organizationId, t.userId)])
  .firewall("organization")
  .access({
    read: { or: [{ roles: ["admin+"] }, { record: { userId: { equals: "ctx.userId" } } }] },
    create: { roles: ["member+"] },
    update: { roles: ["admin+"] },
    delete: { roles: ["owner"] },
  });`;

const use = (at: string, number: number): string => `
export const use${number} = async () => {
  const response = await ${at}.${name(number)}.$get({ query: { sort: "-createdAt", limit: "20" } });
  if (!response.ok) return;
  const { data } = await response.json();
  const created = await ${at}.${name(number)}.$post({ json: { title: data[0]?.title ?? "" } });
  return created.status;
};`;

const heads: Readonly<Record<Part, string>> = {
  schema: "",
  router: `
import { createRouter, type Authenticator, type DatabaseShape } from "hedgerow/hono";
import { Hono } from "hono";
declare const auth: Authenticator;
declare const database: DatabaseShape;
export const app = new Hono().route("/api/v1", createRouter({ schema, auth, database }));`,
  client: `
import { createClient } from "hedgerow/client";
const client = createClient<typeof schema>("https://example.com/api/v1");`,
  hc: `
import { hc } from "hono/client";
const client = hc<typeof app>("https://example.com");`,
};

/** @returns one module that holds everything up to a part. */
export const moduleOf = (part: Part, size: number): string => {
  const numbers = Array.from({ length: size }, (_, number) => number);
  const parts: ReadonlyArray<Part> = part === "schema" ? [] : part === "router" ? ["router"] : ["router", part];
  const used = part === "client" || part === "hc";
  return [
    `import { index, text, timestamp } from "drizzle-orm/pg-core";
import { id, organization, owner, table } from "hedgerow";`,
    ...numbers.map(table),
    `export const schema = { ${numbers.map(name).join(", ")} };`,
    ...parts.map((each) => heads[each]),
    ...(used ? numbers.map((number) => use(part === "hc" ? "client.api.v1" : "client", number)) : []),
  ].join("\n");
};
