/** The least that a Worker of Hedgerow's is: a table, the router, Neon over HTTP, callers from tokens. */
import { text } from "drizzle-orm/pg-core";
import { id, organization, owner, table } from "hedgerow";
import { createRouter } from "hedgerow/hono";
import { auth0, jwt } from "hedgerow/jwt";
import { neon } from "hedgerow/neon-http";

const documents = table("documents", {
  id: id("doc"),
  organizationId: organization(),
  userId: owner(),
  title: text("title").notNull(),
})
  .firewall("organization")
  .access({ read: { roles: ["member+"] }, create: { roles: ["member+"] } });

const createApi = (url: string) =>
  createRouter({
    schema: { documents },
    auth: jwt(auth0({ domain: "acme.eu.auth0.com", audience: "https://api.acme.example" })),
    database: neon({ url }),
  });

let api: ReturnType<typeof createApi> | undefined;

export default {
  fetch: (request: Request, env: { readonly DATABASE_URL: string }): Response | Promise<Response> => {
    api ??= createApi(env.DATABASE_URL);
    return api.fetch(request);
  },
};
