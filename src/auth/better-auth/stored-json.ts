/**
 * A stored text as JSON, where it is. Where it is not, the log of Postgres has a warning that names the place: whoever is refused
 * because of it is told nothing.
 *
 * Invariant: whatever the text, nothing is raised: who can store a text that Postgres does not read as JSON (`\u0000` is enough)
 * must not make a query fail. Postgres 15 cannot ask first, later ones still raise for deep nesting, and a block that catches
 * what a cast raises is not allowed beside parallel workers. So the text is reduced, innermost brackets first, before it is cast.
 */
import type { IdentityFunction } from "../../postgres/identity.js";

const hex = "[0-9a-fA-F]";
const some = "[1-9a-fA-F]";
/** All that jsonb takes: neither zero nor half of a surrogate pair. */
const unicode = [
  `000${some}`,
  `00${some}${hex}`,
  `0${some}${hex}{2}`,
  `[1-9a-cA-CeEfF]${hex}{3}`,
  `[dD][0-7]${hex}{2}`,
  String.raw`[dD][89abAB]${hex}{2}\\u[dD][c-fC-F]${hex}{2}`,
].join("|");
const string = String.raw`"(?:[^"\\\u0001-\u001f]|\\["\\/bfnrt]|\\u(?:${unicode}))*"`;
/** As JavaScript writes them; longer ones do not fit a `numeric` for ever. */
const scalar = String.raw`-?(?:0|[1-9][0-9]{0,39})(?:\.[0-9]{1,39})?(?:[eE][+-]?[0-9]{1,3})?|true|false|null`;
/** Once a string is `\u0001` and every other value `\u0002`, which no JSON contains. */
const value = String.raw`[\u0001\u0002]`;
const pair = String.raw`\u0001:${value}`;
const container = String.raw`\[(?:${value}(?:,${value})*)?\]|\{(?:${pair}(?:,${pair})*)?\}`;

const longest = 1_048_576;
const deepest = 32;

/**
 * @param place an expression of type `text`: where it is stored, for the warning.
 * @returns an expression of type `jsonb` over one of type `text`; null for what is no JSON, too deep or too long.
 */
export const storedJson = (text: string, place: string): string => `hedgerow.stored_json(${text}, ${place})`;

const refuse = `raise warning 'hedgerow: % is no JSON that can be read', $2;
    return null;`;

/** What `storedJson` calls. */
export const storedJsonFunction: IdentityFunction = {
  signature: "stored_json(value text, place text)",
  returns: "jsonb",
  body: `declare
  rest text := $1;
begin
  if rest is null then
    return null;
  end if;
  if pg_catalog.octet_length(rest) > ${longest} or rest ~ '[\\u0001\\u0002]' then
    ${refuse}
  end if;
  rest := pg_catalog.regexp_replace(rest, '${string}', pg_catalog.chr(1), 'g');
  rest := pg_catalog.regexp_replace(rest, '${scalar}', pg_catalog.chr(2), 'g');
  if rest ~ '[^\\u0001\\u0002\\[\\]{},: \\t\\n\\r]' then
    return null;
  end if;
  rest := pg_catalog.translate(rest, E' \\t\\n\\r', '');
  for depth in 1..${deepest} loop
    exit when rest ~ '^${value}$';
    rest := pg_catalog.regexp_replace(rest, '${container}', pg_catalog.chr(2), 'g');
  end loop;
  if rest !~ '^${value}$' then
    ${refuse}
  end if;
  return $1::jsonb;
end`,
};
