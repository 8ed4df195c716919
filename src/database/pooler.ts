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

/** What gives a pooler away: its host, or its port. */
export type PoolerSign = { readonly host: string } | { readonly port: string };

/** @param address as the options of a `pg.Pool` have it: a url, of which host and port count, or both by themselves. */
export const poolerSign = ({ connectionString, host, port }: Address): PoolerSign | undefined => {
  const url = connectionString !== undefined && URL.canParse(connectionString) ? new URL(connectionString) : undefined;
  // Drivers take both from behind the question mark as well, as libpq does.
  const name = url?.searchParams.get("host") ?? url?.hostname ?? host ?? "";
  const number = url?.searchParams.get("port") ?? url?.port ?? String(port ?? "");
  if (poolerHost.test(name)) return { host: name };
  return poolerPorts.has(number) ? { port: number } : undefined;
};

export const looksPooled = (address: Address): boolean => poolerSign(address) !== undefined;
