/**
 * Callers whom a token names: those whose sessions were worth as much, and odd ones that only a token can say.
 *
 * Invariant: `expected` is written down by hand; what becomes of `given` on the way is part of what is tested.
 */
import { anonymousCaller, type Caller } from "hedgerow";
import { callers as live, type TestCaller } from "./callers.js";

export interface ClaimedCaller extends TestCaller {
  /** What the token said. */
  readonly given: Caller;
}

const missing = { region: null, level: null, beta: null };

const odd = (name: string, given: Partial<Caller>, expected: Partial<Caller> | null): ClaimedCaller => ({
  name,
  token: null,
  session: null,
  given: { ...anonymousCaller, ...given },
  expected:
    expected === null
      ? anonymousCaller
      : { ...anonymousCaller, ...given, ...expected, claims: { ...missing, ...given.claims, ...expected.claims } },
});

const acme = "org_acme";
const ann = { userId: "ann", activeOrgId: acme, roles: ["owner"] };

export const claimedCallers: ReadonlyArray<ClaimedCaller> = [
  ...live.filter(({ expected }) => expected.userId !== null).map((caller) => ({ ...caller, given: caller.expected })),
  odd("no user, but all the rest", { ...ann, userId: null, userRoles: ["admin"], claims: { level: 7 } }, null),
  odd("an empty user", { ...ann, userId: "" }, null),
  odd("a user with a NUL", { ...ann, userId: "ann\0" }, null),
  odd("a user with half a character", { ...ann, userId: "ann\ud800" }, null),
  odd(
    "no organization, but roles and a team",
    { ...ann, activeOrgId: null, activeTeamId: "team_a" },
    { roles: [], activeTeamId: null },
  ),
  odd("an empty organization", { ...ann, activeOrgId: "" }, { activeOrgId: null, roles: [] }),
  odd(
    "an organization with half a character",
    { ...ann, activeOrgId: `${acme}\udfff` },
    { activeOrgId: null, roles: [] },
  ),
  odd(
    "roles that look like several",
    { ...ann, roles: ["admin,owner", '{"admin"}', '"admin"', "ad\\min", "NULL", " admin"] },
    {},
  ),
  odd("roles of which some are none", { ...ann, roles: ["", "a\0", "member", "\ud800"] }, { roles: ["member"] }),
  odd("platform roles that look like several", { ...ann, userRoles: ["admin,auditor", "{admin}", "au\\ditor"] }, {}),
  odd("claims of other types", { ...ann, claims: { region: 7, level: "3", beta: "true" } }, {}),
  odd("claims of other types still", { ...ann, claims: { region: true, level: false, beta: 1 } }, {}),
  odd(
    "numbers that are none",
    { ...ann, claims: { region: "north", level: Number.NaN, beta: true } },
    { claims: { level: null } },
  ),
  odd("an endless number", { ...ann, claims: { level: Number.POSITIVE_INFINITY } }, { claims: { level: null } }),
  odd("half a level", { ...ann, claims: { region: "north", level: 1.5 } }, {}),
  odd("a level beyond whole numbers", { ...ann, claims: { level: 1e300 } }, {}),
  odd("the smallest level", { ...ann, claims: { level: 5e-324 } }, {}),
  odd(
    "a level of minus nothing",
    { ...ann, claims: { region: "", level: -0, beta: false } },
    { claims: { region: null, level: 0 } },
  ),
  odd(
    "claims with every sign",
    { ...ann, claims: { region: "it's \"\\\n\u0001\u2028}{,-- é😀", level: -9007199254740991 } },
    {},
  ),
];
