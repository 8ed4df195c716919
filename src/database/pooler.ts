/**
 * Whether an address looks like that of a pooler which gives each transaction another session.
 *
 * Invariant: a guess by the address alone, for defaults; whoever knows better says so.
 */

/** Neon's `ep-…-pooler.` hosts. */
const poolerHost = /^[^.]*-pooler\./;

/** PgBouncer's own port, and that of Supavisor in transaction mode. */
const poolerPorts: ReadonlySet<string> = new Set(["6432", "6543"]);

export interface Address {
  readonly connectionString?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: string | number | undefined;
}

/** @param address as the options of a `pg.Pool` have it: a url, of which host and port count, or both by themselves. */
export const looksPooled = ({ connectionString, host, port }: Address): boolean => {
  const url = connectionString !== undefined && URL.canParse(connectionString) ? new URL(connectionString) : undefined;
  return poolerHost.test(url?.hostname ?? host ?? "") || poolerPorts.has(url?.port ?? String(port ?? ""));
};
