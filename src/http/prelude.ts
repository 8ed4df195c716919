/**
 * The statements that make a transaction act as whoever presents a credential.
 *
 * Invariant: who it acts as is answered by the same statements, so nobody has to ask for it, and the answer is never older
 * than the transaction.
 */
import type { Credential } from "../auth/authenticator.js";
import { anonymousCaller, type Caller, type ClaimValue, heldCaller } from "../condition/caller.js";
import type { Result, Statement } from "../database/database.js";
import {
  boundStatement,
  enterApiKey,
  enterClaims,
  enterSession,
  forgetPrepared,
  forgetSequences,
  helperSchema,
  newSeed,
  type Timeouts,
} from "../database/session.js";
import type { Target } from "../database/target.js";
import { knownCaller } from "./known-caller.js";

export interface Prelude {
  readonly statements: ReadonlyArray<Statement>;
  /** What goes before a later statement of the same transaction: it is answered for whoever the caller is then, and ends. */
  readonly renewal: ReadonlyArray<Statement>;
  /** Where nothing has to be asked. */
  readonly known: Caller | undefined;
  /** @param results those of `statements`. */
  readonly callerOf: (results: ReadonlyArray<Result>) => Caller;
}

/** As `hedgerow.enter()` answers. */
interface EnteredRow {
  readonly session_id: string | null;
  readonly user_id: string | null;
  readonly org_id: string | null;
  readonly org_roles: ReadonlyArray<string>;
  readonly team_id: string | null;
  readonly user_roles: ReadonlyArray<string>;
  readonly claims: Readonly<Record<string, ClaimValue>>;
}

const callerIn = (results: ReadonlyArray<Result>): Caller => {
  const json = results.flatMap(({ rows }) => rows).find((row) => typeof row.caller === "string")?.caller;
  if (typeof json !== "string") throw new Error("hedgerow.enter() answered with no caller.");
  const row: EnteredRow = JSON.parse(json);
  return heldCaller({
    userId: row.user_id,
    sessionId: row.session_id,
    activeOrgId: row.org_id,
    activeTeamId: row.team_id,
    roles: row.org_roles,
    userRoles: row.user_roles,
    claims: row.claims,
  });
};

/** The first statement for a secret that the database looks up. */
export const enterLive = (
  credential: Extract<Credential, { readonly _tag: "Session" | "ApiKey" }>,
  timeouts: Timeouts,
  target: Target,
): Statement =>
  credential._tag === "Session"
    ? enterSession(credential.tokenHash, timeouts, target)
    : enterApiKey(credential.keyHash, timeouts, target);

/**
 * @param longestMs how long a later statement of the transaction may take, whatever an earlier one has set; 0 for no limit.
 * @param signedIn whether the transaction stops (SQLSTATE HR401) unless somebody is signed in.
 * @returns for a session
 * ```sql
 * select set_config('role', …), …;
 * discard sequences;
 * select to_json(c)::text as caller, setseed(…) from hedgerow.enter() c;
 * ```
 */
export const preludeFor = (
  credential: Credential,
  timeouts: Timeouts,
  target: Target,
  { longestMs, signedIn }: { readonly longestMs: number; readonly signedIn: boolean },
): Prelude => {
  const bound = longestMs === 0 ? undefined : boundStatement(longestMs);
  if (credential._tag === "Session" || credential._tag === "ApiKey") {
    const admitted = signedIn ? `, ${helperSchema}.admit(c.user_id is not null, true, c.user_id is not null)` : "";
    const enter = {
      text: `select to_json(c)::text as caller${admitted}, ${forgetPrepared}, ${newSeed()} from ${helperSchema}.enter() c`,
    };
    return {
      statements: [enterLive(credential, timeouts, target), forgetSequences, enter],
      renewal: [{ text: `select ${bound ?? "1"} from ${helperSchema}.enter()`, raw: true }],
      known: undefined,
      callerOf: callerIn,
    };
  }
  const caller = knownCaller(credential, target) ?? anonymousCaller;
  return {
    statements: [
      enterClaims(caller, timeouts, target),
      forgetSequences,
      { text: `select ${forgetPrepared}, ${newSeed()}`, raw: true },
    ],
    renewal: bound === undefined ? [] : [{ text: `select ${bound}`, raw: true }],
    known: caller,
    callerOf: () => caller,
  };
};
