/**
 * Access rules: surface syntax to algebra.
 *
 * Invariant: a rule that does not say who the caller is admits signed-in callers only, at every level of nesting.
 */
import { always, and, type Condition, never, not, or, signedIn } from "./condition.js";
import { suggestion } from "./nearest.js";
import { findColumn, isObject, operation, operatorNames, type ParseScope, show } from "./parse-column.js";
import type { Report } from "./problem.js";
import { expandRole } from "./vocabulary.js";

const ruleKeys = ["roles", "userRoles", "record", "or", "and", "not"];

/** Whether a rule says who the caller is. Where it does not, the caller must at least be signed in. */
const saysWho = (raw: unknown): boolean => {
  if (!isObject(raw)) return false;
  const all = raw.and;
  const any = raw.or;
  return (
    raw.roles !== undefined ||
    raw.userRoles !== undefined ||
    (Array.isArray(all) && all.some(saysWho)) ||
    (Array.isArray(any) && any.length > 0 && any.every(saysWho))
  );
};

const nonEmpty = (value: unknown, at: Report): ReadonlyArray<unknown> => {
  if (Array.isArray(value) && value.length > 0) return value;
  at.problem(
    Array.isArray(value) ? "empty_list" : "invalid_rule",
    Array.isArray(value) ? "The list is empty." : `${show(value)} is not a list.`,
    "Name at least one, or leave the key out.",
  );
  return [];
};

const roleCondition = (raw: unknown, scope: ParseScope, at: Report): Condition => {
  const parts = nonEmpty(raw, at).map((role, index): Condition => {
    if (role === "PUBLIC") return always;
    if (role === "AUTHENTICATED") return signedIn;
    const roles = typeof role === "string" ? expandRole(role, scope.names.roles) : undefined;
    if (roles) return { _tag: "HasRole", tier: "organization", roles };
    const valid = [...scope.names.roles, ...scope.names.roles.map((name) => `${name}+`), "PUBLIC", "AUTHENTICATED"];
    at.at(index).problem("unknown_role", `Role ${show(role)} is not declared.`, suggestion(String(role), valid));
    return never;
  });
  const named = parts.flatMap((part) => (part._tag === "HasRole" ? part.roles : []));
  const others = parts.filter((part) => part._tag !== "HasRole");
  const ordered = scope.names.roles.filter((role) => named.includes(role));
  return or(
    ...others,
    ...(ordered.length > 0 ? [{ _tag: "HasRole", tier: "organization", roles: ordered } as const] : []),
  );
};

const userRoleCondition = (raw: unknown, scope: ParseScope, at: Report): Condition => {
  const roles = nonEmpty(raw, at).filter((role, index): role is string => {
    const known = scope.names.userRoles.some((name) => name === role);
    if (!known) {
      at.at(index).problem(
        "unknown_role",
        `Platform role ${show(role)} is not declared.`,
        suggestion(String(role), scope.names.userRoles),
      );
    }
    return known;
  });
  return roles.length === 0 ? never : { _tag: "HasRole", tier: "platform", roles: [...new Set(roles)] };
};

const recordCondition = (raw: unknown, scope: ParseScope, at: Report): Condition => {
  if (!isObject(raw) || Object.keys(raw).length === 0) {
    at.problem(
      "empty_rule",
      "The record rule names no column.",
      'Write for example { userId: { equals: "ctx.userId" } }.',
    );
    return never;
  }
  return and(
    ...Object.entries(raw).flatMap(([key, operators]) => {
      const column = findColumn(key, scope, at.at(key));
      if (!column) return [never];
      if (!isObject(operators) || Object.keys(operators).length === 0) {
        at.at(key).problem(
          "empty_rule",
          `The rule says nothing about "${key}".`,
          `Write an operator: ${operatorNames.join(", ")}.`,
        );
        return [never];
      }
      return Object.entries(operators).map(([name, value]) =>
        operation(name, value, column, scope, at.at(key).at(name)),
      );
    }),
  );
};

/** @param raw one access rule; keys beside each other are all required. */
export const parseRule = (raw: unknown, scope: ParseScope, at: Report, whoIsKnown = false): Condition => {
  if (!isObject(raw) || Object.keys(raw).length === 0) {
    at.problem(
      "empty_rule",
      isObject(raw) ? "The rule is empty." : `${show(raw)} is not a rule.`,
      `Write at least one of ${ruleKeys.join(", ")}; leave the operation out to deny it.`,
    );
    return never;
  }
  const known = whoIsKnown || saysWho(raw);
  const parts = Object.entries(raw).flatMap(([key, value]): ReadonlyArray<Condition> => {
    const place = at.at(key);
    switch (key) {
      case "roles":
        return [roleCondition(value, scope, place)];
      case "userRoles":
        return [userRoleCondition(value, scope, place)];
      case "record":
        return [recordCondition(value, scope, place), ...(known ? [] : [signedIn])];
      case "not":
        return [not(parseRule(value, scope, place, true)), ...(known ? [] : [signedIn])];
      case "or":
        return [or(...nonEmpty(value, place).map((rule, index) => parseRule(rule, scope, place.at(index), known)))];
      case "and":
        return nonEmpty(value, place).map((rule, index) => parseRule(rule, scope, place.at(index), known));
      default:
        place.problem("invalid_rule", `A rule has no "${key}".`, suggestion(key, ruleKeys));
        return [never];
    }
  });
  return and(...parts);
};
