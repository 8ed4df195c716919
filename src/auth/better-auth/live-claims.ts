/**
 * What a token may say about the session that asks for it.
 *
 * Invariant: everything is read from the database while the token is made, and nothing is believed that a cookie cache, a
 * session that another plugin made up, or the session's pointers say: the session row is there and not over, it is not an
 * impersonation, its user exists and is not banned, and the organization is one of which the user is a member now.
 */
import type { GenericEndpointContext } from "better-auth";
import { trimAscii } from "../../condition/ascii.js";
import type { FoundClaim } from "./claims.js";

type Adapter = GenericEndpointContext["context"]["adapter"];
type Row = Readonly<Record<string, unknown>>;

/** What a token carries beside its issuer, audience and times. */
export interface LiveClaims {
  readonly sub: string;
  readonly sid: string;
  /** Only when it was asked for, and only of a member. */
  readonly o?: { readonly id: string; readonly roles: ReadonlyArray<string>; readonly team?: string };
  readonly claims?: Readonly<Record<string, string | number | boolean>>;
}

export interface Asked {
  readonly organization: boolean;
  readonly team: boolean;
  readonly claims: ReadonlyArray<FoundClaim>;
}

/** Why there is no token: nobody is signed in, or somebody acts as another. */
export type Refusal = "signed-out" | "impersonated";

/**
 * @param token the session's secret, whose signature was verified.
 * @returns the claims of the live session, or why there are none.
 */
export const liveClaims = async (adapter: Adapter, token: string, asked: Asked): Promise<LiveClaims | Refusal> => {
  const one = (model: string, where: Readonly<Record<string, string>>): Promise<Row | null> =>
    adapter.findOne<Row>({ model, where: Object.entries(where).map(([field, value]) => ({ field, value })) });

  const session = await one("session", { token });
  if (session === null || !isAfter(session.expiresAt, Date.now())) return "signed-out";
  if (session.impersonatedBy !== null && session.impersonatedBy !== undefined) return "impersonated";
  const user = await one("user", { id: String(session.userId) });
  if (user === null || isBanned(user)) return "signed-out";

  const userId = String(user.id);
  const of = (from: FoundClaim["from"]): boolean => asked.claims.some((claim) => claim.from === from);
  const organizationId = idOf(session.activeOrganizationId);
  const member =
    organizationId !== null && (asked.organization || of("member") || of("organization"))
      ? await membership(adapter, organizationId, userId)
      : null;
  const organization =
    member !== null && organizationId !== null && of("organization")
      ? await one("organization", { id: organizationId })
      : null;
  const team =
    member !== null && organizationId !== null && asked.team
      ? await teamOf(one, idOf(session.activeTeamId), organizationId, userId)
      : null;

  const rows = { session, user, member, organization };
  const claims = asked.claims.flatMap(({ name, from, field }) => {
    const value = plain(rows[from]?.[field.name], field.attribute.references !== undefined);
    return value === null ? [] : [[name, value] as const];
  });
  return {
    sub: userId,
    sid: String(session.id),
    ...(asked.organization &&
      member !== null &&
      organizationId !== null && {
        o: { id: organizationId, roles: rolesIn(member.role), ...(team !== null && { team }) },
      }),
    ...(claims.length > 0 && { claims: Object.fromEntries(claims) }),
  };
};

/** Two rows for one membership (where nothing in the database forbids it) say two things, so neither counts. */
const membership = async (adapter: Adapter, organizationId: string, userId: string): Promise<Row | null> => {
  const rows = await adapter.findMany<Row>({
    model: "member",
    where: [
      { field: "organizationId", value: organizationId },
      { field: "userId", value: userId },
    ],
    limit: 2,
  });
  return rows.length === 1 ? (rows[0] ?? null) : null;
};

const teamOf = async (
  one: (model: string, where: Readonly<Record<string, string>>) => Promise<Row | null>,
  teamId: string | null,
  organizationId: string,
  userId: string,
): Promise<string | null> => {
  if (teamId === null || (await one("teamMember", { teamId, userId })) === null) return null;
  return (await one("team", { id: teamId, organizationId })) === null ? null : teamId;
};

const isAfter = (value: unknown, now: number): boolean => value instanceof Date && value.getTime() > now;

/** A ban without an end lasts. */
const isBanned = ({ banned, banExpires }: Row): boolean =>
  banned === true && !(banExpires instanceof Date && banExpires.getTime() <= Date.now());

const idOf = (value: unknown): string | null =>
  value === null || value === undefined || value === "" ? null : String(value);

/** Better Auth keeps several roles in one text, separated by commas. */
const rolesIn = (value: unknown): ReadonlyArray<string> =>
  typeof value !== "string"
    ? []
    : value
        .split(",")
        .map(trimAscii)
        .filter((role) => role !== "");

/** What a rule can compare with; an id may be a number in Postgres, and is a text everywhere else. */
const plain = (value: unknown, isId: boolean): string | number | boolean | null => {
  if (value instanceof Date) return value.toISOString();
  if (isId) return idOf(value);
  if (typeof value === "string") return value === "" ? null : value;
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  return typeof value === "boolean" ? value : null;
};
