/**
 * A helper function, as a statement and as what the catalog says of one that stands.
 *
 * Invariant: no function depends on who calls it: it has an empty `search_path`, or qualifies every name and operator and is
 * inlined into the statement. What its statement says is what is compared with the catalog.
 */
import { uuidPattern } from "../condition/uuid.js";
import { helperSchema } from "./names.js";

export interface HelperFunction {
  /** With the names of the arguments. */
  readonly signature: string;
  readonly statement: string;
  /** As `pg_proc.prosrc` holds it. */
  readonly source: string;
  /** What it returns and how Postgres may call it, as `shapeSql` writes it. */
  readonly shape: string;
  /** Whether it runs with the rights of its owner, which is then the definer. */
  readonly definer: boolean;
  /** Whether Postgres puts its expression in its place, which it does only where a function sets nothing. */
  readonly inlined: boolean;
  /** Who may call it, beside its owner. */
  readonly executors: ReadonlyArray<string>;
}

/** Whoever a request acts as, until `helperFunctions` says who that is on a target. */
export const callers: ReadonlyArray<string> = ["callers"];

const word = (options: string, pattern: RegExp, otherwise: string): string => pattern.exec(options)?.[1] ?? otherwise;

/** @param options as in `create function`; what is left out is what Postgres takes then. */
export const shapeOf = (returns: string, options: string): string =>
  [
    returns,
    word(options, /language (\w+)/, "sql"),
    word(options, /\b(immutable|stable|volatile)\b/, "volatile"),
    word(options, /parallel (\w+)/, "unsafe"),
  ].join(" ");

/** The same of a function that stands. @param row a row of `pg_proc`. */
export const shapeSql = (row: string): string =>
  `pg_catalog.concat_ws(' ', pg_catalog.lower(pg_catalog.pg_get_function_result(${row}.oid)),
    (select l.lanname from pg_catalog.pg_language l where l.oid = ${row}.prolang),
    case ${row}.provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end,
    case ${row}.proparallel when 's' then 'safe' when 'r' then 'restricted' else 'unsafe' end,
    case when ${row}.proisstrict then 'strict' end, case when ${row}.proleakproof then 'leakproof' end)`;

export const define = (
  signature: string,
  returns: string,
  options: string,
  body: string,
  executors: ReadonlyArray<string> = callers,
): HelperFunction => ({
  signature: `${helperSchema}.${signature}`,
  statement: `create or replace function ${helperSchema}.${signature} returns ${returns}
${options} set search_path = '' as $$
${body}
$$`,
  source: `\n${body}\n`,
  shape: shapeOf(returns, options),
  definer: options.includes("security definer"),
  inlined: false,
  executors,
});

/**
 * An answer about one claim.
 *
 * @param claims an expression: all of them, as jsonb.
 * @param expression over the claim: `v`, and `t` as text.
 */
export const aboutClaim = (
  signature: string,
  returns: string,
  options: string,
  claims: string,
  expression: string,
): HelperFunction =>
  define(
    signature,
    returns,
    options,
    `declare
  v jsonb := ${claims} -> name;
  t text := v #>> '{}';
begin return ${expression}; end`,
  );

/**
 * @param how volatility and whether workers may run it: what it calls counts, also where it is inlined.
 * @param expression in it every function, type and operator is qualified: the caller's search path decides about the rest.
 */
export const inline = (
  signature: string,
  returns: string,
  how: `${"immutable" | "stable"} parallel ${"safe" | "restricted"}`,
  expression: string,
): HelperFunction => {
  const options = `language sql ${how}`;
  const source = `\nselect ${expression}\n`;
  return {
    signature: `${helperSchema}.${signature}`,
    statement: `create or replace function ${helperSchema}.${signature} returns ${returns}
${options} as $$${source}$$`,
    source,
    shape: shapeOf(returns, options),
    definer: false,
    inlined: true,
    executors: callers,
  };
};

export const asUuid = inline(
  "as_uuid(value text)",
  "uuid",
  "immutable parallel safe",
  `case when value operator(pg_catalog.~) '${uuidPattern}' then value::pg_catalog.uuid end`,
);

/**
 * What column defaults ask: the values that policies compare with. Their names are their own, because a default stays in the
 * catalog as it was made.
 *
 * @param claims an expression: all of them, as jsonb.
 */
export const entered = (claims: string): ReadonlyArray<HelperFunction> =>
  [
    ["user_id()", `${helperSchema}.get_user_id()`],
    ["session_id()", `${helperSchema}.get_session_id()`],
    ["org_id()", `${helperSchema}.get_active_org_id()`],
    ["team_id()", `${helperSchema}.get_active_team_id()`],
    ["claim(name text)", `${claims} ->> name`],
  ].map(([name, value]) =>
    define(`entered_${name}`, "text", "language sql stable parallel restricted", `select ${value}`),
  );

/** `hedgerow.has_claim(name text)` as `hedgerow.has_claim(text)`. */
export const bare = (signature: string): string =>
  signature.replace(/\((.*)\)$/, (_, args: string) =>
    args === ""
      ? "()"
      : `(${args
          .split(", ")
          .map((arg) => arg.slice(arg.indexOf(" ") + 1))
          .join(", ")})`,
  );
