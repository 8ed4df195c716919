/**
 * Finding the one token that a request presents.
 *
 * Invariant: at most one token is ever looked at, and only where the configuration says that tokens travel. Two of them, or
 * one that is too long to be worth verifying, are none.
 */
import { trimAscii } from "../../condition/ascii.js";
import type { Via } from "../authenticator.js";

/** Characters of a token. Web servers allow a header of 8 to 16 KiB. */
const longest = 16_384;

const bearer = /^bearer +([\w-]+\.[\w-]+\.[\w-]+) *$/i;
const compact = /^[\w-]+\.[\w-]+\.[\w-]+$/;

export interface PresentedToken {
  readonly token: string;
  readonly via: Via;
}

const presented = (token: string | null | undefined, via: Via): PresentedToken | null =>
  token == null ? null : { token, via };

/**
 * @param cookie the name of a cookie that carries a token where there is no Authorization header.
 * @returns the token in compact form and how it came, or null.
 */
export const tokenOf = (headers: Headers, cookie: string | undefined): PresentedToken | null => {
  const authorization = headers.get("authorization");
  if (authorization !== null) {
    // Two headers arrive joined by a comma, which no token contains.
    return authorization.length > longest ? null : presented(bearer.exec(authorization)?.[1], "header");
  }
  return cookie === undefined ? null : presented(cookieOf(headers.get("cookie") ?? "", cookie), "cookie");
};

const cookieOf = (header: string, name: string): string | null => {
  const values = header.split(";").flatMap((pair) => {
    const equals = pair.indexOf("=");
    return equals > 0 && trimAscii(pair.slice(0, equals)) === name ? [trimAscii(pair.slice(equals + 1))] : [];
  });
  const [value, ...others] = values;
  return value !== undefined && others.length === 0 && value.length <= longest && compact.test(value) ? value : null;
};
