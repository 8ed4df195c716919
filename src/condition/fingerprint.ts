/**
 * Hashes that tell whether the database still holds what was declared.
 *
 * Invariant: a record has two halves. The first is the hash of the declaration, computed here; the second is the hash of
 * what the catalog held right after the declaration was applied, computed by Postgres. Postgres writes expressions in its
 * own words, so neither half can be computed from the other, and a change on either side shows.
 *
 * The expressions must run with an empty `search_path`: Postgres leaves out the schema of what the path finds.
 */
import { createPolicy, type PolicyStatement } from "./policy-statement.js";
import { sha256 } from "./sha256.js";

/** The first 16 hexadecimal digits of the text's SHA-256. */
export const shortHash = (text: string): string => sha256(text).slice(0, 16);

/** `shortHash` of an expression of type text, by Postgres. */
export const shortHashSql = (expression: string): string =>
  `pg_catalog.left(pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(${expression}, 'UTF8')), 'hex'), 16)`;

/** The hash of a policy's declaration. */
export const policyHash = (policy: PolicyStatement): string => shortHash(createPolicy(policy));

/** `shortHash`, by the platform's Web Crypto: for who serves requests, where each byte of a SHA-256 of our own is carried. */
export const shortDigest = async (text: string): Promise<string> => {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest, 0, 8), (byte) => byte.toString(16).padStart(2, "0")).join("");
};

/**
 * What a comment says before the catalog's half of the record.
 *
 * @param sentence what the object does, for whoever reads the comment; may be missing.
 * @param declared the hash of its declaration.
 */
export const recordOf = (sentence: string | undefined, declared: string): string =>
  `${sentence === undefined ? "" : `${sentence}\n`}hedgerow:${declared}`;

/** The declaration's half of the record in a comment; null without a record. */
export const declaredHalf = (comment: string): string =>
  `pg_catalog.substring(${comment}, 'hedgerow:([0-9a-f]{16}):[0-9a-f]{16}$')`;

/** The catalog's half of the record in a comment; null without a record. */
export const catalogHalf = (comment: string): string =>
  `pg_catalog.substring(${comment}, 'hedgerow:[0-9a-f]{16}:([0-9a-f]{16})$')`;

const roleName = (oid: string): string =>
  `case when ${oid} = 0 then 'public' else pg_catalog.pg_get_userbyid(${oid})::text end`;

/** Names of roles in the order of their bytes, from an expression of type `oid[]`. */
export const roleNames = (oids: string): string =>
  `(select pg_catalog.array_agg(${roleName("u")} collate "C" order by ${roleName("u")} collate "C") from pg_catalog.unnest(${oids}) u)`;

/** The hash of what the catalog holds of a policy. @param row a row of `pg_policy`. */
export const policyHashSql = (row: string): string =>
  shortHashSql(
    `pg_catalog.concat_ws('|', ${row}.polcmd::text, ${row}.polpermissive::text, pg_catalog.array_to_string(${roleNames(`${row}.polroles`)}, ','), coalesce(pg_catalog.pg_get_expr(${row}.polqual, ${row}.polrelid), '-'), coalesce(pg_catalog.pg_get_expr(${row}.polwithcheck, ${row}.polrelid), '-'))`,
  );

/** The hash of what the catalog holds of a trigger. @param row a row of `pg_trigger`. */
export const triggerHashSql = (row: string): string =>
  shortHashSql(`pg_catalog.concat_ws('|', ${row}.tgenabled::text, pg_catalog.pg_get_triggerdef(${row}.oid))`);

/**
 * The hash of all functions of a schema: what they do, with whose rights, and who may call them. Not who owns those that
 * have the rights of their caller, which a restored backup may change.
 *
 * @param schema an expression of type `oid`.
 */
export const functionsHashSql = (schema: string): string => {
  const executors = `(select pg_catalog.array_agg(acl.grantee) from pg_catalog.aclexplode(coalesce(f.proacl, pg_catalog.acldefault('f', f.proowner))) acl where acl.grantee <> f.proowner)`;
  const line = `pg_catalog.concat_ws('|', f.proname::text, pg_catalog.pg_get_function_identity_arguments(f.oid), f.prosrc, (select l.lanname::text from pg_catalog.pg_language l where l.oid = f.prolang), f.provolatile::text, f.proconfig::text, case when f.prosecdef then ${roleName("f.proowner")} end, pg_catalog.array_to_string(${roleNames(executors)}, ','))`;
  return `(select ${shortHashSql(`coalesce(pg_catalog.string_agg(${line}, e'\\n' order by ${line} collate "C"), '')`)} from pg_catalog.pg_proc f where f.pronamespace = ${schema})`;
};

/** What the comment of the schema says when its functions are those of the last push. */
export const functionsRecordSql = (schema: string): string =>
  `'Helpers of Hedgerow.' || e'\\n' || 'hedgerow:' || ${functionsHashSql(schema)}`;

/**
 * The hash of all that decides who sees what, as a push leaves it: the helpers, and the policies and reference checks of the
 * tables with forced row-level security, with their records. @param schema an expression of type `oid`: that of the helpers.
 */
export const standingSql = (
  schema: string,
): string => `(select ${shortHashSql(`pg_catalog.string_agg(s.line, '' order by s.line collate "C")`)} from (
  select ${functionsHashSql(schema)} as line
  union all select pg_catalog.concat_ws('|', p.polrelid::regclass, ${policyHashSql("p")}, pg_catalog.obj_description(p.oid, 'pg_policy'))
  from pg_catalog.pg_policy p join pg_catalog.pg_class c on c.oid = p.polrelid where c.relrowsecurity and c.relforcerowsecurity
  union all select pg_catalog.concat_ws('|', ${triggerHashSql("t")}, pg_catalog.obj_description(t.oid, 'pg_trigger')) from pg_catalog.pg_trigger t where t.tgname like 'HEDGEROW\\_%'
) s)`;

/**
 * The comment on `hedgerow.remember()`, as rows of `said`: what stood after the last push, how callers are known, and the
 * hashes of the declarations that were pushed, former ones last. Only the owner of the function may write it.
 */
export const rememberedSql = (schema: string): string =>
  `select m.said from pg_catalog.pg_proc f, pg_catalog.obj_description(f.oid, 'pg_proc') as m(said) where f.pronamespace = ${schema} and f.proname = 'remember'`;

/** The type of a column `c` as Drizzle writes it: its own words, or the name of an enum. Null for one of an extension elsewhere. */
export const typeNamed = "coalesce(pg_catalog.to_regtype(c.type), pg_catalog.to_regtype('public.' || c.type))";
