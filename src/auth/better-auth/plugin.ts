/**
 * The Better Auth plugin that tells Hedgerow which session a request presents.
 *
 * Invariant: it verifies a signature and hashes a token. It asks the database nothing, decides nothing about the session, and
 * cannot be reached over HTTP. A token without a signature is never accepted: whoever has read a row of `session` gains
 * nothing by it, however `bearer()` is configured.
 */
import type { BetterAuthPlugin } from "better-auth";
import { createAuthEndpoint } from "better-auth/api";
import type { Via } from "../authenticator.js";
import { hashToken, verifySigned } from "./signed-token.js";

/** Where `sessionAuthenticator` finds the endpoint on `auth.api`. */
export const endpointName = "hedgerowPresentedToken";

/** Its answer: the SHA-256 of the session's token, and how the token came. */
export interface PresentedToken {
  readonly tokenHash: string;
  readonly via: Via;
}

const bearerScheme = "bearer ";

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
        async (ctx): Promise<PresentedToken | null> => {
          const { secret, authCookies } = ctx.context;
          const authorization = ctx.getHeader("authorization") ?? "";
          if (
            ctx.context.hasPlugin("bearer") &&
            authorization.slice(0, bearerScheme.length).toLowerCase() === bearerScheme
          ) {
            // bearer() has already turned the header into a cookie, and signed it itself if it was not: only the header tells.
            const token = await verifySigned(authorization.slice(bearerScheme.length).trim(), secret);
            return token === null ? null : { tokenHash: await hashToken(token), via: "header" };
          }
          const cookie = authCookies.sessionToken.name;
          if (!occursOnce(ctx.getHeader("cookie") ?? "", cookie)) return null;
          // Compared in constant time, by WebCrypto as in verifySigned.
          const token = await ctx.getSignedCookie(cookie, secret);
          return token ? { tokenHash: await hashToken(token), via: "cookie" } : null;
        },
      ),
    },
  } satisfies BetterAuthPlugin & { id: "hedgerow" };
  return plugin;
};

/** Two session cookies are two answers to one question (one may be planted by another subdomain), so neither counts. */
const occursOnce = (header: string, cookie: string): boolean =>
  header.split(";").filter((pair) => pair.slice(0, Math.max(pair.indexOf("="), 0)).trim() === cookie).length === 1;
