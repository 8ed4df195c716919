/**
 * A pool of callers: rows in Better Auth's real tables, and what each session is worth, written down by hand.
 *
 * Invariant: `expected` is never computed from the rows. It is what a reader of the rows would say.
 */
import type { BetterAuthOptions } from "better-auth";
import { admin, organization } from "better-auth/plugins";
import { anonymousCaller, type Caller } from "hedgerow";
import type { IdentityOptions } from "hedgerow/better-auth";

export const authOptions = {
  user: {
    additionalFields: {
      region: { type: "string", required: false, input: false },
      level: { type: "number", required: false, input: false },
      beta: { type: "boolean", required: false, input: false },
    },
  },
  plugins: [organization({ teams: { enabled: true } }), admin()],
} satisfies BetterAuthOptions;

export const identityOptions: IdentityOptions = {
  claims: {
    region: { from: "user", field: "region" },
    level: { from: "user", field: "level" },
    beta: { from: "user", field: "beta" },
  },
};

// Some ids are uuids, so that uuid columns can be compared with callers; one is in upper case.
const acme = "org_acme";
const beech = "0b0b0b0b-0b0b-4b0b-8b0b-0b0b0b0b0b0b";
const cedar = "org_cedar";
const uma = "11111111-1111-4111-8111-111111111111";
const upper = "AAAAAAAA-AAAA-4AAA-8AAA-AAAAAAAAAAAA";

const past = "2020-01-01T00:00:00Z";
const future = "2999-01-01T00:00:00Z";

const user = (id: string, fields: Readonly<Record<string, unknown>> = {}) => ({
  id,
  name: id,
  email: `${id.toLowerCase()}@example.com`,
  email_verified: true,
  created_at: past,
  updated_at: past,
  role: "user",
  ...fields,
});

const member = (organization_id: string, user_id: string, role: string) => ({
  id: `member_${organization_id}_${user_id}`,
  organization_id,
  user_id,
  role,
  created_at: past,
});

const named = (id: string) => ({ id, name: id, slug: id, created_at: past });
const team = (id: string, organization_id: string) => ({ id, name: id, organization_id, created_at: past });
const inTeam = (team_id: string, user_id: string) => ({
  id: `team_member_${team_id}_${user_id}`,
  team_id,
  user_id,
  created_at: past,
});

/** Rows by table, in an order that foreign keys allow; sessions come from `callers`. */
export const identityRows: ReadonlyArray<readonly [string, ReadonlyArray<object>]> = [
  [
    "user",
    [
      user("ann", { region: "north", level: 3, beta: true }),
      user("bob", { region: "south", level: 0, beta: false }),
      user("cleo", { region: "", level: -1 }),
      user("dora", { role: "admin", region: "north", level: 7, beta: true }),
      user("eve", { role: " auditor , user,", region: "it's -- north", level: 2147483647 }),
      user("finn", { role: null, beta: true }),
      user("banned", { banned: true, region: "north", level: 3, beta: true }),
      user("lapsed", { banned: true, ban_expires: past, region: "south" }),
      user("suspended", { banned: true, ban_expires: future }),
      user("gone", { region: "north" }),
      user(uma, { level: 7, region: "00000000-0000-0000-0000-000000000000" }),
      user(upper, { role: "auditor", region: "not a uuid", beta: false }),
    ],
  ],
  ["organization", [named(acme), named(beech), named(cedar)]],
  [
    "member",
    [
      member(acme, "ann", "owner"),
      member(beech, "ann", "member"),
      member(acme, "bob", "member"),
      member(acme, "cleo", "member,admin"),
      member(beech, "cleo", " admin , "),
      member(acme, "dora", "guest"),
      member(acme, "eve", ""),
      member(acme, "finn", "admin"),
      member(acme, "banned", "owner"),
      member(acme, "lapsed", "member"),
      member(acme, "suspended", "owner"),
      member(beech, uma, "owner"),
      member(cedar, uma, "Owner"),
      member(acme, upper, "member,owner"),
    ],
  ],
  ["team", [team("team_a", acme), team("team_b", acme), team("team_c", beech)]],
  [
    "team_member",
    [inTeam("team_a", "ann"), inTeam("team_a", "cleo"), inTeam("team_b", "bob"), inTeam("team_c", "ann")],
  ],
];

export interface TestCaller {
  readonly name: string;
  /** Null presents no credential at all. */
  readonly token: string | null;
  /** The session's row; null where no session has this token. */
  readonly session: Readonly<Record<string, unknown>> | null;
  readonly expected: Caller;
}

interface Pointers {
  readonly org?: string;
  readonly team?: string;
  readonly expires?: string;
  readonly token?: string;
}

/** A session of this user that points at an organization and a team, rightly or not. */
const session = (name: string, user_id: string, pointers: Pointers, expected: Caller): TestCaller => {
  const token = pointers.token ?? `token of ${name}`;
  return {
    name,
    token,
    session: {
      id: `session ${name}`,
      token,
      user_id,
      expires_at: pointers.expires ?? future,
      created_at: past,
      updated_at: past,
      active_organization_id: pointers.org ?? null,
      active_team_id: pointers.team ?? null,
    },
    expected,
  };
};

/** What a live session is worth; everything that is not named is missing. */
const live = (name: string, userId: string, known: Partial<Caller>): Caller => ({
  ...anonymousCaller,
  sessionId: `session ${name}`,
  userId,
  userRoles: ["user"],
  ...known,
  claims: { region: null, level: null, beta: null, ...known.claims },
});

const annClaims = { region: "north", level: 3, beta: true };
const bobClaims = { region: "south", level: 0, beta: false };
const cleoClaims = { region: null, level: -1, beta: null };
const doraClaims = { region: "north", level: 7, beta: true };
const eve = { userRoles: ["auditor", "user"], claims: { region: "it's -- north", level: 2147483647, beta: null } };
const umaClaims = { region: "00000000-0000-0000-0000-000000000000", level: 7, beta: null };
const upperKnown = { userRoles: ["auditor"], claims: { region: "not a uuid", level: null, beta: false } };

export const callers: ReadonlyArray<TestCaller> = [
  { name: "nobody", token: null, session: null, expected: anonymousCaller },
  { name: "a forged token", token: "forged", session: null, expected: anonymousCaller },
  { name: "an empty token", token: "", session: null, expected: anonymousCaller },
  session("ann nowhere", "ann", {}, live("ann nowhere", "ann", { claims: annClaims })),
  session(
    "ann the owner",
    "ann",
    { org: acme },
    live("ann the owner", "ann", { activeOrgId: acme, roles: ["owner"], claims: annClaims }),
  ),
  session(
    "ann the owner in a team",
    "ann",
    { org: acme, team: "team_a" },
    live("ann the owner in a team", "ann", {
      activeOrgId: acme,
      activeTeamId: "team_a",
      roles: ["owner"],
      claims: annClaims,
    }),
  ),
  session(
    "ann in a team of another organization",
    "ann",
    { org: acme, team: "team_c" },
    live("ann in a team of another organization", "ann", { activeOrgId: acme, roles: ["owner"], claims: annClaims }),
  ),
  session(
    "ann the member",
    "ann",
    { org: beech, team: "team_c" },
    live("ann the member", "ann", {
      activeOrgId: beech,
      activeTeamId: "team_c",
      roles: ["member"],
      claims: annClaims,
    }),
  ),
  session(
    "ann in an organization that is not hers",
    "ann",
    { org: cedar },
    live("ann in an organization that is not hers", "ann", { claims: annClaims }),
  ),
  session("ann expired", "ann", { org: acme, expires: past }, anonymousCaller),
  session("bob nowhere", "bob", {}, live("bob nowhere", "bob", { claims: bobClaims })),
  session(
    "bob the member",
    "bob",
    { org: acme },
    live("bob the member", "bob", { activeOrgId: acme, roles: ["member"], claims: bobClaims }),
  ),
  session(
    "bob in his team",
    "bob",
    { org: acme, team: "team_b" },
    live("bob in his team", "bob", {
      activeOrgId: acme,
      activeTeamId: "team_b",
      roles: ["member"],
      claims: bobClaims,
    }),
  ),
  session(
    "bob in a team that he left",
    "bob",
    { org: acme, team: "team_a" },
    live("bob in a team that he left", "bob", { activeOrgId: acme, roles: ["member"], claims: bobClaims }),
  ),
  session(
    "cleo the member and admin",
    "cleo",
    { org: acme },
    live("cleo the member and admin", "cleo", {
      activeOrgId: acme,
      roles: ["member", "admin"],
      claims: cleoClaims,
    }),
  ),
  session(
    "cleo the admin",
    "cleo",
    { org: beech },
    live("cleo the admin", "cleo", { activeOrgId: beech, roles: ["admin"], claims: cleoClaims }),
  ),
  session(
    "cleo in a team without its organization",
    "cleo",
    { team: "team_a" },
    live("cleo in a team without its organization", "cleo", { claims: cleoClaims }),
  ),
  session(
    "dora, platform admin, nowhere",
    "dora",
    {},
    live("dora, platform admin, nowhere", "dora", { userRoles: ["admin"], claims: doraClaims }),
  ),
  session(
    "dora with an undeclared role",
    "dora",
    { org: acme },
    live("dora with an undeclared role", "dora", {
      activeOrgId: acme,
      roles: ["guest"],
      userRoles: ["admin"],
      claims: doraClaims,
    }),
  ),
  session("eve nowhere", "eve", {}, live("eve nowhere", "eve", eve)),
  session("eve without a role", "eve", { org: acme }, live("eve without a role", "eve", { ...eve, activeOrgId: acme })),
  session(
    "finn without a platform role",
    "finn",
    { org: acme },
    live("finn without a platform role", "finn", {
      activeOrgId: acme,
      roles: ["admin"],
      userRoles: [],
      claims: { region: null, level: null, beta: true },
    }),
  ),
  session("a banned owner", "banned", { org: acme }, anonymousCaller),
  session(
    "someone whose ban is over",
    "lapsed",
    { org: acme },
    live("someone whose ban is over", "lapsed", {
      activeOrgId: acme,
      roles: ["member"],
      claims: { region: "south", level: null, beta: null },
    }),
  ),
  session("someone banned for a while", "suspended", { org: acme }, anonymousCaller),
  session(
    "a removed member",
    "gone",
    { org: acme, team: "team_a" },
    live("a removed member", "gone", { claims: { region: "north", level: null, beta: null } }),
  ),
  session(
    "uma the owner",
    uma,
    { org: beech },
    live("uma the owner", uma, { activeOrgId: beech, roles: ["owner"], claims: umaClaims }),
  ),
  session(
    "uma with a role in capitals",
    uma,
    { org: cedar },
    live("uma with a role in capitals", uma, { activeOrgId: cedar, roles: ["Owner"], claims: umaClaims }),
  ),
  session("upper nowhere", upper, {}, live("upper nowhere", upper, upperKnown)),
  session(
    "upper the member and owner",
    upper,
    { org: acme, token: "tök'en \\ -- of upper" },
    live("upper the member and owner", upper, { ...upperKnown, activeOrgId: acme, roles: ["member", "owner"] }),
  ),
];
