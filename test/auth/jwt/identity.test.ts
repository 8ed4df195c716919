/** From whatever an issuer says comes a caller that keeps the invariant of `Caller`, or none. */
import fc from "fast-check";
import {
  auth0,
  betterAuthJwt,
  clerk,
  cognito,
  descope,
  entra,
  firebase,
  googleIdentity,
  type JwtOptions,
  keycloak,
  neonAuth,
  type Payload,
  selfSigned,
  stackAuth,
  stytch,
  stytchB2B,
  supabaseAuth,
  workos,
} from "hedgerow/jwt";
import { describe, expect, it } from "vitest";
import { callerOf, type Identity } from "../../../src/auth/jwt/identity.js";
import { at, read } from "../../../src/auth/jwt/payload.js";
import { trimAscii } from "../../../src/condition/ascii.js";
import type { Caller } from "../../../src/condition/caller.js";

const oddText = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.constantFrom(
    "",
    " ",
    "\0",
    "a\0",
    "\ud800",
    "\udc00x",
    "x".repeat(255),
    "x".repeat(256),
    "admin, member",
    "__proto__",
  ),
);
const odd = fc.oneof(oddText, fc.jsonValue(), fc.array(oddText), fc.constantFrom(undefined, Number.NaN, Infinity, -0));

const isText = (value: unknown): boolean =>
  typeof value === "string" &&
  value.trim() !== "" &&
  value.length <= 255 &&
  !value.includes("\0") &&
  Buffer.from(value).toString() === value;

const expectInvariant = (caller: Caller): void => {
  expect(isText(caller.userId)).toBe(true);
  for (const id of [caller.sessionId, caller.activeOrgId, caller.activeTeamId]) {
    expect(id === null || isText(id)).toBe(true);
  }
  for (const role of [...caller.roles, ...caller.userRoles]) {
    expect(isText(role)).toBe(true);
    expect(role).toBe(trimAscii(role));
  }
  if (caller.activeOrgId === null) expect([caller.activeTeamId, caller.roles]).toEqual([null, []]);
  for (const value of Object.values(caller.claims)) {
    expect(value).not.toBe("");
    expect(["string", "number", "boolean"].includes(typeof value) || value === null).toBe(true);
    expect(JSON.parse(JSON.stringify({ value }))).toEqual({ value: Object.is(value, -0) ? 0 : value });
    if (typeof value === "string") expect(value.includes("\0") || Buffer.from(value).toString() !== value).toBe(false);
  }
};

describe("a caller", () => {
  it("is made of values of any shape, or is none", () => {
    const identities = fc.record(
      { userId: odd, sessionId: odd, organizationId: odd, teamId: odd, roles: odd, userRoles: odd },
      { requiredKeys: ["userId"] },
    );
    const claims = fc.array(fc.tuple(oddText, odd));
    let callers = 0;
    fc.assert(
      fc.property(identities, claims, (identity: Identity, declared) => {
        const caller = callerOf(identity, declared);
        expect(caller !== null).toBe(isText(identity.userId));
        if (caller === null) return;
        callers += 1;
        expectInvariant(caller);
        // An id is passed on as it is: two that differ by a blank are two users.
        expect(caller.userId).toBe(identity.userId);
      }),
      { numRuns: 2_000 },
    );
    expect(callers).toBeGreaterThan(100);
  });
});

const projectId = "project-test-1";
const issuer = "https://id.example.com";
const tenantId = "aaaaaaaa-0000-4000-8000-000000000001";
const presets: ReadonlyArray<readonly [string, JwtOptions]> = Object.entries({
  clerk: clerk({ issuer, authorizedParties: null }),
  auth0: auth0({ domain: "acme.auth0.com", audience: "api" }),
  stytch: stytch({ projectId }),
  stytchB2B: stytchB2B({ projectId }),
  keycloak: keycloak({ issuer, audience: "api", organizationBy: "id" }),
  keycloakClient: keycloak({ issuer, audience: "api", organizationBy: "alias", rolesOf: { client: "__proto__" } }),
  cognito: cognito({ region: "eu-central-1", userPoolId: "pool", clientId: "client" }),
  entra: entra({ tenantId: "any", audience: "api" }),
  entraOne: entra({ tenantId, audience: "api" }),
  descope: descope({ projectId: "P2" }),
  stackAuth: stackAuth({ projectId }),
  workos: workos({ clientId: "client" }),
  firebase: firebase({ projectId }),
  googleIdentity: googleIdentity({ clientId: "client" }),
  supabaseAuth: supabaseAuth({ url: issuer }),
  neonAuth: neonAuth({ url: issuer }),
  betterAuthJwt: betterAuthJwt({ baseURL: issuer }),
  selfSigned: selfSigned({ issuer: "acme", audience: "api", secret: "x".repeat(32) }),
});

/** Payloads of the names that presets look for, so that their branches are reached, with values of any shape. */
const payloads: fc.Arbitrary<Payload> = fc.dictionary(
  fc.constantFrom(
    ...["sub", "sid", "azp", "sts", "v", "o", "org_id", "org_role", "permissions", "gty", "organization", "typ"],
    ...["realm_access", "resource_access", "token_use", "client_id", "cognito:groups", "tid", "oid", "scp", "roles"],
    ...["role", "idtyp", "drn", "dct", "tenants", "selected_team_id", "is_anonymous", "is_restricted", "branch_id"],
    ...["auth_time", "firebase", "hd", "session_id", "https://stytch.com/session", "https://stytch.com/organization"],
    ...["__proto__", "constructor", "toString"],
  ),
  fc.oneof(odd, fc.constantFrom(2, "Bearer", "access", "DS", "client", tenantId, { id: "x", rol: "a", roles: ["r"] })),
  { maxKeys: 25 },
);

/** Everything that `trim()` takes away. */
const spaces = [..." \t\n\v\f\r\u00a0\u1680\u2000\u2003\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"];

describe("the name of a role", () => {
  const rolesOf = (roles: unknown) => callerOf({ userId: "ann", organizationId: "acme", roles }, [])?.roles;

  it("is another one with any space but those of ASCII around or inside of it", () => {
    const isAscii = (space: string): boolean => " \t\n\r".includes(space);
    for (const space of spaces) {
      for (const text of [`admin${space}`, `${space}admin`]) {
        const expected = isAscii(space) ? ["admin"] : [text];
        expect(rolesOf([text]), JSON.stringify(text)).toEqual(expected);
        expect(rolesOf(text), JSON.stringify(text)).toEqual(expected);
      }
      expect(rolesOf(`viewer${space}admin`)).toEqual(isAscii(space) ? ["viewer", "admin"] : [`viewer${space}admin`]);
    }
  });
});

describe.each(presets)("the preset %s", (_, options) => {
  it("takes a payload of any shape", () => {
    fc.assert(
      fc.property(payloads, (payload) => {
        const identity = options.map?.(payload) ?? null;
        const caller = identity === null ? null : callerOf(identity, []);
        if (caller !== null) expectInvariant(caller);
        if (typeof options.issuer === "function") options.issuer(payload);
        options.acceptKey?.({ kty: "RSA", issuer: payload.sub }, payload);
      }),
      { numRuns: 500 },
    );
  });
});

describe("a path", () => {
  it("leads to own values only, through objects only", () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.array(fc.oneof(oddText, fc.constantFrom("0", "length", "constructor"))),
        (json, names) => {
          const found = at(json, ...names);
          if (found !== undefined) expect(JSON.stringify(json)).toContain(JSON.stringify(found));
          expect(typeof found).not.toBe("function");
        },
      ),
    );
    expect(read({ a: { b: 1 } }, "a.b")).toBe(1);
    expect(read({ "a.b": 1 }, "a.b")).toBeUndefined();
    expect(read({ "https://a.b/c": 1 }, "https://a.b/c")).toBe(1);
    expect(read({ a: ["x"] }, "a.0")).toBeUndefined();
    expect(read({ a: "x" }, "a.length")).toBeUndefined();
  });
});
