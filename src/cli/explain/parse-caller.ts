/** A caller written as JSON. Invariant: what comes back is a whole caller; a key that means nothing is an error that names those that do. */
import { anonymousCaller, type Caller, type ClaimValue } from "../../condition/caller.js";

const texts = ["userId", "sessionId", "activeOrgId", "activeTeamId"] as const;
const lists = ["roles", "userRoles"] as const;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isClaim = (value: unknown): value is ClaimValue =>
  value === null || ["string", "number", "boolean"].includes(typeof value);

const fail = (message: string): never => {
  throw new RangeError(`The caller is not right: ${message}.`);
};

/**
 * @param json for example `{"userId":"u1","activeOrgId":"o1","roles":["admin"],"claims":{"region":"north"}}`
 * @throws RangeError that says what is wrong.
 */
export const parseCaller = (json: string): Caller => {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return fail("it is no JSON");
  }
  if (!isObject(value)) return fail("it must be an object");
  const known: ReadonlyArray<string> = [...texts, ...lists, "claims"];
  const odd = Object.keys(value).find((key) => !known.includes(key));
  if (odd !== undefined) return fail(`"${odd}" is not known; there are ${known.join(", ")}`);
  const given = value;
  const textOf = (key: string): string | null => {
    const found = given[key] ?? null;
    return found === null || typeof found === "string" ? found : fail(`${key} must be a text`);
  };
  const listOf = (key: string): ReadonlyArray<string> => {
    const found = given[key] ?? [];
    const isTexts = (list: unknown): list is ReadonlyArray<string> =>
      Array.isArray(list) && list.every((each) => typeof each === "string");
    return isTexts(found) ? found : fail(`${key} must be a list of texts`);
  };
  const claims = given.claims ?? {};
  if (!isObject(claims)) return fail("claims must be an object");
  const plain = Object.entries(claims).map(([name, claim]): readonly [string, ClaimValue] =>
    isClaim(claim) ? [name, claim] : fail(`claims.${name} must be a text, a number, true, false or null`),
  );
  return {
    ...anonymousCaller,
    userId: textOf("userId"),
    sessionId: textOf("sessionId"),
    activeOrgId: textOf("activeOrgId"),
    activeTeamId: textOf("activeTeamId"),
    roles: listOf("roles"),
    userRoles: listOf("userRoles"),
    claims: Object.fromEntries(plain),
  };
};
