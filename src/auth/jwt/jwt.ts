/**
 * Tokens of any issuer as an authenticator.
 *
 * Invariant: a caller comes out only of a token whose signature, algorithm, issuer, audience and times were all verified.
 * What is worth nothing is anonymous, never an error; an issuer whose keys cannot be had is an error, never anonymous.
 */
import type { JWTVerifyGetKey } from "jose";
import { JOSEError } from "jose/errors";
import { jwtVerify } from "jose/jwt/verify";
import type { Caller } from "../../condition/caller.js";
import {
  type Authenticator,
  anonymousCredential,
  type Credential,
  IdentityUnavailable,
  type Presented,
  type Via,
} from "../authenticator.js";
import { callerOf, type Identity, textOf } from "./identity.js";
import { type KeySet, remoteKeySet, staticKeySet } from "./key-set.js";
import { algorithmsOf, type JwtOptions, problemsOf, secretBytes } from "./options.js";
import { type ClaimSource, type Payload, read } from "./payload.js";
import { tokenOf } from "./token.js";

/** Why a token that is correctly signed still counts for nothing. */
class Refused extends Error {}

/** What a token to call with is called; one to sign out with, for example, is called otherwise by the same issuer. */
const isUsualType = (typ: unknown): boolean =>
  typ === undefined || (typeof typ === "string" && /^(?:application\/)?(?:at\+)?jwt$/i.test(typ));

const keySetOf = (options: JwtOptions): KeySet | null => {
  if (options.jwksUri !== undefined) return remoteKeySet(options.jwksUri, options.keySet);
  return options.jwks === undefined ? null : staticKeySet(options.jwks);
};

const plainIdentity = (payload: Payload): Identity => ({ userId: payload.sub, sessionId: payload.sid });

/** What the preferences say replaces what the issuer's mapping says. */
const callerFrom = (options: JwtOptions): ((payload: Payload) => Caller | null) => {
  const map = options.map ?? plainIdentity;
  const claims = Object.entries<ClaimSource>(options.claims ?? {});
  return (payload) => {
    const identity = map(payload);
    if (identity === null) return null;
    const chosen = (source: ClaimSource | undefined, mapped: unknown): unknown =>
      source === undefined ? mapped : read(payload, source);
    return callerOf(
      {
        userId: identity.userId,
        sessionId: identity.sessionId,
        organizationId: chosen(options.organization, identity.organizationId),
        teamId: chosen(options.team, identity.teamId),
        roles: chosen(options.roles, identity.roles),
        userRoles: chosen(options.userRoles, identity.userRoles),
      },
      claims.map(([name, source]) => [name, read(payload, source)] as const),
    );
  };
};

/**
 * Lets an issuer of JSON Web Tokens say who sends a request.
 *
 * `iss`, `exp` and the signature are always checked, `nbf` where it is there, `aud` unless `audience` is null, and the
 * algorithm against a list that the token has no say in. Headers that carry or point to keys (`jwk`, `jku`, `x5c`, `x5u`)
 * are ignored. A token that is bound to its sender's key (`cnf`) is refused. A token may have 16 KiB, comes from `Authorization: Bearer` (or the cookie that you name), and is verified
 * anew with each request.
 *
 * ```ts
 * const authenticator = jwt({
 *   issuer: "https://id.example.com",
 *   audience: "https://api.example.com",
 *   jwksUri: "https://id.example.com/.well-known/jwks.json",
 *   organization: "org_id",
 *   roles: "org_roles",
 *   claims: { region: "app_metadata.region" },
 * });
 * ```
 *
 * For the issuers that have a preset: `jwt(clerk({ issuer, authorizedParties }))`.
 *
 * @param options the issuer, its keys and what its tokens mean: written out, or made by a preset.
 * @returns an authenticator: `Claims` (with `live`, `Token`) for a token that holds, otherwise `Anonymous`. It rejects with `IdentityUnavailable`
 *   when the issuer's keys cannot be had.
 * @throws Error that lists everything in the options that cannot be meant.
 */
export const jwt = (options: JwtOptions): Authenticator => {
  const problems = problemsOf(options);
  if (problems.length > 0) throw new Error(`jwt() cannot verify tokens like this:\n- ${problems.join("\n- ")}`);

  const { issuer, audience, acceptKey, cookie } = options;
  const keySet = keySetOf(options);
  const key: JWTVerifyGetKey = keySet?.key ?? (() => secretBytes(options.secret ?? ""));
  const rules = {
    algorithms: [...algorithmsOf(options)],
    requiredClaims: ["iss", "exp"],
    clockTolerance: options.clockToleranceSeconds ?? 5,
    ...(typeof issuer !== "function" && { issuer: typeof issuer === "string" ? issuer : [...issuer] }),
    ...(audience !== null && { audience: typeof audience === "string" ? audience : [...audience] }),
    ...(options.type !== undefined && { typ: options.type }),
    ...(options.maxTokenAgeSeconds !== undefined && { maxTokenAge: options.maxTokenAgeSeconds }),
  };
  const mapped = callerFrom(options);

  const verified = async (token: string): Promise<Payload> => {
    const { payload, protectedHeader } = await jwtVerify(token, key, rules);
    if (options.type === undefined && !isUsualType(protectedHeader.typ)) throw new Refused("typ is of another purpose");
    if (!Number.isFinite(payload.exp)) throw new Refused("exp is not a time");
    if (payload.cnf !== undefined)
      throw new Refused("it is bound to a key of its sender (cnf), which is not verified here");
    if (typeof issuer === "function" && payload.iss !== issuer(payload))
      throw new Refused('unexpected "iss" claim value');
    if (acceptKey !== undefined) {
      const published = protectedHeader.kid === undefined ? undefined : keySet?.published(protectedHeader.kid);
      if (published === undefined || !acceptKey(published, payload)) throw new Refused("the key is another issuer's");
    }
    return payload;
  };

  const credentialOf = (payload: Payload, presented: Presented, via: Via): Credential | null => {
    if (options.live) {
      // As pg_session_jwt reads them, whatever the issuer's mapping makes of them.
      return textOf(payload.sub) === null || textOf(payload.sid) === null ? null : { _tag: "Token", presented, via };
    }
    const caller = mapped(payload);
    return caller === null ? null : { _tag: "Claims", caller, presented, via };
  };

  return {
    credentialHeaders: ["Authorization", ...(cookie === undefined ? [] : ["Cookie"])],
    identify: async ({ headers }) => {
      const presented = tokenOf(headers, cookie);
      if (presented === null) return anonymousCredential;
      let payload: Payload;
      try {
        payload = await verified(presented.token);
      } catch (error) {
        if (error instanceof IdentityUnavailable) throw error;
        options.onRefused?.(reasonOf(error));
        return anonymousCredential;
      }
      const { token, via } = presented;
      const credential = credentialOf(payload, () => token, via);
      if (credential !== null) return credential;
      options.onRefused?.(options.live ? "it names no session" : "it is not the token of a user");
      return anonymousCredential;
    },
  };
};

/** jose's texts name claims and never quote them. */
const reasonOf = (error: unknown): string => {
  if (error instanceof JOSEError) return `${error.code}: ${error.message}`;
  return error instanceof Refused ? error.message : "its key or its signature cannot be read";
};
