/**
 * Every target: what it is, how it is asked, and where its answer has the rows.
 *
 * Invariant: a target is asked for the same rows as every other, whatever its requests look like.
 */
import { cookieOf } from "./auth.js";
import { claimHeader, claimText } from "./claim.js";
import { documentId, organizationId, organizationOf, type Pick, roleOf, type Size, userId } from "./world.js";

export const operations = ["get", "list"] as const;
export type Operation = (typeof operations)[number];

/** How many rows a list has. */
export const pageSize = 20;

export interface Asked {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Target {
  readonly name: string;
  /** The module that has `open`, without its extension. */
  readonly module: string;
  readonly ask: (operation: Operation, pick: Pick, size: Size) => Asked;
  /** The rows of a successful answer; none where there is none to see. */
  readonly rows: (operation: Operation, json: unknown) => ReadonlyArray<unknown>;
  /** Knows of organizations and of nothing else: a member sees what an admin sees. */
  readonly ignoresRoles?: true;
}

/** The credential of a caller whom a claim names. */
export const claimed = ({ user }: Pick, size: Size): Readonly<Record<string, string>> => ({
  [claimHeader]: claimText({
    userId: userId(user),
    organizationId: organizationId(organizationOf(user, size)),
    role: roleOf(user, size),
  }),
});

const signedIn = ({ user }: Pick): Readonly<Record<string, string>> => ({ cookie: cookieOf(user) });

const path = (operation: Operation, { document }: Pick): string =>
  operation === "get" ? `/documents/${documentId(document)}` : `/documents?limit=${pageSize}&sort=-createdAt`;

/** @returns the value under the keys, whatever the JSON is. */
export const at = (json: unknown, ...keys: ReadonlyArray<string>): unknown =>
  keys.reduce<unknown>(
    (value, key) => (typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined),
    json,
  );

export const rest = (name: string, credential: Credential): Target => ({
  name,
  module: `targets/${name}`,
  ask: (operation, pick, size) => ({ method: "GET", path: path(operation, pick), headers: credential(pick, size) }),
  rows: (operation, json) => {
    const found = operation === "get" ? json : at(json, "data");
    return Array.isArray(found) ? found : [found];
  },
});

type Credential = (pick: Pick, size: Size) => Readonly<Record<string, string>>;

export const reference: Target = { ...rest("reference", claimed), ignoresRoles: true };

/** Everything that is compared with the reference. */
export const targets: ReadonlyArray<Target> = [
  rest("hedgerow-claims", claimed),
  rest("drizzle-rls", claimed),
  rest("hedgerow-session", signedIn),
  rest("better-auth-drizzle", signedIn),
];
