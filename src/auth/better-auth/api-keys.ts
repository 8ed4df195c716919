/**
 * The query that answers who presents an API key, from Better Auth's own tables, at the moment it runs.
 *
 * Invariant: no more than the session of the same user, and nothing that the key does not name. A key is found by its hash,
 * counts only if its configuration is listed, and is worth nothing once disabled, expired, used up, revoked, or its owner gone
 * or banned, or what it says about itself is no JSON. It has an organization only together with a role there: a user's key one that its `permissions` name and that
 * the user has now, an organization's key one that its `permissions` name. What clients may write (`metadata`) only chooses
 * between organizations that the user is a member of; `permissions` only a server can write.
 */
import type { BetterAuthOptions } from "better-auth";
import { textArray } from "../../condition/sql-text.js";
import type { CallerQuery } from "./caller-query.js";
import { claimAliases, claimsExpression, type IdentityOptions } from "./claims.js";
import { idKind } from "./exposure.js";
import type { AuthModel, AuthModels } from "./models.js";
import { rolesIn } from "./role-list.js";
import { idIn, notBanned, optionalSource, qualified, type Source, source } from "./source.js";
import { storedJson } from "./stored-json.js";

/** Which keys are callers. Closed unless listed, because Better Auth's options do not say whose keys a configuration makes. */
export interface ApiKeyOptions {
  /** The `configId`s whose keys belong to users (`references: "user"`); `"default"` is a configuration without one. */
  readonly user?: ReadonlyArray<string>;
  /** The `configId`s whose keys belong to organizations (`references: "organization"`). */
  readonly organization?: ReadonlyArray<string>;
  /**
   * Accepts keys with a limited number of uses (`remaining`) as long as some are left. Hedgerow takes none off: only Better
   * Auth's `verifyApiKey` does. Without it such keys are refused.
   */
  readonly uncounted?: boolean;
}

/**
 * For the keys of users; those of organizations have another `select`, joined by `union all`:
 *
 * ```sql
 * select null::text, u."id"::text, m."organization_id"::text, array(<roles of m that the key names>), null::text, '{}'::text[], '{}'::jsonb
 * from (select <base64url of key_hash> as hash) as credential
 * join public."apikey" as k on k."key" = credential.hash
 * cross join lateral (select hedgerow.stored_json(k."permissions") as permissions, <the same of k."metadata"> as metadata offset 0) as stored
 * cross join lateral (select array(<roles of stored.permissions>) as roles) as named
 * join public."user" as u on u."id" = k."reference_id"
 * left join public."member" as m on m."organization_id" = stored.metadata ->> 'organizationId' and m."user_id" = u."id" and <roles of m> && named.roles
 * where k."config_id" = any ('{default}') and (k."permissions" is null or stored.permissions is not null) and <the same of k."metadata">
 *   and k."enabled" and k."remaining" is null and (k."expires_at" is null or k."expires_at" > clock_timestamp())
 * ```
 *
 * @returns the query, or undefined where no keys are callers.
 * @throws Error when keys are asked for that Better Auth does not have, or one configuration is said to be both.
 */
export const apiKeyQuery = (
  options: BetterAuthOptions,
  models: AuthModels,
  { apiKeys, claims = {} }: IdentityOptions,
): CallerQuery | undefined => {
  if (apiKeys === undefined) return undefined;
  const { user: ofUsers = [], organization: ofOrganizations = [], uncounted = false } = apiKeys;
  const key = optionalSource(models, "apikey", "k");
  if (key === undefined) {
    throw new Error("apiKeys: Better Auth stores no keys. Add apiKey() of @better-auth/api-key to its plugins.");
  }
  const both = ofUsers.find((each) => ofOrganizations.includes(each));
  if (both !== undefined) {
    throw new Error(`apiKeys: the keys of ${JSON.stringify(both)} belong to users or to organizations, not to both.`);
  }
  const organization = optionalSource(models, "organization", claimAliases.organization);
  if (organization === undefined && ofOrganizations.length > 0) {
    throw new Error("apiKeys.organization: Better Auth stores no organizations. Is its plugin missing?");
  }
  const claimsOrganization = Object.values(claims).some(({ from }) => from === "organization");

  const read: Array<AuthModel> = [key.model];
  const selects: Array<string> = [];
  if (ofUsers.length > 0) {
    const user = source(models, "user", claimAliases.user);
    const member = optionalSource(models, "member", claimAliases.member);
    read.push(user.model);
    const from = [
      ...keyFrom(key),
      `join ${qualified(user.model)} as ${user.alias} on ${user.id} = ${idIn(key.column("referenceId"), idKind(options, undefined))}`,
    ];
    if (member !== undefined) {
      read.push(member.model);
      const kind = idKind(options, member.model.fields.get("organizationId"));
      from.push(
        `left join ${qualified(member.model)} as ${member.alias} on ${[
          `${member.column("organizationId")} = ${idIn("(stored.metadata ->> 'organizationId')", kind)}`,
          `${member.column("userId")} = ${user.id}`,
          `${rolesIn(member.column("role"))} && named.roles`,
        ].join(" and ")}`,
      );
      if (organization !== undefined && claimsOrganization) {
        read.push(organization.model);
        from.push(
          `left join ${qualified(organization.model)} as ${organization.alias} on ${organization.id} = ${member.column("organizationId")}`,
        );
      }
    }
    selects.push(
      select(
        {
          userId: user.id,
          organizationId: member?.column("organizationId"),
          roles:
            member &&
            `array(select role from unnest(${rolesIn(member.column("role"))}) as role where role = any (named.roles))`,
          claims: claimsExpression(models, claims, ["user", "organization", "member"]),
        },
        from,
        [
          ...worth(key, ofUsers, uncounted),
          ...(member === undefined ? [] : [isWhole(key, "metadata")]),
          ...notBanned(user),
        ],
      ),
    );
  }
  if (organization !== undefined && ofOrganizations.length > 0) {
    read.push(organization.model);
    const owner = idIn(key.column("referenceId"), idKind(options, undefined));
    selects.push(
      select(
        {
          organizationId: organization.id,
          roles: "named.roles",
          claims: claimsExpression(models, claims, ["organization"]),
        },
        [
          ...keyFrom(key),
          `join ${qualified(organization.model)} as ${organization.alias} on ${organization.id} = ${owner}`,
        ],
        [...worth(key, ofOrganizations, uncounted), "named.roles <> '{}'"],
      ),
    );
  }
  if (selects.length === 0) {
    throw new Error('apiKeys: list the configurations whose keys are callers, for example { user: ["default"] }.');
  }
  return { text: selects.join("\nunion all\n"), reads: [...new Set(read)] };
};

/** The key that was presented, as Better Auth stores it, and the roles that it names. */
const keyFrom = (key: Source): ReadonlyArray<string> => {
  const permitted = "stored.permissions -> 'roles'";
  const read = (field: "metadata" | "permissions"): string =>
    storedJson(key.column(field), `concat('the ${field} of the API key ', ${key.id})`);
  return [
    "from (select rtrim(translate(encode(key_hash, 'base64'), '+/', '-_'), '=') as hash) as credential",
    `join ${qualified(key.model)} as ${key.alias} on ${key.column("key")} = credential.hash`,
    // An offset, so that each text is read once.
    `cross join lateral (
  select ${read("permissions")} as permissions, ${read("metadata")} as metadata offset 0
) as stored`,
    `cross join lateral (
  select array(
    select role from jsonb_array_elements_text(case when jsonb_typeof(${permitted}) = 'array' then ${permitted} else '[]' end) as role
    where role <> ''
  ) as roles
) as named`,
  ];
};

/** What the key says there, if anything, can be read: a key that says something else is no key. */
const isWhole = (key: Source, field: "metadata" | "permissions"): string =>
  `(${key.column(field)} is null or stored.${field} is not null)`;

const worth = (key: Source, configurations: ReadonlyArray<string>, uncounted: boolean): ReadonlyArray<string> => [
  // Keys that are older than configurations have none.
  `coalesce(nullif(${key.column("configId")}, ''), 'default') = any (${textArray(configurations)})`,
  isWhole(key, "permissions"),
  `${key.column("enabled")} is true`,
  `(${key.column("expiresAt")} is null or ${key.column("expiresAt")} > clock_timestamp())`,
  uncounted
    ? `(${key.column("remaining")} is null or ${key.column("remaining")} > 0)`
    : `${key.column("remaining")} is null`,
];

interface Answer {
  readonly userId?: string | undefined;
  readonly organizationId?: string | undefined;
  readonly roles?: string | undefined;
  readonly claims: string;
}

const select = (
  { userId = "null", organizationId = "null", roles = `'{}'::text[]`, claims }: Answer,
  from: ReadonlyArray<string>,
  conditions: ReadonlyArray<string>,
): string => {
  const columns = [
    "null::text as session_id",
    `${userId}::text as user_id`,
    `${organizationId}::text as org_id`,
    `${roles} as org_roles`,
    "null::text as team_id",
    "'{}'::text[] as user_roles",
    `${claims} as claims`,
  ];
  return `select\n  ${columns.join(",\n  ")}\n${from.join("\n")}\nwhere ${conditions.join("\n  and ")}`;
};
