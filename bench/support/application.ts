/**
 * An application on a database, with one person who works in an organization of hers.
 *
 * Invariant: set up as in production: pushed by the owner, Better Auth connects as `hedgerow_auth`, the API as
 * `hedgerow_api`.
 */
import { drizzle } from "drizzle-orm/node-postgres";
import { sessionIdentity } from "hedgerow/better-auth";
import { push } from "hedgerow/drizzle-kit";
import { nodePostgres } from "hedgerow/node-postgres";
import * as authModule from "../../examples/app/auth.js";
import { type Auth, authOptions, createAuth } from "../../examples/app/auth.js";
import type { FreshPostgres } from "../../test/support/cluster.js";

export const baseURL = "http://localhost:3000";
const secret = "a-secret-that-is-only-used-in-benchmarks-0123456789";

export interface Application {
  readonly auth: Auth;
  /** Better Auth on another connection. */
  readonly authOn: (database: Parameters<typeof createAuth>[0]) => Auth;
  readonly userId: string;
  readonly organizationId: string;
  readonly cookie: string;
  /** What a browser sends, with this method. */
  readonly request: (method: string, body?: object) => RequestInit;
  readonly apiUrl: string;
  readonly authUrl: string;
}

/** Better Auth's tables of the example. */
export const authSchema = (): Readonly<Record<string, unknown>> => {
  const { authOptions: _options, createAuth: _create, ...tables } = authModule;
  return tables;
};

/** @param schema the guarded tables; Better Auth's are added. */
export const setUp = async (server: FreshPostgres, schema: Readonly<Record<string, unknown>>): Promise<Application> => {
  await push({
    schema: { ...authSchema(), ...schema },
    identity: sessionIdentity(authOptions),
    database: nodePostgres(server.ownerPool),
  });
  await server.ownerPool.query("alter role hedgerow_api password 'api'");
  await server.ownerPool.query("alter role hedgerow_auth password 'auth'");
  const apiUrl = server.url("hedgerow_api", "api");
  const authUrl = server.url("hedgerow_auth", "auth");
  const authOn = (database: Parameters<typeof createAuth>[0]): Auth => createAuth(database, baseURL, secret);
  const auth = authOn(drizzle(server.pool(authUrl)));
  const { headers, response } = await auth.api.signUpEmail({
    body: { email: "ada@example.com", name: "Ada", password: "correct horse battery" },
    returnHeaders: true,
  });
  const cookie = headers
    .getSetCookie()
    .map((each) => each.split(";")[0])
    .join("; ");
  const organization = await auth.api.createOrganization({
    body: { name: "Acme", slug: "acme" },
    headers: new Headers({ cookie, origin: baseURL }),
  });
  if (!organization) throw new Error("The organization was not made.");
  return {
    auth,
    authOn,
    userId: response.user.id,
    organizationId: organization.id,
    cookie,
    request: (method, body) => ({
      method,
      headers: { cookie, "sec-fetch-site": "same-origin", ...(body && { "content-type": "application/json" }) },
      ...(body && { body: JSON.stringify(body) }),
    }),
    apiUrl,
    authUrl,
  };
};
