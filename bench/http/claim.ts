/**
 * The claim of a caller, as if its signature had been verified: authentication is measured in no target of this kind.
 *
 * Invariant: every such target reads the same header in the same way.
 */
import { HTTPException } from "hono/http-exception";

export interface Claim {
  readonly userId: string;
  readonly organizationId: string;
  readonly role: string;
}

export const claimHeader = "x-claim";

export const claimText = ({ userId, organizationId, role }: Claim): string => `${userId} ${organizationId} ${role}`;

/** @throws HTTPException for a request without the header. */
export const claimOf = (text: string | null | undefined): Claim => {
  const [userId, organizationId, role] = text?.split(" ") ?? [];
  if (userId === undefined || organizationId === undefined || role === undefined) throw new HTTPException(401);
  return { userId, organizationId, role };
};
