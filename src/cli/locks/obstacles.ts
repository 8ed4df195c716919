/**
 * Who is in the way of a session that waits for a lock, in words.
 *
 * Invariant: a process, its name, its role and since when; never what it runs, which may have somebody's values in it.
 */

type Row = Readonly<Record<string, unknown>>;

/** The key of `lockStatement`, as `pg_locks` has it: its upper and its lower half. */
const isTurn = "l.locktype = 'advisory' and l.classid::int8 << 32 | l.objid::int8 = 7522529147838689143";

/** @returns a query that finds what the session of that name waits for, and who holds it; no row where it does not wait. */
export const findObstacles = (name: string): string => `select case
    when l.locktype = 'tuple' then 'a row of ' || t.name
    when t.name is not null then t.name
    when ${isTurn} then 'its turn'
    when l.locktype in ('transactionid', 'virtualxid') then 'the end of a transaction'
    else pg_catalog.format('a lock (%s)', l.locktype)
  end as what, b.pid, a.application_name as name, a.usename as role,
  pg_catalog.to_char(coalesce(a.xact_start, a.backend_start) at time zone 'UTC', 'HH24:MI:SS') as since
from pg_catalog.pg_stat_activity w
cross join lateral (select * from pg_catalog.pg_locks where pid = w.pid and not granted limit 1) l
left join lateral (
  select pg_catalog.format('%I.%I', n.nspname, c.relname) as name
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace where c.oid = l.relation
) t on true
cross join lateral (select distinct pid from pg_catalog.unnest(pg_catalog.pg_blocking_pids(w.pid)) as blocking(pid)) b
left join pg_catalog.pg_stat_activity a on a.pid = b.pid
where w.application_name = '${name}'
order by b.pid limit 5`;

/** Names are anybody's choice; a terminal must not obey them. */
const quoted = (text: string): string => JSON.stringify(text);

const holder = ({ pid, name, role, since }: Row): string => {
  // In `pg_blocking_pids`, that is what a prepared transaction has for a process.
  if (pid === 0) return "a prepared transaction";
  const known = [
    ...(typeof name === "string" && name !== "" ? [quoted(name)] : []),
    ...(typeof role === "string" ? [`role ${quoted(role)}`] : []),
    ...(typeof since === "string" ? [`since ${since} UTC`] : []),
  ];
  return `process ${String(pid)}${known.length > 0 ? ` (${known.join(", ")})` : ""}`;
};

/** @returns `public.notes, held by process 4711 ("psql", role "app", since 10:15:30 UTC)`; undefined without rows. */
export const describeObstacles = (rows: ReadonlyArray<Row>): string | undefined => {
  const [first] = rows;
  if (first === undefined) return undefined;
  const what = [...String(first.what)].map((each) => (each < " " || each === "\u007f" ? "?" : each)).join("");
  return `${what}, held by ${rows.map(holder).join(" and ")}`;
};
