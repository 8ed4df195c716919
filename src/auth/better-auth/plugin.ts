/**
 * The Better Auth plugin that tells Hedgerow which session a request presents.
 *
 * Invariant: it verifies a signature and hashes a token. It asks the database nothing, decides nothing about the session, and
 * cannot be reached over HTTP.
 */
import type { BetterAuthPlugin } from "better-auth";
import { createAuthEndpoint } from "better-auth/api";
import type { Via } from "../authenticator.js";
import { presentedToken, type SessionContext } from "./presented-token.js";
import { hashToken } from "./signed-token.js";

/** Where `sessionAuthenticator` finds the endpoint on `auth.api`. */
export const endpointName = "hedgerowPresentedToken";

/** Its answer: the SHA-256 of the session's token, and how the token came. */
export interface PresentedToken {
  readonly tokenHash: string;
  readonly via: Via;
}

export const presentedHash = async (headers: Headers, context: SessionContext): Promise<PresentedToken | null> => {
  const presented = await presentedToken(headers, context);
  return presented === null ? null : { tokenHash: await hashToken(presented.token), via: presented.via };
};

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
      [endpointName]: createAuthEndpoint.serverOnly(
        { method: "GET", requireHeaders: true },
        (ctx): Promise<PresentedToken | null> => presentedHash(ctx.headers ?? new Headers(), ctx.context),
      ),
    },
  } satisfies BetterAuthPlugin & { id: "hedgerow" };
  return plugin;
};
