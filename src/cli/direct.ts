/**
 * The one place that says which addresses a push and a migration refuse, and what to write instead.
 *
 * Invariant: decided by the address alone, before anything is sent. What an address does not show, a migration finds out by
 * itself (migrate/probe.ts).
 */
import { type Address, poolerSign } from "../database/pooler.js";
import type { Connection } from "./connection.js";

/** @returns what is wrong with an address, as the rest of a sentence; undefined where nothing is. */
export const pooledProblem = (address: Address): string | undefined => {
  const sign = poolerSign(address);
  if (sign === undefined) return undefined;
  const [what, instead] =
    "host" in sign
      ? ["its host has -pooler", "the direct host, without -pooler"]
      : [`port ${sign.port} is that of a pooler for transactions`, "port 5432, or whichever is the server's own"];
  return `goes through the pooler (${what}), where a session does not outlive a transaction; take ${instead}`;
};

/**
 * @returns why a connection cannot be used to change a database; undefined where it can. Neon's own driver sends each
 * transaction as one batch, so there nothing needs a session.
 */
export const refusedAddress = (connection: Connection): string | undefined => {
  if (connection.driver === "pglite" || connection.driver === "neon" || connection.direct === true) return undefined;
  const problem = pooledProblem(connection.options);
  return problem === undefined
    ? undefined
    : `The address of the database ${problem}. Where it is the server itself all the same, say so: direct: true in providers.database.`;
};
