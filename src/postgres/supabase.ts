/**
 * Supabase: the caller is whom Supabase's own functions name.
 *
 * Invariant: nothing in the schema `auth` is made or changed here, nothing is read that users can write, and a token whose
 * subject is no user of Supabase (a uuid) is nobody's: whatever else it says counts for nothing.
 */
import * as Layer from "effect/Layer";
import { text } from "../condition/sql-text.js";
import { uuidPattern } from "../condition/uuid.js";
import { type SupabaseTarget, supabase, type Target } from "../database/target.js";
import { type ClaimsSql, Dialect, type DialectShape, postgresDialect } from "./dialect.js";
import { helperCaller } from "./helper-caller.js";

/** The part of the token under a path, as jsonb. */
const at = (path: string): string => `(auth.jwt() #> ${text(`{${path.replaceAll(".", ",")}}`)})`;

const textAt = (path: string): string =>
  `case when pg_catalog.jsonb_typeof(${at(path)}) = 'string' then nullif(${at(path)} #>> '{}', '') end`;

/** A list of texts, or one text with commas. */
const textsAt = (path: string): string => `case pg_catalog.jsonb_typeof(${at(path)})
    when 'array' then array(
      select element #>> '{}' from pg_catalog.jsonb_array_elements(${at(path)}) as element
      where pg_catalog.jsonb_typeof(element) = 'string')
    when 'string' then array(
      select part from pg_catalog.unnest(pg_catalog.string_to_array(${at(path)} #>> '{}', ',')) as listed,
        pg_catalog.btrim(listed, e' \\t\\r\\n') as part
      where part <> '')
    else '{}'::text[] end`;

const claimsOf = ({ paths }: SupabaseTarget): ClaimsSql => ({
  ofPrelude: false,
  // `auth.uid()` raises an error for a subject that is no uuid.
  userId: `case when auth.jwt() ->> 'sub' ~ '${uuidPattern}' then auth.uid()::text end`,
  sessionId: textAt(paths.session),
  activeOrgId: textAt(paths.organization),
  activeTeamId: textAt(paths.team),
  roles: textsAt(paths.roles),
  userRoles: textsAt(paths.userRoles),
  claims: `case when pg_catalog.jsonb_typeof(${at(paths.claims)}) = 'object' then ${at(paths.claims)} else '{}'::jsonb end`,
});

/** @throws RangeError for paths that `supabase()` would refuse. */
export const supabaseDialect = ({ paths }: SupabaseTarget): DialectShape => {
  const target = supabase({ paths });
  return {
    name: "supabase",
    caller: helperCaller,
    roles: target.roles,
    service: ["service_role"],
    platform: [
      "postgres",
      "supabase_admin",
      "supabase_etl_admin",
      "supabase_read_only_user",
      "supabase_replication_admin",
    ],
    claims: claimsOf(target),
    requires: ["auth.uid()", "auth.jwt()"],
  };
};

/** @returns how the helpers are spelled for a database of this kind. */
export const dialectOf = (target: Target): DialectShape =>
  target.name === "supabase" ? supabaseDialect(target) : postgresDialect;

/** The layer of a target, for those who use Effect. */
export const dialectLayer = (target: Target): Layer.Layer<Dialect> => Layer.succeed(Dialect)(dialectOf(target));

/** Supabase with the default paths. Others: `dialectLayer(supabase({ paths }))`. */
export const Supabase: Layer.Layer<Dialect> = dialectLayer(supabase());
