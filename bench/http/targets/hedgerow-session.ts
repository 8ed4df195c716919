/** Hedgerow's router where Better Auth's cookie names a session: live membership, looked up in the request's own transaction. */
import { drizzle } from "drizzle-orm/node-postgres";
import { sessionAuthenticator } from "hedgerow/better-auth";
import { createRouter } from "hedgerow/hono";
import { nodePostgres } from "hedgerow/node-postgres";
import pg from "pg";
import { createAuth } from "../auth.js";
import { documents } from "../guarded.js";
import { type Open, poolOptions } from "../target.js";

export const open: Open = ({ session, sessionAuth }) => {
  const pool = new pg.Pool({ connectionString: session, ...poolOptions });
  const authPool = new pg.Pool({ connectionString: sessionAuth, ...poolOptions });
  const auth = sessionAuthenticator(createAuth(drizzle(authPool)));
  const app = createRouter({ schema: { documents }, auth, database: nodePostgres(pool) });
  return {
    fetch: (request) => app.fetch(request),
    close: async () => {
      await Promise.all([pool.end(), authPool.end()]);
    },
  };
};
