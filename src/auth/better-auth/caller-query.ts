/**
 * The query that answers who is calling, from Better Auth's own tables, at the moment it runs.
 *
 * Invariant: it returns a row only for a live session of a user who is not banned, found by the hash of its secret token or
 * by what a token says that the database itself verified (a session's id alone is no secret, and finds nothing).
 * An organization, its roles and a team are in that row only if a membership row exists now: what a session points at is
 * never believed. At most one row, because every join is by a primary key or by a unique pair (see models.ts).
 */
import type { BetterAuthOptions } from "better-auth";
import { identifier } from "../../condition/sql-text.js";
import { claimAliases, claimsExpression, type IdentityOptions } from "./claims.js";
import { idKind } from "./exposure.js";
import { impersonation } from "./impersonation.js";
import type { AuthModel, AuthModels } from "./models.js";
import { rolesIn } from "./role-list.js";
import { idIn, notBanned, optionalSource, qualified, type Source, source } from "./source.js";

export interface CallerQuery {
  readonly text: string;
  /** The models that the query reads, in the order in which it joins them. */
  readonly reads: ReadonlyArray<AuthModel>;
}

/**
 * The expression that finds a session; the query and the index must spell it alike. It is `sha256(convert_to(token, 'UTF8'))`
 * in a form that may be indexed: Postgres does not call `convert_to` immutable. Only a backslash is special to `decode`.
 */
const hashOf = (token: string): string => `sha256(decode(replace(${token}, E'\\\\', E'\\\\\\\\'), 'escape'))`;

/** The unique index through which the query finds a session. */
export const tokenIndex = (session: AuthModel): { readonly name: string; readonly expression: string } => {
  const token = session.fields.get("token");
  if (token === undefined) throw new Error("Better Auth's session has no token.");
  return { name: `${session.key}_${token.property}_sha256_uidx`, expression: hashOf(identifier(token.column)) };
};

/**
 * Builds the query for the tables that these options store. With the organization plugin, teams and the admin plugin:
 *
 * ```sql
 * select s."id"::text, u."id"::text, m."organization_id"::text, array(<roles of m>), t."id"::text, array(<roles of u>), '{}'::jsonb
 * from (select token_hash as hash) as credential
 * join public."session" as s on <sha256 of s."token"> = credential.hash
 * join public."user" as u on u."id" = s."user_id"
 * left join public."user" as a on a."id" = s."impersonated_by" and <a is not banned> and <a may act as u>
 * left join public."member" as m on m."organization_id" = s."active_organization_id" and m."user_id" = s."user_id"
 * left join public."team_member" as tm on tm."team_id" = s."active_team_id" and tm."user_id" = s."user_id"
 * left join public."team" as t on t."id" = tm."team_id" and t."organization_id" = m."organization_id"
 * where s."expires_at" > clock_timestamp() and (u."banned" is not true or u."ban_expires" <= clock_timestamp())
 *   and (s."impersonated_by" is null or a."id" is not null)
 * ```
 *
 * By a verified token the first two lines after `select` are
 *
 * ```sql
 * from (select verified_session as sid, verified_user as sub) as credential
 * join public."session" as s on s."id" = credential.sid and s."user_id" = credential.sub
 * ```
 *
 * and the connection must have a key to verify with.
 *
 * @throws Error when a claim does not exist, when users could give themselves a platform role, or when it is not known who may
 * impersonate.
 */
export const callerQuery = (
  options: BetterAuthOptions,
  models: AuthModels,
  { claims = {}, by }: IdentityOptions,
): CallerQuery => {
  const session = source(models, "session", claimAliases.session);
  const user = source(models, "user", claimAliases.user);
  const member = optionalSource(models, "member", claimAliases.member);
  const team = optionalSource(models, "team", "t");
  const teamMember = optionalSource(models, "teamMember", "tm");
  const organization = optionalSource(models, "organization", claimAliases.organization);
  const claimsOrganization = Object.values(claims).some(({ from }) => from === "organization");

  const ids = idKind(options, undefined);
  const impersonator = impersonation(options, models, { session, user });

  const read = [session, user];
  // A derived table, because in it no column of another table can be taken for the variable.
  const from = [
    by === undefined
      ? "from (select token_hash as hash) as credential"
      : "from (select verified_session as sid, verified_user as sub) as credential",
  ];
  const join = (kind: "join" | "left join", target: Source, on: ReadonlyArray<string>): void => {
    from.push(`${kind} ${qualified(target.model)} as ${target.alias} on ${on.join(" and ")}`);
  };
  join(
    "join",
    session,
    by === undefined
      ? [`${hashOf(session.column("token"))} = credential.hash`]
      : [
          `${session.id} = ${idIn("credential.sid", ids)}`,
          `${session.column("userId")} = ${idIn("credential.sub", ids)}`,
        ],
  );
  join("join", user, [`${user.id} = ${session.column("userId")}`]);
  if (impersonator !== undefined) join("left join", impersonator.source, impersonator.on);
  if (member !== undefined) {
    read.push(member);
    join("left join", member, [
      `${member.column("organizationId")} = ${session.column("activeOrganizationId")}`,
      `${member.column("userId")} = ${session.column("userId")}`,
    ]);
    if (team !== undefined && teamMember !== undefined) {
      read.push(teamMember, team);
      // The membership first: both of its keys come from the session, so the planner uses the unique pair.
      join("left join", teamMember, [
        `${teamMember.column("teamId")} = ${session.column("activeTeamId")}`,
        `${teamMember.column("userId")} = ${session.column("userId")}`,
      ]);
      join("left join", team, [
        `${team.id} = ${teamMember.column("teamId")}`,
        `${team.column("organizationId")} = ${member.column("organizationId")}`,
      ]);
    }
    if (organization !== undefined && claimsOrganization) {
      read.push(organization);
      join("left join", organization, [`${organization.id} = ${member.column("organizationId")}`]);
    }
  }

  const columns = [
    `${session.id}::text as session_id`,
    `${user.id}::text as user_id`,
    `${member === undefined ? "null" : member.column("organizationId")}::text as org_id`,
    `${member === undefined ? noRoles : rolesIn(member.column("role"))} as org_roles`,
    `${member === undefined || team === undefined ? "null" : team.id}::text as team_id`,
    `${platformRoles(options, user)} as user_roles`,
    `${claimsExpression(models, claims)} as claims`,
  ];
  const conditions = [
    ...(by === undefined ? [] : [verifies]),
    `${session.column("expiresAt")} > clock_timestamp()`,
    ...notBanned(user),
    ...(impersonator === undefined ? [] : [impersonator.holds]),
  ];
  return {
    text: `select\n  ${columns.join(",\n  ")}\n${from.join("\n")}\nwhere ${conditions.join("\n  and ")}`,
    reads: read.map(({ model }) => model),
  };
};

/**
 * Whether the connection was started with a key, against which pg_session_jwt verifies. Without one it believes a setting that
 * any SQL can change, so such a connection has no verified token at all. Asked after `auth.session()`, which loads the
 * extension: before, anybody could give the setting a value.
 */
const verifies = "nullif(pg_catalog.current_setting('pg_session_jwt.jwk', true), '') is not null";

/** The query of `IdentitySource.sessionsQuery`. */
export const sessionsQuery = (models: AuthModels): string => {
  const session = source(models, "session", "s");
  const user = source(models, "user", "u");
  return `select encode(${hashOf(session.column("token"))}, 'hex') as token_hash
from ${qualified(session.model)} as s
join ${qualified(user.model)} as u on ${user.id} = ${session.column("userId")}
where ${user.id}::text = $1 or ${user.column("email")} = $1
order by ${session.column("updatedAt")} desc, ${session.id}`;
};

const noRoles = "'{}'::text[]";

/**
 * A text field `role` counts when users cannot write it, as with the admin plugin.
 * Declaring it again under `additionalFields` without `input: false` lets everybody sign up as an administrator.
 */
const platformRoles = (options: BetterAuthOptions, user: Source): string => {
  const role = user.model.fields.get("role")?.attribute;
  if (role?.type === "string" && role.input === false) return rolesIn(user.column("role"));
  if (options.plugins?.some(({ id }) => id === "admin")) {
    throw new Error(
      "user.additionalFields.role replaces the admin plugin's field, and users may write it at sign-up. " +
        'Declare it as { type: "string", required: false, input: false } or remove it.',
    );
  }
  return noRoles;
};
