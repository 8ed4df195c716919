/**
 * Which session token a request presents.
 *
 * Invariant: it verifies a signature and asks the database nothing. A token without a signature is never accepted: whoever
 * has read a row of `session` gains nothing by it, however `bearer()` is configured.
 */
import type { GenericEndpointContext } from "better-auth";
import type { Via } from "../authenticator.js";
import { verifySigned } from "./signed-token.js";

const bearerScheme = "bearer ";

/** A token whose signature holds, and how it came. */
export interface VerifiedToken {
  readonly token: string;
  readonly via: Via;
}

const verified = (token: string | null | false | undefined, via: Via): VerifiedToken | null =>
  token ? { token, via } : null;

/** @returns null where there is none. Signatures are compared in constant time, by WebCrypto. */
export const presentedToken = async (ctx: GenericEndpointContext): Promise<VerifiedToken | null> => {
  const { secret, authCookies } = ctx.context;
  const authorization = ctx.getHeader("authorization") ?? "";
  if (ctx.context.hasPlugin("bearer") && authorization.slice(0, bearerScheme.length).toLowerCase() === bearerScheme) {
    // bearer() has already turned the header into a cookie, and signed it itself if it was not: only the header tells.
    return verified(await verifySigned(authorization.slice(bearerScheme.length).trim(), secret), "header");
  }
  const cookie = authCookies.sessionToken.name;
  if (!occursOnce(ctx.getHeader("cookie") ?? "", cookie)) return null;
  return verified(await ctx.getSignedCookie(cookie, secret), "cookie");
};

/** Two session cookies are two answers to one question (one may be planted by another subdomain), so neither counts. */
const occursOnce = (header: string, cookie: string): boolean =>
  header.split(";").filter((pair) => pair.slice(0, Math.max(pair.indexOf("="), 0)).trim() === cookie).length === 1;
