/**
 * Which session token a request presents.
 *
 * Invariant: it verifies a signature and asks the database nothing. A token without a signature is never accepted: whoever
 * has read a row of `session` gains nothing by it, however `bearer()` is configured.
 */
import type { AuthContext } from "better-auth";
import { trimAscii } from "../../condition/ascii.js";
import type { Via } from "../authenticator.js";
import { verifySigned } from "./signed-token.js";

const bearerScheme = "bearer ";

/** A token whose signature holds, and how it came. */
export interface VerifiedToken {
  readonly token: string;
  readonly via: Via;
}

/** What Better Auth says about its sessions. */
export type SessionContext = Pick<AuthContext, "secret" | "authCookies" | "hasPlugin">;

const verified = (token: string | null, via: Via): VerifiedToken | null => (token === null ? null : { token, via });

/** @returns null where there is none. Signatures are compared in constant time. */
export const presentedToken = async (headers: Headers, context: SessionContext): Promise<VerifiedToken | null> => {
  const { secret, authCookies } = context;
  if (context.hasPlugin("bearer")) {
    // bearer() turns the header into a cookie for Better Auth, and signs it itself if it was not: only the header tells.
    const authorization = headers.get("authorization") ?? "";
    if (authorization.slice(0, bearerScheme.length).toLowerCase() === bearerScheme) {
      return verified(await verifySigned(trimAscii(authorization.slice(bearerScheme.length)), secret), "header");
    }
  }
  const value = onlyCookie(headers.get("cookie") ?? "", authCookies.sessionToken.name);
  return value === undefined ? null : verified(await verifySigned(value, secret), "cookie");
};

/** Two session cookies are two answers to one question (one may be planted by another subdomain), so neither counts. */
const onlyCookie = (header: string, name: string): string | undefined => {
  // The common case, without a list.
  if (header.startsWith(`${name}=`) && !header.includes(";")) return trimAscii(header.slice(name.length + 1));
  const values = header.split(";").flatMap((pair) => {
    const equals = pair.indexOf("=");
    return equals >= 0 && trimAscii(pair.slice(0, equals)) === name ? [trimAscii(pair.slice(equals + 1))] : [];
  });
  return values.length === 1 ? values[0] : undefined;
};
