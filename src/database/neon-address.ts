/**
 * Which host of Neon a url means, and for whom.
 *
 * Invariant: a url that could not do what the options ask for is an error when the database is made, and no message has a
 * password in it.
 */
import { postgresTarget } from "./target.js";

export interface AddressOptions {
  readonly url: string;
  readonly authorize?: { readonly url: string };
}

export interface NeonAddress {
  readonly url: string;
  readonly host: string;
  /** What tokens are sent with: it has no password. */
  readonly tokenUrl?: string;
}

/** Without the url, which has a password. */
export const refuse = (problem: string): never => {
  throw new TypeError(`neon() ${problem}`);
};

const parsed = (url: string, option: string, like: string): URL =>
  URL.canParse(url) && /^postgres(ql)?:$/.test(new URL(url).protocol)
    ? new URL(url)
    : refuse(`needs ${option} like ${like}`);

/** `ep-name-123456`, and with `-pooler` the same endpoint through PgBouncer. */
export const endpoint = /^(ep-[a-z0-9-]+?)(-pooler)?(?=\.)/;

/** The same host without `-pooler`. */
export const direct = (hostname: string): string => hostname.replace(endpoint, "$1");

/** Whatever the connection with the password was found to be, this one must be: the same database, and the callers' role. */
const authorized = (url: string, own: URL): string => {
  const role = postgresTarget.roles.authenticated;
  const address = parsed(url, "authorize.url", `postgres://${role}@host/database`);
  if (address.password !== "") {
    return refuse("needs authorize.url without a password: it gets the caller's token");
  }
  if (address.username !== role) {
    return refuse(`needs authorize.url for the role ${role}, not "${address.username}"`);
  }
  return direct(address.host) === direct(own.host) && address.pathname === own.pathname
    ? url
    : refuse("needs authorize.url with the host and the database of url");
};

/**
 * @returns where to connect.
 * @throws TypeError for a url that is none of PostgreSQL, or that tokens must not be sent with.
 */
export const addressOf = ({ url, authorize }: AddressOptions): NeonAddress => {
  const address = parsed(url, "a url", "postgres://role:password@host/database");
  return {
    url,
    host: address.host,
    ...(authorize !== undefined && { tokenUrl: authorized(authorize.url, address) }),
  };
};
