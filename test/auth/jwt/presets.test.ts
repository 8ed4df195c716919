/**
 * Each preset against tokens as its vendor documents them, signed by an issuer of our own that stands in at the vendor's
 * documented address.
 */
import { betterAuth } from "better-auth";
import { memoryAdapter } from "better-auth/adapters/memory";
import { jwt as jwtPlugin } from "better-auth/plugins";
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
  jwt,
  keycloak,
  neonAuth,
  type Preferences,
  selfSigned,
  stackAuth,
  stytch,
  stytchB2B,
  supabaseAuth,
  workos,
} from "hedgerow/jwt";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Caller } from "../../../src/condition/caller.js";
import {
  bearer,
  type KeyServer,
  keyServer,
  type SigningKey,
  seconds,
  sign,
  signingKey,
  signWithSecret,
} from "../../support/issuer.js";

let keys: Readonly<Record<string, SigningKey>>;
/** Keys of somebody else, under the same ids. */
let forged: Readonly<Record<string, SigningKey>>;
let server: KeyServer;

const keyOf = (alg: string, of = keys): SigningKey => {
  const key = of[alg];
  if (key === undefined) throw new Error(`No key for ${alg}.`);
  return key;
};

beforeAll(async () => {
  const algorithms = ["RS256", "ES256", "EdDSA"];
  const pairs = async () =>
    Object.fromEntries(
      await Promise.all(algorithms.map(async (alg) => [alg, await signingKey(alg, `${alg}-key`)] as const)),
    );
  [keys, forged] = await Promise.all([pairs(), pairs()]);
  server = await keyServer(...Object.values(keys).map(({ jwk }) => jwk));
});

afterAll(() => server.close());

const anonymous = { _tag: "Anonymous" };

/** The authenticator of a preset, whose key set is fetched from here; and the address that it wanted. */
const standIn = (options: JwtOptions) => {
  const asked: Array<string> = [];
  const { identify } = jwt({
    ...options,
    keySet: {
      fetch: (url, init) => {
        asked.push(url);
        return fetch(server.url, init);
      },
    },
  });
  return { asked, identify: (token: string) => identify(bearer(token)) };
};

type Claims = Readonly<Record<string, unknown>>;

interface Case {
  readonly name: string;
  readonly options: JwtOptions;
  readonly alg: "RS256" | "ES256" | "EdDSA";
  readonly jwksUri: string;
  /** A token as the vendor documents it, without its times. */
  readonly token: Claims;
  readonly header?: Claims;
  readonly caller: Partial<Caller>;
  /** Changes to that token after which it still is a caller. */
  readonly alsoCallers?: Readonly<Record<string, readonly [Claims, Partial<Caller>]>>;
  /** Changes to that token after which it is worth nothing. */
  readonly refused?: Readonly<Record<string, Claims>>;
  /** What the issuer binds its tokens to, where that is not `aud`. */
  readonly audienceClaim?: string | null;
}

const tenant = "aaaabbbb-0000-cccc-1111-dddd2222eeee";
const otherTenant = "bbbbcccc-1111-dddd-2222-eeee3333ffff";
const user = "user_2abc";
const stytchSession = {
  id: "session-live-1",
  started_at: "2026-11-21T10:00:00Z",
  last_accessed_at: "2026-11-21T10:00:00Z",
  expires_at: "2026-11-21T11:00:00Z",
  attributes: { user_agent: "", ip_address: "" },
  authentication_factors: [{ type: "otp" }],
  roles: ["stytch_member", "editor"],
};

const cases: ReadonlyArray<Case> = [
  {
    name: "clerk",
    options: clerk({ issuer: "https://clerk.example.com/", authorizedParties: ["https://app.example.com"] }),
    alg: "RS256",
    jwksUri: "https://clerk.example.com/.well-known/jwks.json",
    audienceClaim: "azp",
    token: {
      azp: "https://app.example.com",
      fva: [7, -1],
      iss: "https://clerk.example.com",
      jti: "cb0a1d",
      sid: "sess_123",
      sub: user,
      v: 2,
      pla: "u:free",
      fea: "o:dashboard,o:teams",
      o: { id: "org_123", slg: "acme", rol: "admin", per: "manage,read", fpm: "3,2" },
    },
    caller: { userId: user, sessionId: "sess_123", activeOrgId: "org_123", roles: ["admin"] },
    alsoCallers: {
      "without an organization": [{ o: undefined }, { activeOrgId: null, roles: [] }],
      "of version 2, with names of version 1": [
        { org_id: "org_evil", org_role: "org:owner" },
        { activeOrgId: "org_123" },
      ],
      "of version 1": [
        { v: undefined, o: { id: "org_evil", rol: "owner" }, org_id: "org_1", org_role: "org:admin", org_slug: "acme" },
        { activeOrgId: "org_1", roles: ["admin"] },
      ],
      "of an active session": [{ sts: "active" }, { userId: user }],
    },
    refused: {
      "of a pending session": { sts: "pending" },
      "of no session": { sid: undefined },
      "for another front end": { azp: "https://evil.example.com" },
      "for no front end": { azp: undefined },
    },
  },
  {
    name: "auth0",
    options: auth0({ domain: "acme.eu.auth0.com", audience: "https://api.acme.example" }),
    alg: "RS256",
    jwksUri: "https://acme.eu.auth0.com/.well-known/jwks.json",
    token: {
      iss: "https://acme.eu.auth0.com/",
      sub: "auth0|6553da60a54af58e29493993",
      aud: ["https://api.acme.example", "https://acme.eu.auth0.com/userinfo"],
      azp: "K1AUPhZq8mRi0Q0pjhkfu1D7y6KjDQja",
      scope: "openid profile read:documents",
      org_id: "org_9ybsU1dN2dKfDkBi",
      permissions: ["read:documents", "update:documents"],
    },
    caller: {
      userId: "auth0|6553da60a54af58e29493993",
      activeOrgId: "org_9ybsU1dN2dKfDkBi",
      roles: ["read:documents", "update:documents"],
    },
    refused: {
      "of a machine": { sub: "awZfdIir8YFdGZWkvCejDoUb7SjTDicx@clients", gty: "client-credentials" },
      "of a machine that does not say so": { sub: "awZfdIir8YFdGZWkvCejDoUb7SjTDicx@clients" },
      "of the issuer without its slash": { iss: "https://acme.eu.auth0.com" },
    },
  },
  {
    name: "auth0 with the profile of RFC 9068 and roles of its own",
    options: auth0({
      domain: "https://login.acme.example/",
      audience: "https://api.acme.example",
      profile: "rfc9068",
      roles: "https://acme.example/roles",
    }),
    alg: "RS256",
    jwksUri: "https://login.acme.example/.well-known/jwks.json",
    header: { typ: "at+jwt" },
    token: {
      iss: "https://login.acme.example/",
      sub: "auth0|1",
      aud: "https://api.acme.example",
      client_id: "K1AUPhZq",
      org_id: "org_1",
      "https://acme.example/roles": ["owner"],
    },
    caller: { userId: "auth0|1", activeOrgId: "org_1", roles: ["owner"] },
  },
  {
    name: "stytch",
    options: stytch({
      projectId: "project-live-123",
      userRoles: ["https://stytch.com/session", "roles"],
      claims: { plan: "plan" },
    }),
    alg: "RS256",
    jwksUri: "https://api.stytch.com/v1/sessions/jwks/project-live-123",
    token: {
      iss: "stytch.com/project-live-123",
      aud: ["project-live-123"],
      sub: "user-live-1",
      "https://stytch.com/session": stytchSession,
      plan: "pro",
    },
    caller: {
      userId: "user-live-1",
      sessionId: "session-live-1",
      activeOrgId: null,
      roles: [],
      userRoles: ["stytch_member", "editor"],
      claims: { plan: "pro" },
    },
    refused: { "of a machine": { sub: "m2m-client-live-1", "https://stytch.com/session": undefined, scope: "read" } },
  },
  {
    name: "stytchB2B",
    options: stytchB2B({ projectId: "project-test-123", domain: "login.acme.example" }),
    alg: "RS256",
    jwksUri: "https://test.stytch.com/v1/b2b/sessions/jwks/project-test-123",
    token: {
      iss: "stytch.com/project-test-123",
      aud: ["project-test-123"],
      sub: "member-test-1",
      "https://stytch.com/session": stytchSession,
      "https://stytch.com/organization": { organization_id: "organization-test-1", slug: "acme" },
    },
    caller: {
      userId: "member-test-1",
      sessionId: "session-live-1",
      activeOrgId: "organization-test-1",
      roles: ["stytch_member", "editor"],
    },
    alsoCallers: { "of the custom domain": [{ iss: "https://login.acme.example" }, { userId: "member-test-1" }] },
    refused: { "of a machine": { "https://stytch.com/session": undefined } },
  },
  {
    name: "keycloak",
    options: keycloak({ issuer: "https://id.example.com/realms/acme", audience: "api", organizationBy: "id" }),
    alg: "RS256",
    jwksUri: "https://id.example.com/realms/acme/protocol/openid-connect/certs",
    token: {
      iss: "https://id.example.com/realms/acme",
      aud: ["api", "account"],
      sub: "f:1:ann",
      typ: "Bearer",
      azp: "web",
      sid: "a1b2",
      realm_access: { roles: ["editor", "offline_access"] },
      resource_access: { api: { roles: ["owner"] }, account: { roles: ["manage-account"] } },
      scope: "openid organization:acme",
      organization: { acme: { id: "42c3e46f-2477-44d7-a85b-d3b43f6b31fa", tier: ["gold"] } },
    },
    caller: {
      userId: "f:1:ann",
      sessionId: "a1b2",
      activeOrgId: "42c3e46f-2477-44d7-a85b-d3b43f6b31fa",
      roles: ["editor", "offline_access"],
    },
    alsoCallers: {
      "of two organizations": [
        { organization: { acme: { id: "1" }, globex: { id: "2" } } },
        { activeOrgId: null, roles: [] },
      ],
      "of an organization without its id": [{ organization: ["acme"] }, { activeOrgId: null, roles: [] }],
      "of none": [{ organization: undefined }, { activeOrgId: null, roles: [] }],
    },
    refused: {
      "to sign in with": { typ: "ID" },
      "to refresh with": { typ: "Refresh" },
      "of no type": { typ: undefined },
    },
  },
  {
    name: "keycloak by alias, with a client's roles",
    options: keycloak({
      issuer: "https://id.example.com/realms/acme",
      audience: "api",
      organizationBy: "alias",
      rolesOf: { client: "api" },
    }),
    alg: "RS256",
    jwksUri: "https://id.example.com/realms/acme/protocol/openid-connect/certs",
    token: {
      iss: "https://id.example.com/realms/acme",
      aud: "api",
      sub: "ann",
      typ: "Bearer",
      realm_access: { roles: ["editor"] },
      resource_access: { api: { roles: ["owner"] } },
      organization: ["acme"],
    },
    caller: { userId: "ann", activeOrgId: "acme", roles: ["owner"] },
    alsoCallers: {
      "of two organizations": [{ organization: ["acme", "globex"] }, { activeOrgId: null, roles: [] }],
      "of an organization with attributes": [{ organization: { acme: {} } }, { activeOrgId: "acme" }],
    },
  },
  {
    name: "cognito",
    options: cognito({
      region: "eu-central-1",
      userPoolId: "eu-central-1_a1b2c3",
      clientId: ["client1", "client2"],
      userRoles: "cognito:groups",
    }),
    alg: "RS256",
    jwksUri: "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_a1b2c3/.well-known/jwks.json",
    audienceClaim: "client_id",
    token: {
      sub: "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
      "cognito:groups": ["testgroup"],
      iss: "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_a1b2c3",
      version: 2,
      client_id: "client2",
      origin_jti: "session-1",
      token_use: "access",
      scope: "phone openid profile email",
      username: "ann",
    },
    caller: {
      userId: "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
      sessionId: "session-1",
      activeOrgId: null,
      roles: [],
      userRoles: ["testgroup"],
    },
    refused: {
      "to sign in with": { token_use: "id", aud: "client2" },
      "of no use": { token_use: undefined },
      "of a machine": { sub: "client2" },
      "of another client that is in aud": { client_id: "client9", aud: "client2" },
    },
  },
  {
    name: "cognito with the ID token",
    options: cognito({
      region: "eu-central-1",
      userPoolId: "eu-central-1_a1b2c3",
      clientId: "client1",
      tokenUse: "id",
      organization: "custom:org_id",
    }),
    alg: "RS256",
    jwksUri: "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_a1b2c3/.well-known/jwks.json",
    token: {
      sub: "ann",
      aud: "client1",
      "cognito:groups": ["admin"],
      iss: "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_a1b2c3",
      token_use: "id",
      "custom:org_id": "org_1",
    },
    caller: { userId: "ann", activeOrgId: "org_1", roles: ["admin"] },
    refused: { "for access": { token_use: "access", client_id: "client1" } },
  },
  {
    name: "entra",
    options: entra({
      tenantId: tenant.toUpperCase(),
      audience: "11112222-bbbb-3333-cccc-4444dddd5555",
      scope: "api.access",
    }),
    alg: "RS256",
    jwksUri: `https://login.microsoftonline.com/${tenant}/discovery/v2.0/keys`,
    token: {
      aud: "11112222-bbbb-3333-cccc-4444dddd5555",
      iss: `https://login.microsoftonline.com/${tenant}/v2.0`,
      azp: "22223333-cccc-4444-dddd-5555eeee6666",
      name: "Ann",
      oid: "aaaaaaaa-0000-1111-2222-bbbbbbbbbbbb",
      preferred_username: "ann@contoso.com",
      roles: ["Editor"],
      scp: "openid api.access",
      sub: "pairwise",
      tid: tenant,
      ver: "2.0",
      sid: "s1",
    },
    caller: {
      userId: `${tenant}:aaaaaaaa-0000-1111-2222-bbbbbbbbbbbb`,
      sessionId: "s1",
      activeOrgId: tenant,
      roles: ["Editor"],
    },
    refused: {
      "of an application": { idtyp: "app", scp: undefined, roles: ["Everything.ReadWrite"] },
      "of an application that says otherwise": { idtyp: "app" },
      "to sign in with": { scp: undefined },
      "of another scope": { scp: "api.accessories" },
      "of another directory": { tid: otherTenant },
      "of another directory, consistently": {
        tid: otherTenant,
        iss: `https://login.microsoftonline.com/${otherTenant}/v2.0`,
      },
      "of version 1": { iss: `https://sts.windows.net/${tenant}/` },
      "of no object": { oid: undefined },
      "of no directory": { tid: undefined },
    },
  },
  {
    name: "entra for any directory",
    options: entra({ tenantId: "any", audience: "api://acme", version: 1 }),
    alg: "RS256",
    jwksUri: "https://login.microsoftonline.com/organizations/discovery/v2.0/keys",
    token: {
      aud: "api://acme",
      iss: `https://sts.windows.net/${otherTenant}/`,
      oid: "aaaaaaaa-0000-1111-2222-bbbbbbbbbbbb",
      scp: "user_impersonation",
      sub: "pairwise",
      tid: otherTenant,
      ver: "1.0",
    },
    caller: { userId: `${otherTenant}:aaaaaaaa-0000-1111-2222-bbbbbbbbbbbb`, activeOrgId: otherTenant },
    refused: {
      "to sign in with": { scp: undefined },
      "of a blank scope": { scp: " " },
      "of one directory under the name of another": { tid: tenant },
      "of a personal account": {
        tid: "9188040d-6c67-4c5b-b112-36a304b66dad",
        iss: "https://sts.windows.net/9188040d-6c67-4c5b-b112-36a304b66dad/",
      },
      "of a directory that is none": { tid: "x/../y", iss: "https://sts.windows.net/x/../y/" },
    },
  },
  {
    name: "descope",
    options: descope({ projectId: "P2abc" }),
    alg: "RS256",
    jwksUri: "https://api.descope.com/P2abc/.well-known/jwks.json",
    audienceClaim: null,
    token: {
      amr: ["email"],
      drn: "DS",
      iss: "P2abc",
      sub: "U2abc",
      dct: "T1",
      rexp: "2026-12-24T13:05:28Z",
      tenants: { T1: { roles: ["Tenant Admin"], permissions: ["User Admin"] }, T2: { roles: ["Owner"] } },
      roles: ["Everything"],
    },
    caller: { userId: "U2abc", activeOrgId: "T1", roles: ["Tenant Admin"] },
    alsoCallers: {
      "whose issuer is an address": [{ iss: "https://api.descope.com/P2abc" }, { activeOrgId: "T1" }],
      "of the only tenant": [
        { dct: undefined, tenants: { T2: { roles: ["Owner"] } } },
        { activeOrgId: "T2", roles: ["Owner"] },
      ],
      "of two tenants and none chosen": [{ dct: undefined }, { activeOrgId: null, roles: [] }],
      "of a tenant that is not among its own": [{ dct: "T9" }, { activeOrgId: null, roles: [] }],
      "without a list of tenants": [
        { tenants: undefined, roles: ["Editor"] },
        { activeOrgId: "T1", roles: ["Editor"] },
      ],
    },
    refused: {
      "to refresh with": { drn: "DSR" },
      "of no kind": { drn: undefined },
      "of another project at its address": { iss: "https://api.descope.com/P2abcd" },
      "whose address only ends in the project": { iss: "https://evil.example.com/P2abc" },
    },
  },
  {
    name: "stackAuth",
    options: stackAuth({ projectId: "9d1c3e5f" }),
    alg: "ES256",
    jwksUri: "https://api.stack-auth.com/api/v1/projects/9d1c3e5f/.well-known/jwks.json",
    token: {
      iss: "https://api.stack-auth.com/api/v1/projects/9d1c3e5f",
      aud: "9d1c3e5f",
      sub: "u1",
      project_id: "9d1c3e5f",
      branch_id: "main",
      refresh_token_id: "r1",
      role: "authenticated",
      name: "Ann",
      email: "ann@example.com",
      email_verified: true,
      selected_team_id: "t1",
      is_anonymous: false,
      is_restricted: false,
      restricted_reason: null,
    },
    caller: { userId: "u1", sessionId: "r1", activeOrgId: "t1", roles: [] },
    alsoCallers: { "without a team": [{ selected_team_id: null }, { activeOrgId: null }] },
    refused: {
      "of an anonymous user": { is_anonymous: true },
      "of an anonymous user's audience": { aud: "9d1c3e5f:anon", is_anonymous: true },
      "of a restricted user": { is_restricted: true },
      "of a user who may be anonymous": { is_anonymous: "false" },
      "of another branch": { branch_id: "staging" },
    },
  },
  {
    name: "workos",
    options: workos({ clientId: "client_123" }),
    alg: "RS256",
    jwksUri: "https://api.workos.com/sso/jwks/client_123",
    audienceClaim: "client_id",
    token: {
      iss: "https://api.workos.com",
      client_id: "client_123",
      sub: "user_01HBEQKA6K4QJAS93VPE39W1JT",
      act: { sub: "admin@foocorp.com" },
      org_id: "org_01HRDMC6CM357W30QMHMQ96Q0S",
      role: "member",
      roles: ["member", "billing"],
      permissions: ["posts:read"],
      sid: "session_01HQSXZGF8FHF7A9ZZFCW4387R",
      jti: "01HQSXZXPPFPKMDD32RKTFY6PV",
    },
    caller: {
      userId: "user_01HBEQKA6K4QJAS93VPE39W1JT",
      sessionId: "session_01HQSXZGF8FHF7A9ZZFCW4387R",
      activeOrgId: "org_01HRDMC6CM357W30QMHMQ96Q0S",
      roles: ["member", "billing"],
    },
    alsoCallers: {
      "with one role": [{ roles: undefined }, { roles: ["member"] }],
      "whose issuer names the client": [
        { iss: "https://api.workos.com/user_management/client_123" },
        { userId: "user_01HBEQKA6K4QJAS93VPE39W1JT" },
      ],
      "without a client": [{ client_id: undefined }, { userId: "user_01HBEQKA6K4QJAS93VPE39W1JT" }],
    },
    refused: {
      "of a machine": { sid: undefined },
      "whose issuer names another client": { iss: "https://api.workos.com/user_management/client_9" },
    },
  },
  {
    name: "firebase",
    options: firebase({ projectId: "acme-prod", roles: "orgRoles" }),
    alg: "RS256",
    jwksUri: "https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com",
    token: {
      iss: "https://securetoken.google.com/acme-prod",
      aud: "acme-prod",
      auth_time: 1_700_000_000,
      user_id: "fb1",
      sub: "fb1",
      email: "ann@example.com",
      firebase: { identities: { email: ["ann@example.com"] }, sign_in_provider: "password", tenant: "tenant-1" },
      orgRoles: ["editor"],
    },
    caller: { userId: "fb1", sessionId: null, activeOrgId: "tenant-1", roles: ["editor"] },
    alsoCallers: {
      "without a tenant": [{ firebase: { sign_in_provider: "google.com" } }, { activeOrgId: null, roles: [] }],
    },
    refused: {
      "of an anonymous user": { firebase: { identities: {}, sign_in_provider: "anonymous" } },
      "of somebody who will sign in": { auth_time: 9_999_999_999 },
      "of nobody who signed in": { auth_time: undefined },
      "of another project with our issuer": { aud: "acme-test" },
    },
  },
  {
    name: "googleIdentity",
    options: googleIdentity({ clientId: "1234.apps.googleusercontent.com" }),
    alg: "RS256",
    jwksUri: "https://www.googleapis.com/oauth2/v3/certs",
    token: {
      iss: "https://accounts.google.com",
      azp: "1234.apps.googleusercontent.com",
      aud: "1234.apps.googleusercontent.com",
      sub: "10769150350006150715113082367",
      hd: "example.com",
      email: "ann@example.com",
      email_verified: true,
    },
    caller: { userId: "10769150350006150715113082367", activeOrgId: "example.com", roles: [] },
    alsoCallers: {
      "of a personal account": [{ hd: undefined }, { activeOrgId: null }],
      "whose issuer has no scheme": [{ iss: "accounts.google.com" }, { activeOrgId: "example.com" }],
    },
  },
  {
    name: "supabaseAuth",
    options: supabaseAuth({
      url: "https://abc.supabase.co",
      organization: "app_metadata.org_id",
      roles: "app_metadata.org_roles",
      claims: { region: "app_metadata.region" },
    }),
    alg: "ES256",
    jwksUri: "https://abc.supabase.co/auth/v1/.well-known/jwks.json",
    token: {
      iss: "https://abc.supabase.co/auth/v1",
      aud: "authenticated",
      sub: "123e4567-e89b-12d3-a456-426614174000",
      role: "authenticated",
      aal: "aal1",
      session_id: "s1",
      email: "ann@example.com",
      phone: "",
      is_anonymous: false,
      app_metadata: { provider: "email", providers: ["email"], org_id: "org_1", org_roles: ["editor"], region: "eu" },
      user_metadata: { org_id: "org_evil", org_roles: ["owner"], region: "moon" },
      amr: [{ method: "password", timestamp: 1640991600 }],
    },
    caller: {
      userId: "123e4567-e89b-12d3-a456-426614174000",
      sessionId: "s1",
      activeOrgId: "org_1",
      roles: ["editor"],
      claims: { region: "eu" },
    },
    alsoCallers: {
      "with a powerful Postgres role": [{ role: "service_role" }, { roles: ["editor"], userRoles: [] }],
      "without app_metadata": [{ app_metadata: {} }, { activeOrgId: null, roles: [], claims: { region: null } }],
    },
    refused: {
      "of an anonymous user": { is_anonymous: true },
      "of an anonymous client": { aud: "anon" },
      "that is the anon key": { iss: "supabase", ref: "abc", role: "anon", aud: undefined, sub: undefined },
    },
  },
  {
    name: "neonAuth",
    options: neonAuth({ url: "https://ep-1.neonauth.eu-central-1.aws.neon.tech/neondb/auth" }),
    alg: "EdDSA",
    jwksUri: "https://ep-1.neonauth.eu-central-1.aws.neon.tech/neondb/auth/.well-known/jwks.json",
    token: {
      iss: "https://ep-1.neonauth.eu-central-1.aws.neon.tech",
      aud: "https://ep-1.neonauth.eu-central-1.aws.neon.tech",
      sub: "7a7f1e0c",
      id: "7a7f1e0c",
      email: "ann@example.com",
      role: "authenticated",
      o: { id: "org_1", slug: "acme", role: "admin,member" },
    },
    caller: { userId: "7a7f1e0c", sessionId: null, activeOrgId: "org_1", roles: ["admin", "member"], userRoles: [] },
    alsoCallers: { "without an organization": [{ o: undefined }, { activeOrgId: null, roles: [] }] },
  },
  {
    name: "betterAuthJwt",
    options: betterAuthJwt({ baseURL: "https://app.example.com", organization: "org" }),
    alg: "EdDSA",
    jwksUri: "https://app.example.com/api/auth/jwks",
    token: {
      iss: "https://app.example.com",
      aud: "https://app.example.com",
      sub: "u1",
      id: "u1",
      name: "Ann",
      email: "ann@example.com",
      role: "admin",
      org: "org_1",
      activeOrganizationId: "org_evil",
    },
    caller: { userId: "u1", activeOrgId: "org_1", roles: [], userRoles: [] },
  },
  {
    name: "selfSigned",
    options: selfSigned({
      issuer: "acme",
      audience: "acme-api",
      jwksUri: "https://app.example.com/jwks.json",
      algorithms: ["EdDSA"],
    }),
    alg: "EdDSA",
    jwksUri: "https://app.example.com/jwks.json",
    token: { iss: "acme", aud: "acme-api", sub: "u1", sid: "s1", org_id: "o1", team_id: "t1", roles: "admin member" },
    caller: { userId: "u1", sessionId: "s1", activeOrgId: "o1", activeTeamId: "t1", roles: ["admin", "member"] },
  },
];

const nothing: Caller = {
  userId: null,
  sessionId: null,
  activeOrgId: null,
  activeTeamId: null,
  roles: [],
  userRoles: [],
  claims: {},
};

describe.each(cases.map((one) => [one.name, one] as const))("a token of %s", (_, one) => {
  const payload = (over: Claims = {}) => ({ iat: seconds(), exp: seconds(300), ...one.token, ...over });
  const header = (over: Claims = {}) => ({ alg: one.alg, kid: `${one.alg}-key`, typ: "JWT", ...one.header, ...over });
  const signed = (over: Claims = {}) => sign(keyOf(one.alg), payload(over), header());
  const identify = async (token: string) => standIn(one.options).identify(token);

  it("is the caller that it names, by the key set at the documented address", async () => {
    const issuer = standIn(one.options);
    expect(await issuer.identify(await signed())).toEqual({
      _tag: "Claims",
      via: "header",
      presented: expect.any(Function),
      caller: { ...nothing, ...one.caller },
    });
    expect(issuer.asked).toEqual([one.jwksUri]);
  });

  it.each(Object.entries(one.alsoCallers ?? {}))("%s is a caller", async (__, [change, caller]) => {
    expect(await identify(await signed(change))).toMatchObject({ _tag: "Claims", caller });
  });

  const { iss, aud } = one.token;
  const audiences: Readonly<Record<string, Claims>> =
    one.audienceClaim === null
      ? {}
      : {
          "for somebody else": {
            aud: "somebody-else",
            ...(one.audienceClaim && { [one.audienceClaim]: "somebody-else" }),
          },
        };
  it.each(
    Object.entries<Claims>({
      ...audiences,
      ...(aud !== undefined && { "for nobody": { aud: undefined } }),
      "of somebody else": { iss: "https://evil.example.com" },
      "of an issuer that begins the same": { iss: `${iss}.evil.example.com` },
      "of an issuer that ends the same": { iss: `https://evil.example.com/${iss}` },
      "of nobody": { iss: undefined },
      "that has expired": { exp: seconds(-61) },
      "that does not expire": { exp: undefined },
      "that is not valid yet": { nbf: seconds(61) },
      "without a user": { sub: undefined, oid: undefined },
      "with a user that is no text": { sub: 7, oid: 7 },
      ...one.refused,
    }),
  )("%s is nobody's", async (__, change) => {
    expect(await identify(await signed(change))).toEqual(anonymous);
  });

  it("is nobody's under any other signature", async () => {
    const { alg } = one;
    const others = ["RS256", "ES256", "EdDSA"].filter((other) => other !== alg && !allows(one.options, other));
    expect(others.length).toBeGreaterThan(0);
    for (const other of others) {
      const token = await sign(keyOf(other), payload(), header({ alg: other, kid: `${other}-key` }));
      expect(await identify(token)).toEqual(anonymous);
    }
    expect(await identify(await sign(keyOf(alg, forged), payload(), header()))).toEqual(anonymous);
    const published = JSON.stringify(keyOf(alg).jwk);
    expect(await identify(await signWithSecret(published, payload(), header({ alg: "HS256" })))).toEqual(anonymous);
    const [head, body] = (await sign(keyOf(alg), payload(), header({ alg: "none" }))).split(".");
    expect(await identify(`${head}.${body}.`)).toEqual(anonymous);
  });
});

const allows = ({ algorithms }: JwtOptions, algorithm: string): boolean =>
  algorithms === undefined || algorithms.some((allowed) => allowed === algorithm);

describe("a preset", () => {
  const over: Preferences = {
    organization: "tenant",
    roles: (payload) => payload.groups,
    userRoles: "staff",
    team: "team",
  };

  it("yields to what is said beside it", async () => {
    const options = auth0({ domain: "acme.auth0.com", audience: "api", ...over });
    const claims = { tenant: "t", groups: ["g"], staff: ["s"], team: "x", org_id: "o", permissions: ["p"] };
    const token = { iss: "https://acme.auth0.com/", aud: "api", sub: "ann", exp: seconds(60), ...claims };
    expect(await standIn(options).identify(await sign(keyOf("RS256"), token))).toMatchObject({
      caller: { activeOrgId: "t", activeTeamId: "x", roles: ["g"], userRoles: ["s"] },
    });
  });

  it("of Supabase does not read what users write", () => {
    const url = "https://abc.supabase.co";
    for (const wrong of [
      { organization: "user_metadata.org_id" },
      { roles: ["user_metadata", "roles"] },
      { userRoles: "user_metadata.admin" },
      { team: "user_metadata.team" },
      { claims: { region: "user_metadata.region" } },
    ]) {
      expect(() => supabaseAuth({ url, ...wrong })).toThrow(/users write user_metadata themselves/);
    }
  });

  it("of Supabase takes the legacy secret, and then nothing else", async () => {
    const secret = "the-legacy-secret-of-a-supabase-project";
    const { identify } = jwt(supabaseAuth({ url: "https://abc.supabase.co", secret }));
    const token = { iss: "https://abc.supabase.co/auth/v1", aud: "authenticated", sub: "ann", exp: seconds(60) };
    expect(await identify(bearer(await signWithSecret(secret, token, { alg: "HS256" })))).toMatchObject({
      caller: { userId: "ann" },
    });
    expect(await identify(bearer(await sign(keyOf("ES256"), token)))).toEqual(anonymous);
  });

  it("of Entra takes a key only for the directory that it signs for", async () => {
    const key = keyOf("RS256");
    const own = { ...key.jwk, issuer: `https://login.microsoftonline.com/${tenant}/v2.0` };
    const any = { ...key.jwk, issuer: "https://login.microsoftonline.com/{tenantid}/v2.0" };
    const token = (tid: string) =>
      sign(key, {
        iss: `https://login.microsoftonline.com/${tid}/v2.0`,
        aud: "api",
        exp: seconds(60),
        scp: "x",
        tid,
        oid: "ann",
      });
    const present = async (published: object, tid: string) => {
      const options = entra({ tenantId: "any", audience: "api" });
      const { identify } = jwt({
        ...options,
        keySet: { fetch: async () => Response.json({ keys: [published] }) },
      });
      return (await identify(bearer(await token(tid))))._tag;
    };
    expect(await present(own, tenant)).toBe("Claims");
    expect(await present(own, otherTenant)).toBe("Anonymous");
    expect(await present(any, otherTenant)).toBe("Claims");
    expect(await present({ ...key.jwk, issuer: 7 }, tenant)).toBe("Anonymous");
  });

  it("of Entra names the directory by its GUID", () => {
    for (const tenantId of ["common", "organizations", "contoso.onmicrosoft.com", "", [], ["any"]]) {
      expect(() => entra({ tenantId, audience: "api" })).toThrow(/tenantId must be the GUID/);
    }
  });

  it.each<[string, () => JwtOptions]>([
    ["firebase", () => firebase({ projectId: "" })],
    ["googleIdentity", () => googleIdentity({ clientId: [] })],
    ["entra", () => entra({ tenantId: "any", audience: "" })],
    ["auth0", () => auth0({ domain: "acme.auth0.com", audience: "" })],
    ["keycloak", () => keycloak({ issuer: "https://id.example.com/realms/a", audience: [], organizationBy: null })],
  ])("of %s needs to know who its tokens are for", (_, options) => {
    expect(() => jwt(options())).toThrow(/audience must name/);
  });
});

it("a token that Better Auth signed is the caller of betterAuthJwt", async () => {
  const baseURL = "https://app.example.com";
  const auth = betterAuth({
    baseURL,
    secret: "a-secret-of-this-test-0123456789-0123456789",
    database: memoryAdapter({ user: [], session: [], account: [], verification: [], jwks: [] }),
    emailAndPassword: { enabled: true },
    plugins: [jwtPlugin({ jwt: { definePayload: () => ({ org: "org_1" }) } })],
    telemetry: { enabled: false },
  });
  const body = { name: "Ann", email: "ann@example.com", password: "correct horse battery staple" };
  const { headers, response } = await auth.api.signUpEmail({ body, returnHeaders: true });
  const cookie = headers
    .getSetCookie()
    .map((value) => value.split(";")[0])
    .join("; ");
  const { token } = await auth.api.getToken({ headers: new Headers({ cookie }) });
  const asked: Array<string> = [];
  const { identify } = jwt(
    betterAuthJwt({
      baseURL,
      organization: "org",
      keySet: {
        fetch: (url) => {
          asked.push(url);
          return auth.handler(new Request(url));
        },
      },
    }),
  );
  expect(await identify(bearer(token))).toMatchObject({ caller: { userId: response.user.id, activeOrgId: "org_1" } });
  expect(asked).toEqual(["https://app.example.com/api/auth/jwks"]);
});
