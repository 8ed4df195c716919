/**
 * What callers may read of Better Auth's own tables, by row and by column.
 *
 * Invariant: closed unless opened. A table that is not listed here has no policy and no grant for callers; a column that is
 * not listed is not granted, whatever plugin or option adds it; what is a secret by its flags or its name cannot be
 * opened. Nothing here lets a caller write: Better Auth's own API is how these tables change.
 */
import type { BetterAuthOptions } from "better-auth";
import { identifier, text } from "../../condition/sql-text.js";
import type { IdentityFunction } from "../../postgres/identity.js";
import type { IdentityOptions } from "./claims.js";
import type { AuthField, AuthModel, AuthModels } from "./models.js";
import { authSchema } from "./models.js";
import { rolesIn } from "./role-list.js";

/** Rows of a table that are opened to whom they belong to. */
export interface ExposedRows {
  /** `user`: the caller's own, by `userId`. `organization`: those of every organization the caller is a member of, by `organizationId`. */
  readonly rows: "user" | "organization";
  /** Better Auth's names of the fields; `id` and the field that says whose row it is come with them. */
  readonly fields: ReadonlyArray<string>;
}

/**
 * What to open beyond what callers may read anyway, by Better Auth's own name of the model.
 *
 * ```ts
 * const expose = {
 *   user: ["region"],                                                    // one more column of their own row, or instead
 *   user: { rows: "organization", fields: ["name", "image"] },           // of all in the active organization, these alone
 *   team: "organization",                                                // the teams of the caller's organizations
 *   subscription: { rows: "organization", fields: ["plan", "status"] },  // a table of some other plugin
 * } satisfies Expose;
 * ```
 */
export interface Expose {
  /**
   * More fields of the caller's own row; or the fields that callers read of everybody in their active organization, themselves
   * included. Postgres grants columns and not columns of some rows, so these fields are then all that is read of any user.
   */
  readonly user?: ReadonlyArray<string> | (ExposedRows & { readonly rows: "organization" });
  /** More fields of a table that callers read anyway. */
  readonly session?: ReadonlyArray<string>;
  readonly organization?: ReadonlyArray<string>;
  readonly member?: ReadonlyArray<string>;
  readonly invitation?: ReadonlyArray<string>;
  /** The teams of the caller's organizations; and of memberships in teams, the caller's own. */
  readonly team?: "organization" | ExposedRows;
  readonly teamMember?: "user" | ExposedRows;
  /** The roles that an organization defines for itself. */
  readonly organizationRole?: "organization" | ExposedRows;
  readonly [model: string]: ReadonlyArray<string> | "user" | "organization" | ExposedRows | undefined;
}

/** What callers may read of one table. */
export interface Readable {
  readonly model: AuthModel;
  /** SQL names. */
  readonly columns: ReadonlyArray<string>;
  /** The expression of the policy. */
  readonly using: string;
}

/** Whose rows callers see: by the table's own id, by a pointer to the user, to the organization, or as an invitation. */
type Scope = "self" | "colleagues" | "user" | "organization" | "own organizations" | "invitation";

interface Known {
  readonly scope: Scope;
  /** Open without a word in `expose`. */
  readonly open: boolean;
  readonly fields: ReadonlyArray<string>;
}

/** The tables of Better Auth that hold nothing secret, and their columns that do not either. */
const known: Readonly<Record<string, Known>> = {
  user: {
    scope: "self",
    open: true,
    fields: [
      ...["name", "email", "emailVerified", "image", "createdAt", "updatedAt", "role", "username", "displayUsername"],
      ...["phoneNumber", "phoneNumberVerified", "isAnonymous", "twoFactorEnabled", "lastLoginMethod"],
    ],
  },
  session: {
    scope: "user",
    open: true,
    fields: [
      ...["expiresAt", "createdAt", "updatedAt", "ipAddress", "userAgent", "userId"],
      ...["activeOrganizationId", "activeTeamId", "impersonatedBy"],
    ],
  },
  organization: { scope: "own organizations", open: true, fields: ["name", "slug", "logo", "createdAt"] },
  member: { scope: "organization", open: true, fields: ["organizationId", "userId", "role", "createdAt"] },
  invitation: {
    scope: "invitation",
    open: true,
    fields: ["organizationId", "email", "role", "teamId", "status", "expiresAt", "createdAt", "inviterId"],
  },
  team: { scope: "organization", open: false, fields: ["name", "organizationId", "createdAt", "updatedAt"] },
  teamMember: { scope: "user", open: false, fields: ["teamId", "userId", "createdAt"] },
  organizationRole: {
    scope: "organization",
    open: false,
    fields: ["organizationId", "role", "permission", "createdAt", "updatedAt"],
  },
};

/** Tables that are credentials or lead to some: nobody but Better Auth reads them, not even in part. */
const serviceOnly =
  /^(account|verification|rateLimit|jwks|apikey|apiKey|twoFactor|passkey|deviceCode|walletAddress|agent|approvalRequest|(oauth|scim|sso|agent)[A-Z]\w*)$/;

const secretPart = /token|passw(or)?d|passphrase|secret|credential|apikey|privatekey/;
const secretWord = /^(key|keys|hash|digest|salt|otp|totp|pin|backup|recovery|nonce|signature)$/;

const isSecretName = (name: string): boolean => {
  const words = name
    .replace(/([a-z\d])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .split(/[^a-z\d]+/);
  return secretPart.test(words.join("")) || words.some((word) => secretWord.test(word));
};

/** By what Better Auth calls the field and by what the options make of it, because either may tell the truth. */
const isSecret = ({ name, property, column, attribute }: AuthField): boolean =>
  attribute.returned === false || [name, property, column].some(isSecretName);

/** The functions that the policies below ask. */
export const exposureFunctions = (
  options: BetterAuthOptions,
  models: AuthModels,
  { expose, apiKeys }: Pick<IdentityOptions, "expose" | "apiKeys"> = {},
): ReadonlyArray<IdentityFunction> => {
  const member = models.get("member");
  const organizationId = member?.fields.get("organizationId");
  const userId = member?.fields.get("userId");
  const role = member?.fields.get("role");
  if (member === undefined || organizationId === undefined || userId === undefined || role === undefined) return [];
  const column = (field: AuthField): string => `m.${identifier(field.column)}`;
  const members = (selected: AuthField, by: AuthField, value: string): string => {
    const kind = idKind(options, by);
    return `begin
  return array(
    select ${column(selected)}::text from hedgerow.caller() as c
    join ${identifier(authSchema)}.${identifier(member.table)} as m on ${column(by)} = ${value}${kind === "text" ? "" : `::${kind}`}${apiKeys === undefined ? "" : " and c.session_id is not null"}`;
  };
  // Positional, because a column may be called like the argument.
  const memberships = (condition: string): string =>
    `${members(organizationId, userId, "c.user_id")}${condition}\n  );\nend`;
  return [
    { signature: "member_organizations()", returns: "text[]", body: memberships("") },
    {
      signature: "organizations_with_role(roles text[])",
      returns: "text[]",
      body: memberships(`\n    where ${rolesIn(column(role))} && $1`),
    },
    ...(isExposedRows(expose?.user)
      ? [
          {
            signature: "colleagues()",
            returns: "text[]",
            body: `${members(userId, organizationId, "c.org_id")}\n  );\nend`,
          },
        ]
      : []),
  ];
};

/**
 * Lists what callers may read.
 *
 * ```sql
 * create policy hedgerow_caller_select on public.member for select to authenticated
 *   using (organization_id = any ((select hedgerow.member_organizations())::text[]));
 * grant select (id, organization_id, user_id, role, created_at) on public.member to authenticated;
 * ```
 *
 * @throws Error that lists everything in `expose` that does not exist, is a secret, or belongs to nobody.
 */
export const readableOf = (
  options: BetterAuthOptions,
  models: AuthModels,
  { expose = {}, apiKeys }: Pick<IdentityOptions, "expose" | "apiKeys"> = {},
): ReadonlyArray<Readable> => {
  const problems: Array<string> = [];
  const readable = new Map<string, Readable>();
  const open = (name: string, model: AuthModel, scope: Scope, fields: ReadonlyArray<AuthField>): boolean => {
    const using = usingOf(options, models, model, scope);
    if (using === undefined) return false;
    readable.set(name, {
      model,
      columns: [...new Set(["id", ...fields.map(({ column }) => column)])],
      // A key is for what it was made for: who their owner is and works with stays with sessions.
      using: apiKeys === undefined ? using : `(${using}) and (select hedgerow.get_session_id()) is not null`,
    });
    return true;
  };
  const openTo = (
    name: string,
    model: AuthModel,
    rows: ExposedRows["rows"],
    fields: ReadonlyArray<AuthField>,
  ): void => {
    if (open(name, model, rows, fields)) return;
    const by = rows === "user" ? "userId" : "organizationId";
    problems.push(`${name}: its rows belong to no ${rows}, because it has no field "${by}" that holds an id`);
  };

  for (const [name, { scope, open: isOpen, fields }] of Object.entries(known)) {
    const model = models.get(name);
    if (model !== undefined && isOpen) open(name, model, scope, harmless(model, fields));
  }

  for (const [name, wanted] of Object.entries(expose)) {
    if (wanted === undefined) continue;
    const model = models.get(name);
    const listed = known[name];
    const already = readable.get(name);
    if (model === undefined) {
      problems.push(`${name}: Better Auth stores no such table; it stores ${[...models.keys()].join(", ")}`);
    } else if (serviceOnly.test(name)) {
      problems.push(`${name}: it holds credentials or leads to some, so callers never read it; ask Better Auth's API`);
    } else if (typeof wanted === "string") {
      if (listed === undefined || listed.open || listed.scope !== wanted) {
        problems.push(`${name}: it takes ${shapeFor(already !== undefined)}`);
      } else {
        openTo(name, model, wanted, harmless(model, listed.fields));
      }
    } else {
      const isList = Array.isArray(wanted);
      const rows: ExposedRows | undefined = isExposedRows(wanted) ? wanted : undefined;
      const ofColleagues = name === "user" && rows?.rows === "organization";
      if (!ofColleagues && (isList !== (already !== undefined) || (!isList && rows === undefined))) {
        problems.push(`${name}: it takes ${shapeFor(already !== undefined)}`);
        continue;
      }
      const names: ReadonlyArray<string> = rows === undefined ? asNames(wanted) : rows.fields;
      const fields = names.flatMap((field) => {
        const found = model.fields.get(field);
        if (found === undefined) {
          problems.push(`${name}: there is no field "${field}"; there are ${[...model.fields.keys()].join(", ")}`);
        } else if (isSecret(found)) {
          problems.push(
            `${name}: "${field}" is a secret, ${found.attribute.returned === false ? "because Better Auth never returns it" : "by its name"}`,
          );
        }
        return found === undefined ? [] : [found];
      });
      if (ofColleagues) {
        if (!open(name, model, "colleagues", fields)) {
          problems.push(`${name}: nobody shares an organization, because the plugin "organization" is missing`);
        }
      } else if (rows === undefined) {
        if (already !== undefined) {
          readable.set(name, {
            ...already,
            columns: [...new Set([...already.columns, ...fields.map(({ column }) => column)])],
          });
        }
      } else {
        const owner = model.fields.get(rows.rows === "user" ? "userId" : "organizationId");
        openTo(name, model, rows.rows, [...(owner === undefined ? [] : [owner]), ...fields]);
      }
    }
  }
  if (problems.length > 0) throw new Error(`What callers cannot be given to read:\n- ${problems.join("\n- ")}`);
  return [...readable.values()];
};

const shapeFor = (isOpen: boolean): string =>
  isOpen
    ? 'a list of fields, because callers read the table anyway: ["region"]'
    : 'an object that says whose rows and which fields: { rows: "organization", fields: ["plan"] }';

const isExposedRows = (value: unknown): value is ExposedRows =>
  typeof value === "object" &&
  value !== null &&
  "rows" in value &&
  (value.rows === "user" || value.rows === "organization") &&
  "fields" in value &&
  Array.isArray(value.fields);

const asNames = (value: unknown): ReadonlyArray<string> => (Array.isArray(value) ? value.map(String) : []);

/** Of these fields those that exist and that nobody has made a secret of. */
const harmless = (model: AuthModel, names: ReadonlyArray<string>): ReadonlyArray<AuthField> => {
  const secrets = new Set([...model.fields.values()].filter(isSecret).map(({ column }) => column));
  return names.flatMap((name) => {
    const field = model.fields.get(name);
    return field === undefined || secrets.has(field.column) ? [] : [field];
  });
};

export type IdKind = "text" | "uuid" | "integer";

/** The type of a column that holds an id; one that is no foreign key is a text, whatever ids are. */
export const idKind = (options: BetterAuthOptions, field: AuthField | undefined): IdKind => {
  if (field !== undefined && field.attribute.references?.field !== "id") return "text";
  const { generateId } = options.advanced?.database ?? {};
  return generateId === "uuid" ? "uuid" : generateId === "serial" ? "integer" : "text";
};

/** The caller's id in the column's own type, so that an index on the column serves. */
const callerId: Readonly<Record<IdKind, string>> = {
  text: "(select hedgerow.get_user_id())",
  uuid: "(select hedgerow.as_uuid(hedgerow.get_user_id()))",
  integer: "(select hedgerow.get_user_id()::integer)",
};

/** Cast inside, where it happens once per statement. The cast outside says that this is an array and no rows. */
const anyOf = (call: string, kind: IdKind): string =>
  kind === "text" ? `any ((select ${call})::text[])` : `any ((select ${call}::${kind}[])::${kind}[])`;

const members = "hedgerow.member_organizations()";
const withRole = (role: string): string => `hedgerow.organizations_with_role(array[${text(role)}])`;

const usingOf = (
  options: BetterAuthOptions,
  models: AuthModels,
  model: AuthModel,
  scope: Scope,
): string | undefined => {
  const pointer = (name: string): AuthField | undefined => {
    const field = model.fields.get(name);
    return field?.attribute.type === "string" ? field : undefined;
  };
  if (scope === "self") return `id = ${callerId[idKind(options, undefined)]}`;
  if (scope === "user") {
    const field = pointer("userId");
    return field && `${identifier(field.column)} = ${callerId[idKind(options, field)]}`;
  }
  // What hangs on memberships is seen by nobody where there are none.
  if (!models.has("member")) return undefined;
  if (scope === "colleagues") {
    const kind = idKind(options, undefined);
    return `id = ${callerId[kind]} or id = ${anyOf("hedgerow.colleagues()", kind)}`;
  }
  if (scope === "own organizations") return `id = ${anyOf(members, idKind(options, undefined))}`;
  const field = pointer("organizationId");
  if (field === undefined) return undefined;
  const column = identifier(field.column);
  const kind = idKind(options, field);
  if (scope === "organization") return `${column} = ${anyOf(members, kind)}`;
  const role = pointer("role");
  const creator = creatorRole(options);
  const all = `${column} = ${anyOf(withRole(creator), kind)}`;
  if (role === undefined || creator === "admin") return all;
  // The id of an invitation is the link that accepts it, and only who creates organizations may hand out that role.
  const roles = rolesIn(`${identifier(model.table)}.${identifier(role.column)}`);
  const ordinary = `not ${roles} && array[${text(creator)}]`;
  return `${all} or (${column} = ${anyOf(withRole("admin"), kind)} and ${ordinary})`;
};

/** What the organization plugin calls the role of who makes an organization. */
const creatorRole = (options: BetterAuthOptions): string => {
  const plugin = options.plugins?.find(({ id }) => id === "organization");
  const configured: unknown = plugin?.options?.creatorRole;
  return typeof configured === "string" && configured !== "" ? configured : "owner";
};
