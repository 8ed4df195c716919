/**
 * The step from tables that an identity provider has for itself to tables that are guarded, as statements.
 *
 * Invariant: whoever used these tables before loses them only where somebody has agreed, and never to a push that failed.
 * Callers get nothing of them that they would not get once they are guarded.
 */
import { dollarQuoted, nameText, text } from "../condition/sql-text.js";
import type { CallerRoles } from "../database/target.js";
import {
  authPolicy,
  guardsService,
  type IdentitySource,
  othersPolicy,
  type ServiceTable,
  storageOf,
} from "./identity.js";

/** The SQLSTATE of tables with rows that only this push would guard; its detail names them. */
export const unguardedState = "HR501";

/** The tables of these that exist, as rows of `pg_class`. */
const existing = (tables: ReadonlyArray<ServiceTable>): string =>
  `pg_catalog.unnest(array[${tables.map(nameText).join(", ")}]) as t(name)
    join pg_catalog.pg_class c on c.oid = pg_catalog.to_regclass(t.name) and c.relkind in ('r', 'p')`;

const hasPolicy = (name: string): string =>
  `exists (select from pg_catalog.pg_policy p where p.polrelid = c.oid and p.polname = ${text(name)})`;

/**
 * @returns a statement that raises `unguardedState` where tables have rows and until now were open to others than the
 * identity provider's own login; undefined where a push leaves them so, or there are none.
 */
export const demandGuarded = (identity: IdentitySource): string | undefined => {
  const { serviceTables } = storageOf(identity);
  if (!guardsService(identity) || serviceTables.length === 0) return undefined;
  return `do ${dollarQuoted(`declare found text[] := '{}'; filled boolean; r regclass; begin
  for r in select c.oid from ${existing(serviceTables)}
    where pg_catalog.pg_has_role(c.relowner, 'usage') and (${hasPolicy(othersPolicy)} or not ${hasPolicy(authPolicy)})
  loop
    execute pg_catalog.format('select exists (select from %s)', r) into filled;
    if filled then
      found := found || r::text;
    end if;
  end loop;
  if found <> '{}' then
    raise exception using errcode = '${unguardedState}', message = 'tables with rows would be guarded for the first time',
      detail = pg_catalog.array_to_string(found, ', ');
  end if;
end`)}`;
};

/** Tables that are guarded later are opened to whoever is no caller, which policies of their own may not have meant. */
export const refuseOwnPolicies = (identity: IdentitySource): ReadonlyArray<string> => {
  const { serviceTables } = storageOf(identity);
  if (guardsService(identity) || serviceTables.length === 0) return [];
  return [
    `do ${dollarQuoted(`declare found text; begin
  select pg_catalog.string_agg(pg_catalog.format('%I on %s', p.polname, c.oid::regclass), ', ') into found
  from ${existing(serviceTables)} join pg_catalog.pg_policy p on p.polrelid = c.oid and p.polname not like 'hedgerow\\_%';
  if found is not null then
    raise exception 'guard: "later" leaves these tables to whoever uses them, and policies of their own say who may: %', found
      using hint = 'Leave guard out, or drop the policies.';
  end if;
end`)}`,
  ];
};

/** After a push that failed: no policy counts where row-level security is off, so callers lose their rights there. It can only close. */
export const closeUnguarded = (identity: IdentitySource, callers: CallerRoles): ReadonlyArray<string> => {
  const { serviceTables } = storageOf(identity);
  if (guardsService(identity)) return [];
  return serviceTables.map(
    (table) =>
      `do ${dollarQuoted(`declare r regclass := pg_catalog.to_regclass(${nameText(table)}); begin
  if exists (select from pg_catalog.pg_class c where c.oid = r and not c.relrowsecurity and pg_catalog.pg_has_role(c.relowner, 'usage')) then
    execute pg_catalog.format('revoke all on table %s from ${callers.authenticated}, ${callers.anonymous} cascade', r);
  end if;
end`)}`,
  );
};
