/**
 * The Better Auth plugin that tells Hedgerow which session a request presents.
 *
 * Invariant: it verifies a signature and hashes a token. It asks the database nothing, decides nothing about the session, and
 * cannot be reached over HTTP.
 */
import type { BetterAuthPlugin } from "better-auth";
import { createAuthEndpoint } from "better-auth/api";
import { presentedToken } from "./presented-token.js";
import { hashToken } from "./signed-token.js";

/** Where `sessionAuthenticator` finds the endpoint on `auth.api`. */
export const endpointName = "hedgerowPresentedToken";

/**
 * Adds to Better Auth what `sessionAuthenticator` needs: `betterAuth({ plugins: [organization(), hedgerow()] })`.
 *
 * The session is taken from the signed session cookie or, when the `bearer` plugin is installed and the request has a bearer
 * value, from that alone; it must be the signed value that Better Auth hands out in the `set-auth-token` header.
 *
 * @returns the plugin; it has no options, no tables and no routes.
 */
export const hedgerow = (): { readonly id: "hedgerow" } => {
  const plugin = {
    id: "hedgerow",
    endpoints: {
      [endpointName]: createAuthEndpoint.serverOnly({ method: "GET", requireHeaders: true }, async (ctx) => {
        const token = await presentedToken(ctx);
        return token === null ? null : hashToken(token);
      }),
    },
  } satisfies BetterAuthPlugin & { id: "hedgerow" };
  return plugin;
};
