/**
 * The views of an identity source, in the helper schema.
 *
 * Invariant: a view stands as declared or is made anew, in one statement, and runs with the rights of whoever reads it
 * (`security_invoker`), so it never shows more than its query would by itself.
 */
import { recordOf, shortHash } from "../condition/fingerprint.js";
import { dollarQuoted, nameText, qualified, text, textArray } from "../condition/sql-text.js";
import type { CallerRoles } from "../database/target.js";
import type { Grant } from "./grants.js";
import type { IdentityView, ServiceTable } from "./identity.js";
import { helperSchema } from "./names.js";
import { grantExactly } from "./reconcile.js";

export const viewName = ({ name }: IdentityView): ServiceTable => ({ schema: helperSchema, name });

export const viewGrants = ({ authenticated, anonymous }: CallerRoles): ReadonlyArray<Grant> => [
  { privilege: "select", columns: undefined, roles: [authenticated, anonymous] },
];

/** The comment of a view, up to the catalog's half of its record. */
export const viewSaid = (view: IdentityView): string => recordOf(undefined, shortHash(createView(view)));

const createView = (view: IdentityView): string =>
  `create view ${qualified(viewName(view))} with (security_invoker = true) as\n${view.query}`;

/**
 * Views of an identity source before this one would keep the functions that they call. What nobody has recorded stays.
 *
 * @returns a statement that drops the views of the helper schema that were recorded there, but for these.
 */
export const dropOtherViews = (views: ReadonlyArray<IdentityView>): string =>
  `do ${dollarQuoted(`declare other regclass; begin
  for other in
    select v.oid from pg_catalog.pg_class v
    where v.relnamespace = pg_catalog.to_regnamespace('${helperSchema}') and v.relkind = 'v' and v.relname <> all (${textArray(views.map(({ name }) => name))}::name[])
      and pg_catalog.obj_description(v.oid, 'pg_class') like 'hedgerow:%'
  loop
    execute pg_catalog.format('drop view %s', other);
  end loop;
end`)}`;

/** @returns the statements that make the views and say who may read them. The functions that they call must exist. */
export const viewStatements = (views: ReadonlyArray<IdentityView>, callers: CallerRoles): ReadonlyArray<string> =>
  views.flatMap((view) => {
    const name = viewName(view);
    const target = `pg_catalog.to_regclass(${nameText(name)})`;
    return [
      `do ${dollarQuoted(`declare said constant text := ${text(viewSaid(view))};
begin
  if ${target} is null or not ${helperSchema}.is_recorded('view', ${target}, '', said) then
    drop view if exists ${qualified(name)};
    ${createView(view)};
    execute pg_catalog.format('comment on view %s is %L', ${target}, said || ':' || ${helperSchema}.fingerprint('view', ${target}, ''));
  end if;
end`)}`,
      grantExactly(name, viewGrants(callers)),
    ];
  });
