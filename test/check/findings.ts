/**
 * What the tests of single findings have in common: short rules, and findings as lines.
 *
 * Invariant: findings that these tests are not about are left out here and nowhere else.
 */
import { check } from "../../src/cli/check/check.js";

type Module = Readonly<Record<string, unknown>>;

const elsewhere = ["missing_index", "write_without_read", "public_write", "unreadable_reference"];

export const found = (schema: Module) =>
  check(schema).filter(({ accepted, code }) => accepted === undefined && !elsewhere.includes(code));

/** Code, table and path of each. */
export const codes = (schema: Module): ReadonlyArray<string> =>
  found(schema).map(({ code, table: name, path }) => `${code} ${name} ${path}`);

export const open = { exception: "a test" } as const;
export const ownOrganization = { record: { organizationId: { equals: "ctx.activeOrgId" } } } as const;
export const ownRow = { record: { userId: { equals: "ctx.userId" } } } as const;
export const member = { roles: ["member+"] } as const;
export const everyone = { roles: ["PUBLIC"] } as const;
export const signedIn = { roles: ["AUTHENTICATED"] } as const;
