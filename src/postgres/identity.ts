/**
 * How the database finds out who is calling: live, in tables that hold sessions and memberships, or from what the router
 * (or PostgREST) took from a verified token.
 *
 * Invariant: plain data. The SQL layer never knows which product filled it in.
 */

import { problemsOfTokenPaths, type TokenPaths, tokenPaths } from "./token-claims.js";

/** A table outside the user's schema that Hedgerow locks: RLS forced (unless later), no caller has a right on it. */
export interface ServiceTable {
  readonly schema: string;
  readonly name: string;
}

/** The policy of the identity provider's own login. Where it stands, a push has been. */
export const authPolicy = "hedgerow_auth_all";

/** The policy of whoever is no caller, on service tables that are guarded later. */
export const othersPolicy = "hedgerow_others_all";

/** A permissive policy on a service table. Its name is stable: it is dropped and created by it. */
export interface ServicePolicy {
  readonly table: ServiceTable;
  readonly name: string;
  readonly command: "all" | "select";
  readonly role: string;
  /** Expression of `using`. */
  readonly using: string;
  /** Expression of `with check`; null for a command that has none. */
  readonly check: string | null;
}

/** Columns of a service table that callers may select. Which rows a policy says. */
export interface ReadableTable {
  readonly table: ServiceTable;
  /** SQL names. */
  readonly columns: ReadonlyArray<string>;
  readonly roles: ReadonlyArray<string>;
}

/** A helper that reads `reads` as the definer, on behalf of the live caller, for policies to ask. */
export interface IdentityFunction {
  /** With the names of the arguments, without the schema: `organizations_with_role(roles text[])`. */
  readonly signature: string;
  readonly returns: string;
  /** In PL/pgSQL, with every name qualified. */
  readonly body: string;
}

/** A view in the helper schema that every caller may read. It runs with the rights of whoever asks. */
export interface IdentityView {
  readonly name: string;
  readonly query: string;
}

/** The caller is looked up in the tables of an identity provider, for each transaction and for each statement of one that stays open. */
export interface LiveIdentity {
  readonly _tag: "Live";
  /**
   * The query of `hedgerow.caller()`: at most one row with exactly these columns, in this order:
   * `session_id text, user_id text, org_id text, org_roles text[], team_id text, user_roles text[], claims jsonb`.
   * It may refer to the PL/pgSQL variable `token_hash bytea`: the SHA-256 of the secret that the caller presented; with
   * `by`, to `verified_session text` and `verified_user text` instead.
   * It runs with an empty `search_path`, so every name is qualified. It returns no row unless the session is live.
   */
  readonly callerQuery: string;
  /**
   * What the caller presented, where that is not a secret whose hash the router sends: a token that the database itself has
   * verified, whose `sid` and `sub` `auth.session()` gives. Neither is a secret, so `callerQuery` must ask for
   * `pg_session_jwt.jwk`, without which that function believes a setting.
   */
  readonly by?: "verified-token";
  /** The tables of the identity provider stay open to whoever is no caller, until it connects as `hedgerow_auth`. */
  readonly guard?: "later";
  /**
   * The same for who presents an API key, instead of `callerQuery`; without it a key is nobody. It may refer to the PL/pgSQL
   * variable `key_hash bytea`, the SHA-256 of the key.
   */
  readonly apiKeyQuery?: string;
  /**
   * A query for tools, never for requests: the token hashes (`token_hash text`, lower-case hexadecimal) of the sessions of
   * the user whose id or email is `$1`, newest first.
   */
  readonly sessionsQuery: string;
  /** The tables that `callerQuery` and `functions` read; the definer role gets SELECT and a policy on these and nothing else. */
  readonly reads: ReadonlyArray<ServiceTable>;
  /** All tables that belong to the identity provider; but for `readable`, only `hedgerow_auth` may use them. */
  readonly serviceTables: ReadonlyArray<ServiceTable>;
  /** All policies of `serviceTables`; the tables' Drizzle objects declare the same ones. */
  readonly policies: ReadonlyArray<ServicePolicy>;
  /** What callers may select of `serviceTables`; nothing unless given. */
  readonly readable?: ReadonlyArray<ReadableTable>;
  readonly functions?: ReadonlyArray<IdentityFunction>;
  readonly views?: ReadonlyArray<IdentityView>;
  /** Statements to run once the tables exist, for example the index that finds a session by its hashed token. */
  readonly indexes: ReadonlyArray<string>;
  /** Names of the claims that the query fills, with the type each has. */
  readonly claims: ReadonlyArray<string>;
}

/** The caller is what a verified token says. Nothing of it is stored, and it is as old as the token. */
export interface ClaimsIdentity {
  readonly _tag: "Claims";
  /** Names of the custom claims that the token carries. */
  readonly claims: ReadonlyArray<string>;
  /** Where the database itself has verified the token and reads it: what stands where. */
  readonly verified?: TokenPaths;
}

export type IdentitySource = LiveIdentity | ClaimsIdentity;

/** Whether the tables of the identity provider answer its own login and callers alone, their owner included. */
export const guardsService = (identity: IdentitySource): boolean =>
  identity._tag === "Claims" || identity.guard !== "later";

export interface ClaimsOptions {
  readonly claims?: ReadonlyArray<string>;
  readonly by?: "verified-token";
  readonly paths?: Partial<TokenPaths>;
}

/**
 * Describes to the SQL layer that tokens say who is calling.
 *
 * The organization, the roles and the claims are as old as the token, and SQL of your own that runs inside a request could
 * change them (`set_config`), so never build such SQL from input. Live sessions (`hedgerow/better-auth`) have neither limit.
 *
 * With `by: "verified-token"` the helpers read the token that the database has verified (`auth.session()` of Neon's
 * pg_session_jwt), as `neon({ url, authorize })` sends it, and nothing that SQL could change.
 *
 * @param options `claims`: the names under which rules use the custom claims that tokens carry; `by` and `paths`: that the
 *   database verifies the token, and where in it each value is, for tokens other than those of `tokenIssuer()`.
 * @returns plain data for `compile`, `push` and the others.
 * @throws RangeError for a name that rules cannot use, or a path that is none.
 *
 * @example
 * ```ts
 * const identity = claimsIdentity({ claims: ["region", "clearance"] });
 * ```
 */
export const claimsIdentity = (options: ClaimsOptions = {}): ClaimsIdentity => {
  const claims = options.claims ?? [];
  const odd = claims.find((name) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name));
  if (odd !== undefined) throw new RangeError(`claimsIdentity: claim ${JSON.stringify(odd)} is not a plain name.`);
  const { by, paths = {} } = options;
  if (by === undefined && options.paths !== undefined) {
    throw new RangeError(
      'claimsIdentity: paths are those of a token that the database reads: add by: "verified-token".',
    );
  }
  const problems = problemsOfTokenPaths({ ...paths });
  if (problems.length > 0) throw new RangeError(`claimsIdentity: ${problems.join("; ")}.`);
  return {
    _tag: "Claims",
    claims: [...new Set(claims)].sort(),
    ...(by !== undefined && { verified: { ...tokenPaths, ...paths } }),
  };
};

/** What an identity keeps in tables of its own. */
export type IdentityStorage = Required<
  Pick<LiveIdentity, "reads" | "serviceTables" | "policies" | "readable" | "views" | "indexes">
>;

const nothingStored: IdentityStorage = {
  reads: [],
  serviceTables: [],
  policies: [],
  readable: [],
  views: [],
  indexes: [],
};

export const storageOf = (identity: IdentitySource): IdentityStorage =>
  identity._tag === "Live" ? { readable: [], views: [], ...identity } : nothingStored;
