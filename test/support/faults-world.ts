/**
 * Guarded tables on a PostgreSQL, and people of several organizations, for tests of what happens when the database does not
 * answer as it should.
 *
 * Invariant: set up as in production. Who misbehaves is the database itself: a title can make a trigger sleep or raise.
 */
import { apiKey } from "@better-auth/api-key";
import { type BetterAuthOptions, betterAuth } from "better-auth";
import { drizzleAdapter } from "better-auth/adapters/drizzle";
import { organization as organizationPlugin } from "better-auth/plugins";
import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/node-postgres";
import { text } from "drizzle-orm/pg-core";
import { id, organization, owner, table } from "hedgerow";
import { authTables, hedgerow, sessionAuthenticator, sessionIdentity } from "hedgerow/better-auth";
import { push } from "hedgerow/drizzle-kit";
import { createRouter, type DatabaseShape, type RouterOptions, withCaller } from "hedgerow/hono";
import { nodePostgres } from "hedgerow/node-postgres";
import { Hono } from "hono";
import { cheapPasswords } from "./auth-world.js";
import { basics, type Device, device, password } from "./better-auth.js";
import { freshPostgres } from "./databases.js";
import { saying } from "./request.js";

const member = { roles: ["member+"] } as const;
const signedIn = { roles: ["AUTHENTICATED"] } as const;

export const items = table("items", { id: id(), organizationId: organization(), title: text("title").notNull() })
  .firewall("organization")
  .access({ read: member, create: member, update: member, delete: { roles: ["admin+"] } });
export const diaries = table("diaries", { id: id(), userId: owner(), title: text("title").notNull() })
  .firewall("owner")
  .access({ read: signedIn, create: signedIn, update: signedIn, delete: signedIn });
export const categories = table("categories", { id: id(), title: text("title").notNull() })
  .firewall({ exception: "the same for everyone" })
  .access({ read: { roles: ["PUBLIC"] } });
export const schema = { items, diaries, categories };

const options = {
  ...basics,
  emailAndPassword: cheapPasswords,
  plugins: [organizationPlugin(), apiKey([{ configId: "default", enableMetadata: true }]), hedgerow()],
} satisfies BetterAuthOptions;
const identityOptions = { apiKeys: { user: ["default"] } };

/** `sleep:<seconds>`, or `raise:<SQLSTATE>:<times>`, counted over all attempts since they were last counted. */
const misbehaviour = [
  "create sequence attempts",
  "grant usage on sequence attempts to authenticated",
  `create function misbehave() returns trigger language plpgsql as $$
  declare words text[] := string_to_array(new.title, ':'); attempt bigint := nextval('public.attempts');
  begin
    if words[1] = 'sleep' then perform pg_sleep(words[2]::float8); end if;
    if words[1] = 'raise' and attempt <= words[3]::bigint then
      raise exception 'made to fail' using errcode = words[2];
    end if;
    return new;
  end $$`,
  "create trigger misbehave before insert or update on items for each row execute function misbehave()",
];

export interface FaultAnswer {
  readonly status: number;
  readonly code: string | undefined;
  readonly retryAfter: string | null;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever JSON came back
  readonly json: any;
  readonly ms: number;
}

/** The headers by which somebody is known. */
export type Who = Readonly<Record<string, string>> | null;
export type Call = (who: Who, method: string, path: string, body?: object) => Promise<FaultAnswer>;

export const openFaultsWorld = async () => {
  const postgres = await freshPostgres();
  const tables = authTables(options, identityOptions);
  await push({
    schema: { ...tables, ...schema },
    identity: sessionIdentity(options, identityOptions),
    database: nodePostgres(postgres.ownerPool),
  });
  for (const text of misbehaviour) await postgres.ownerPool.query(text);
  await postgres.ownerPool.query("alter role hedgerow_api password 'api'");
  await postgres.ownerPool.query("alter role hedgerow_auth password 'auth'");
  const authPool = postgres.pool(postgres.url("hedgerow_auth", "auth"), { max: 2 });
  const auth = betterAuth({
    ...options,
    database: drizzleAdapter(drizzle(authPool), { provider: "pg", schema: tables }),
  });
  const superuser = postgres.pool(postgres.superuserUrl, { max: 2 });
  await superuser.query("insert into categories (title) values ('one'), ('two')");
  let people = 0;

  const cookieOf = ({ headers }: Device): Who => ({ cookie: headers.get("cookie") ?? "", origin: basics.baseURL });

  return {
    postgres,
    /** For a pool of the API. */
    apiUrl: postgres.url("hedgerow_api", "api"),
    authenticator: sessionAuthenticator(auth, { apiKeys: {} }),

    /** SQL as the superuser, to see what is really there. */
    truth: async (text: string, values: Array<unknown> = []): Promise<ReadonlyArray<Record<string, unknown>>> =>
      (await superuser.query(text, values)).rows,

    /** Somebody who owns an organization, and is active in it. */
    signUp: async () => {
      people += 1;
      const body = { name: `user${people}`, email: `user${people}@example.com`, password };
      const made = device(await auth.api.signUpEmail({ body, returnHeaders: true }));
      const created = await auth.api.createOrganization({
        body: { name: `org${people}`, slug: `org${people}` },
        headers: made.headers,
      });
      if (!created) throw new Error("No organization was made.");
      return { userId: made.userId, organizationId: created.id, who: cookieOf(made), device: made };
    },

    /** A key of a user, in an organization of theirs. */
    keyOf: async (userId: string, organizationId: string): Promise<Who> => {
      const { key } = await auth.api.createApiKey({
        body: { userId, metadata: { organizationId }, permissions: { roles: ["owner"] } },
      });
      return { "x-api-key": key };
    },

    revoke: async ({ headers }: Device): Promise<void> => {
      await auth.api.signOut({ headers });
    },

    /** The router at `/`, and beside it routes of an application. */
    serve: (
      database: DatabaseShape,
      more: Pick<RouterOptions<typeof schema>, "timeouts"> & { readonly onError?: (error: unknown) => void } = {},
    ): Call => {
      const given = { auth: sessionAuthenticator(auth, { apiKeys: {} }), database, onError: () => {}, ...more };
      const acting = withCaller({ schema, ...given });
      const app = new Hono()
        .get("/own/items", acting, async (c) => c.json(await c.var.hedgerow.db.select().from(items)))
        .get("/own/caller", acting, async (c) => c.json(await c.var.hedgerow.caller()))
        // What SQL can leave behind on a connection, of a statement that succeeds and of one that does not.
        .get("/own/residue", acting, async (c) => {
          const divisor = c.req.query("fails") === undefined ? 1 : 0;
          await c.var.hedgerow.db.execute(
            sql`select ${sql.raw(saying({ userId: "left behind", token: "0".repeat(64) }, true))}, set_config('statement_timeout', '1', false),
              pg_advisory_lock_shared(7), 1 / ${divisor}::int`,
          );
          return c.json(await c.var.hedgerow.db.select().from(diaries));
        })
        .get("/own/categories", acting, async (c) =>
          c.json(await c.var.hedgerow.transaction((tx) => tx.select().from(categories))),
        )
        .post("/own/diaries", acting, async (c) => {
          const { title } = await c.req.json();
          const rows = await c.var.hedgerow.transaction(async (tx) => {
            await tx.insert(diaries).values({ title });
            await tx.insert(items).values({ title });
            return tx.select().from(diaries);
          });
          return c.json(rows, 201);
        })
        .route("/", createRouter({ schema, ...given }));
      // Hono's own writes every error to the console.
      app.onError((_, c) => c.text("", 500));
      return async (who, method, path, body) => {
        const started = performance.now();
        const response = await app.request(`${basics.baseURL}${path}`, {
          method,
          headers: { ...who, ...(body && { "content-type": "application/json" }) },
          ...(body && { body: JSON.stringify(body) }),
        });
        const answer = await response.text();
        const json = response.headers.get("content-type")?.includes("json") ? JSON.parse(answer) : undefined;
        const retryAfter = response.headers.get("retry-after");
        const ms = performance.now() - started;
        return { status: response.status, code: json?.code, retryAfter, text: answer, json, ms };
      };
    },
    close: postgres.close,
  };
};

export type FaultsWorld = Awaited<ReturnType<typeof openFaultsWorld>>;
