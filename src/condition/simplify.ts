/**
 * Fewer clauses, the same rows.
 *
 * Invariant: the simplified condition is TRUE for exactly the same rows and callers. Every step but one keeps all
 * three truth values (constants, nesting, repetition and absorption are laws of Kleene's logic); the one that does
 * not, dropping "is signed in" beside a comparison that only a signed-in caller can pass, is used in positive
 * positions only.
 */
import { always, type Condition, never } from "./condition.js";

/** A text that is equal exactly when two conditions are. */
export const keyOf = (condition: Condition): string => {
  try {
    return JSON.stringify(condition);
  } catch {
    // JSON has no bigint. To ask about each value takes several times as long, and few rules hold one.
    return JSON.stringify(condition, (_, value: unknown) => (typeof value === "bigint" ? `${value}n` : value));
  }
};

const constant = (condition: Condition): boolean | undefined =>
  condition._tag === "Constant" ? condition.value : undefined;

/**
 * Whether one condition is never truer than another, as far as their parts show: false comes before unknown, unknown before
 * true. Who has one of some roles has one of more.
 */
const isWithin = (one: Condition, other: Condition): boolean =>
  (one._tag === other._tag && keyOf(one) === keyOf(other)) ||
  (one._tag === "HasRole" &&
    other._tag === "HasRole" &&
    one.tier === other.tier &&
    one.roles.every((role) => other.roles.includes(role))) ||
  (one._tag === "And" && one.all.some((part) => isWithin(part, other))) ||
  (other._tag === "Or" && other.any.some((part) => isWithin(one, part)));

/** `A and (A or B)` is `A`; `A or (A and B)` is `A`. @param adds whether a part says something that the other does not. */
const needed = (
  parts: ReadonlyArray<Condition>,
  adds: (part: Condition, beside: Condition) => boolean,
): ReadonlyArray<Condition> =>
  parts.reduce<ReadonlyArray<Condition>>(
    (kept, part) =>
      kept.every((other) => adds(part, other)) ? [...kept.filter((other) => adds(other, part)), part] : kept,
    [],
  );

/** Values that only a signed-in caller has; an organization and roles in it an organization's API key has as well. */
const belongsToUser = (path: string): boolean => path === "userId" || path === "sessionId" || path === "activeTeamId";

const impliesSignedIn = (condition: Condition): boolean =>
  (condition._tag === "Compare" && condition.operand._tag === "Context" && belongsToUser(condition.operand.path)) ||
  (condition._tag === "HasRole" && condition.tier === "platform" && condition.roles.length > 0) ||
  (condition._tag === "HasContext" && condition.path !== "userId" && belongsToUser(condition.path)) ||
  (condition._tag === "And" && condition.all.some(impliesSignedIn)) ||
  (condition._tag === "Or" && condition.any.length > 0 && condition.any.every(impliesSignedIn));

const isSignedIn = (condition: Condition): boolean => condition._tag === "HasContext" && condition.path === "userId";

const simplifyAnd = (parts: ReadonlyArray<Condition>, positive: boolean): Condition => {
  const flat = parts.flatMap((part) => (part._tag === "And" ? part.all : [part]));
  if (flat.some((part) => constant(part) === false)) return never;
  const kept = flat.filter((part) => constant(part) !== true);
  const implied = positive && kept.some(impliesSignedIn) ? kept.filter((part) => !isSignedIn(part)) : kept;
  const all = needed(implied, (part, beside) => !isWithin(beside, part));
  const [first, ...rest] = all;
  return first === undefined ? always : rest.length === 0 ? first : { _tag: "And", all };
};

/** `has a or b` is one question where `has a` and `has b` would be two. */
const joinRoles = (parts: ReadonlyArray<Condition>): ReadonlyArray<Condition> => {
  const joined: Array<Condition> = [];
  for (const part of parts) {
    const index = joined.findIndex((other) => part._tag === "HasRole" && isRoleOf(other, part.tier));
    const other = joined[index];
    if (part._tag === "HasRole" && other?._tag === "HasRole") {
      joined[index] = { ...other, roles: [...new Set([...other.roles, ...part.roles])] };
    } else joined.push(part);
  }
  return joined;
};

const isRoleOf = (condition: Condition, tier: string): boolean =>
  condition._tag === "HasRole" && condition.tier === tier;

const simplifyOr = (parts: ReadonlyArray<Condition>): Condition => {
  const flat = parts.flatMap((part) => (part._tag === "Or" ? part.any : [part]));
  if (flat.some((part) => constant(part) === true)) return always;
  const kept = joinRoles(flat.filter((part) => constant(part) !== false));
  const any = needed(kept, (part, beside) => !isWithin(part, beside));
  const [first, ...rest] = any;
  return first === undefined ? never : rest.length === 0 ? first : { _tag: "Or", any };
};

const go = (condition: Condition, positive: boolean): Condition => {
  switch (condition._tag) {
    case "And":
      return simplifyAnd(
        condition.all.map((part) => go(part, positive)),
        positive,
      );
    case "Or":
      return simplifyOr(condition.any.map((part) => go(part, positive)));
    case "Not": {
      const inner = go(condition.condition, !positive);
      if (inner._tag === "Constant") return inner.value ? never : always;
      return inner._tag === "Not" ? inner.condition : { _tag: "Not", condition: inner };
    }
    default:
      return condition;
  }
};

/** @returns an equivalent condition (see the invariant above) that is never larger. */
export const simplify = (condition: Condition): Condition => go(condition, true);
