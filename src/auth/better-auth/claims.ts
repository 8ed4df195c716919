/**
 * Custom claims: single fields of Better Auth's tables that rules may compare with as `ctx.claims.x`.
 *
 * Invariant: a claim is read live with the rest of the caller, is a text, number, boolean or null, and is never a secret.
 * A claim of the organization or of the membership is null unless the caller is a member now.
 */

import { identifier, text } from "../../condition/sql-text.js";
import type { ApiKeyOptions } from "./api-keys.js";
import type { Expose } from "./exposure.js";
import type { AuthField, AuthModel, AuthModels } from "./models.js";

/** The tables that a claim may come from, with the alias that the caller query gives each. */
export const claimAliases = { user: "u", session: "s", organization: "o", member: "m" } as const;

export interface ClaimSource {
  /** Whose field it is. */
  readonly from: keyof typeof claimAliases;
  /**
   * Better Auth's name of the field, usually one of the `additionalFields`. A claim is worth as much as the right to write
   * the field: without `input: false`, users set the fields of `user` and `session` themselves.
   */
  readonly field: string;
}

/** Claims by the name that rules use. */
export type Claims = Readonly<Record<string, ClaimSource>>;

/** Where two declarations must agree: pass the same value to `authTables` and to `sessionIdentity`. */
export interface IdentityOptions {
  /** Fields of Better Auth's tables that rules may compare with as `ctx.claims.x`. */
  readonly claims?: Claims;
  /** Which keys of `@better-auth/api-key` are callers; none unless given. */
  readonly apiKeys?: ApiKeyOptions;
  /** What callers may read of Better Auth's tables beyond what they may anyway. */
  readonly expose?: Expose;
  /** As for Better Auth's Drizzle adapter: tables are called `users`, `sessions`, ... */
  readonly usePlural?: boolean;
  /**
   * What finds the session: the hash of its secret, which the router sends (without it), or the `sid` and `sub` of a token
   * that the database itself has verified, as `auth.session()` of pg_session_jwt gives them.
   *
   * Ids are no secrets. A connection that was not started with `pg_session_jwt.jwk`, against which the extension verifies, has
   * no verified token and so no caller. Where a stand-in answers for the extension (`sessionJwtShim()`), any SQL can set what
   * it reads, so that whoever knows the ids of a session is in it: for development only.
   */
  readonly by?: "verified-token";
  /**
   * `"later"` leaves Better Auth's tables to whoever uses them now, for a database where Better Auth does not yet connect as
   * `hedgerow_auth`. Callers, and the tables of your own, are guarded all the same: only who is no caller is bound by nothing.
   * `check` and `doctor` name it until it is gone; it is gone, and here again, by a push.
   */
  readonly guard?: "later";
}

/** A claim whose table and field exist. */
export interface FoundClaim {
  readonly name: string;
  readonly from: ClaimSource["from"];
  readonly field: AuthField;
}

/**
 * Finds the fields that claims name.
 *
 * @throws Error that lists every claim whose table or field does not exist or cannot be a claim, and what exists.
 */
export const findClaims = (models: AuthModels, claims: Claims): ReadonlyArray<FoundClaim> => {
  const problems: Array<string> = [];
  const all: Array<FoundClaim> = [];
  for (const [name, { from, field }] of Object.entries(claims)) {
    const model = models.get(from);
    const found = model?.fields.get(field);
    if (model === undefined) {
      problems.push(`claim "${name}": Better Auth stores no ${from} (is its plugin missing?)`);
    } else if (found === undefined || !mayBeClaim(from, found)) {
      problems.push(`claim "${name}": ${from} has no usable field "${field}"; it has ${usableFields(from, model)}`);
    } else {
      all.push({ name, from, field: found });
    }
  }
  if (problems.length > 0) throw new Error(`Claims that Better Auth cannot answer:\n- ${problems.join("\n- ")}`);
  return all;
};

/**
 * The expression of the column `claims`.
 *
 * ```sql
 * jsonb_build_object('region', nullif(u."region", ''), 'plan', nullif(o."plan", ''))
 * ```
 *
 * @param joined the tables whose rows the query has; claims of the others are null.
 * @throws Error as `findClaims` does.
 */
export const claimsExpression = (
  models: AuthModels,
  claims: Claims,
  joined: ReadonlyArray<ClaimSource["from"]> = ["user", "session", "organization", "member"],
): string => {
  const pairs = findClaims(models, claims).map(
    ({ name, from, field }) =>
      `${text(name)}, ${joined.includes(from) ? claimValue(claimAliases[from], field) : "null"}`,
  );
  return pairs.length === 0 ? "'{}'::jsonb" : `jsonb_build_object(${pairs.join(", ")})`;
};

/** Secrets and anything that is not one plain value stay out. */
const mayBeClaim = (from: ClaimSource["from"], { name, attribute }: AuthField): boolean =>
  attribute.returned !== false &&
  !(from === "session" && name === "token") &&
  (Array.isArray(attribute.type) || ["string", "number", "boolean", "date"].includes(attribute.type));

const usableFields = (from: ClaimSource["from"], model: AuthModel): string =>
  [...model.fields.values()]
    .filter((field) => mayBeClaim(from, field))
    .map(({ name }) => name)
    .join(", ");

const claimValue = (alias: string, { column, attribute }: AuthField): string => {
  const value = `${alias}.${identifier(column)}`;
  // An id may be a number or a uuid in Postgres; a caller's ids are always texts.
  if (attribute.references !== undefined) return `${value}::text`;
  return attribute.type === "string" || Array.isArray(attribute.type) ? `nullif(${value}, '')` : value;
};
