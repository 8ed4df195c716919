/**
 * The part of the specification that asks the caller alone.
 *
 * Invariant: of a condition that reads no row this says what `evaluate` says, because it is the same code.
 */
import type { Caller } from "./caller.js";
import { type Condition, type ConditionAlgebra, type ContextPath, fold, type Literal } from "./condition.js";

/** True, false, or unknown. */
export type Truth = boolean | null;

export const negate = (truth: Truth): Truth => (truth === null ? null : !truth);
export const conjunction = (truths: ReadonlyArray<Truth>): Truth =>
  truths.includes(false) ? false : truths.includes(null) ? null : true;
export const disjunction = (truths: ReadonlyArray<Truth>): Truth =>
  truths.includes(true) ? true : truths.includes(null) ? null : false;

/** The caller's value under a path, or null. */
export const contextValue = (caller: Caller, path: ContextPath): Literal | null => {
  switch (path) {
    case "userId":
    case "sessionId":
    case "activeOrgId":
    case "activeTeamId":
      return caller[path];
    default: {
      const name = path.slice("claims.".length);
      // A claim may be called as something that every object has.
      return Object.hasOwn(caller.claims, name) ? (caller.claims[name] ?? null) : null;
    }
  }
};

/** Whom and what a condition is asked about. */
export interface CallerScope {
  readonly caller: Caller;
}

/** The cases that read no row, for whoever takes a condition apart once and asks it often. */
export const callerCases = <S extends CallerScope>(): Omit<
  ConditionAlgebra<(scope: S) => Truth>,
  "Compare" | "Member" | "IsNull" | "Via"
> => ({
  Constant: (node) => () => node.value,
  HasContext:
    (node) =>
    ({ caller }) =>
      contextValue(caller, node.path) !== null,
  HasRole:
    ({ tier, roles }) =>
    ({ caller }) => {
      const held = tier === "organization" ? caller.roles : caller.userRoles;
      return roles.some((role) => held.includes(role));
    },
  And: (all) => (scope) => conjunction(all.map((part) => part(scope))),
  Or: (any) => (scope) => disjunction(any.map((part) => part(scope))),
  Not: (inner) => (scope) => negate(inner(scope)),
});

export const readsRow = (): never => {
  throw new Error("A requirement of the caller cannot depend on a row.");
};

const taken = /*#__PURE__*/ fold<(scope: CallerScope) => Truth>({
  .../*#__PURE__*/ callerCases<CallerScope>(),
  Compare: readsRow,
  Member: readsRow,
  IsNull: readsRow,
  Via: readsRow,
});

/**
 * @param requirement what `requirementOf` makes of a condition.
 * @returns whether a caller fulfils it.
 * @throws Error for a condition that reads a row.
 */
export const admission = (requirement: Condition): ((caller: Caller) => boolean) => {
  const ask = taken(requirement);
  return (caller) => ask({ caller }) === true;
};

/** The same, for one caller. */
export const admits = (requirement: Condition, caller: Caller): boolean => admission(requirement)(caller);
