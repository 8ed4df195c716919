/**
 * Whether a session in which somebody acts as another still may be.
 *
 * Invariant: such a session (`session.impersonatedBy`, of the admin plugin) lives by the rights of whoever acts. It is worth
 * nothing once they are deleted, banned or demoted, or once the other is an admin as whom they may not act. Decided as Better
 * Auth's `impersonateUser` decides, from the same options, but for each statement instead of once.
 */
import type { BetterAuthOptions } from "better-auth";
import { defaultRoles } from "better-auth/plugins/admin/access";
import { text, textArray } from "../../condition/sql-text.js";
import { idKind } from "./exposure.js";
import type { AuthModels } from "./models.js";
import { rolesIn } from "./role-list.js";
import { idIn, notBanned, type Source, source } from "./source.js";

export interface Impersonation {
  /** Whoever acts: a row of `user`, found by its primary key. */
  readonly source: Source;
  readonly on: ReadonlyArray<string>;
  /** The condition on the session. */
  readonly holds: string;
}

/**
 * @returns what the caller query joins and demands; undefined where Better Auth knows no impersonation.
 * @throws Error when users could write the field themselves, or when no admin plugin says who may.
 */
export const impersonation = (
  options: BetterAuthOptions,
  models: AuthModels,
  { session, user }: { readonly session: Source; readonly user: Source },
): Impersonation | undefined => {
  const field = session.model.fields.get("impersonatedBy");
  if (field === undefined) return undefined;
  const rights = rightsOf(options);
  if (rights === undefined) {
    throw new Error(
      "session.impersonatedBy is the admin plugin's field, and the plugin is missing, so that nobody can say who may " +
        "impersonate. Add admin() to the plugins, or call the field something else.",
    );
  }
  if (field.attribute.input !== false) {
    throw new Error(
      "session.additionalFields.impersonatedBy replaces the admin plugin's field, and users may write it: whoever " +
        'impersonates could hide it. Declare it as { type: "string", required: false, input: false } or remove it.',
    );
  }
  const impersonator = source(models, "user", "a");
  const by = session.column("impersonatedBy");
  const ids = idKind(options, undefined);
  const isOrdinary = `not ${anyOf([isOf(rolesIn(roleOf(user, rights.defaultRole)), rights.adminRoles), hasId(user, rights.adminIds)])}`;
  const may = (roles: ReadonlyArray<string>): string =>
    // Not trimmed: Better Auth does not trim here either.
    anyOf([
      isOf(`string_to_array(${roleOf(impersonator, rights.defaultRole)}, ',')`, roles),
      hasId(impersonator, rights.adminIds),
    ]);
  return {
    source: impersonator,
    on: [
      `${impersonator.id} = ${idKind(options, field) === ids ? by : idIn(by, ids)}`,
      ...notBanned(impersonator),
      may(rights.impersonate),
      ...(rights.anybody ? [] : [anyOf([isOrdinary, may(rights.impersonateAdmins)])]),
    ],
    holds: `(${by} is null or ${impersonator.id} is not null)`,
  };
};

/** What the options of the admin plugin say about impersonation. */
interface Rights {
  /** The roles that may act as users. */
  readonly impersonate: ReadonlyArray<string>;
  /** The roles that may act as admins. */
  readonly impersonateAdmins: ReadonlyArray<string>;
  /** Whether admins may be acted as like anybody. */
  readonly anybody: boolean;
  readonly adminRoles: ReadonlyArray<string>;
  /** The users who are admins whatever their role. */
  readonly adminIds: ReadonlyArray<string>;
  /** The role of who has none. */
  readonly defaultRole: string;
}

const rightsOf = ({ plugins = [] }: BetterAuthOptions): Rights | undefined => {
  const plugin = plugins.find(({ id }) => id === "admin");
  if (plugin === undefined) return undefined;
  const { roles, adminRoles = ["admin"], adminUserIds, allowImpersonatingAdmins, defaultRole } = plugin.options ?? {};
  const table: Readonly<Record<string, unknown>> = roles ?? defaultRoles;
  const authorized = (action: string): ReadonlyArray<string> =>
    Object.keys(table).filter((role) => authorizes(table[role], { user: [action] }));
  const listed: ReadonlyArray<unknown> = typeof adminRoles === "string" ? adminRoles.split(",") : adminRoles;
  return {
    impersonate: authorized("impersonate"),
    impersonateAdmins: authorized("impersonate-admins"),
    anybody: allowImpersonatingAdmins === true,
    adminRoles: listed.map((role) => String(role).trim()),
    adminIds: Array.isArray(adminUserIds) ? adminUserIds.map(String) : [],
    defaultRole: typeof defaultRole === "string" && defaultRole !== "" ? defaultRole : "user",
  };
};

type Role = { readonly authorize: (asked: Readonly<Record<string, ReadonlyArray<string>>>) => unknown };

const isRole = (role: unknown): role is Role =>
  typeof role === "object" && role !== null && "authorize" in role && typeof role.authorize === "function";

const authorizes = (role: unknown, asked: Parameters<Role["authorize"]>[0]): boolean => {
  const answer = isRole(role) ? role.authorize(asked) : undefined;
  return typeof answer === "object" && answer !== null && "success" in answer && answer.success === true;
};

const roleOf = (user: Source, defaultRole: string): string =>
  `coalesce(nullif(${user.column("role")}, ''), ${text(defaultRole)})`;

const isOf = (list: string, roles: ReadonlyArray<string>): string | undefined =>
  roles.length === 0 ? undefined : `${list} && ${textArray(roles)}`;

const hasId = (user: Source, ids: ReadonlyArray<string>): string | undefined =>
  ids.length === 0 ? undefined : `${user.id}::text = any (${textArray(ids)})`;

/** Of nothing, false. */
const anyOf = (alternatives: ReadonlyArray<string | undefined>): string => {
  const given = alternatives.filter((alternative) => alternative !== undefined);
  return given.length === 0 ? "false" : `(${given.join(" or ")})`;
};
