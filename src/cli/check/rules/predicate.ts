/**
 * What the predicate of a partial index says, as a condition.
 *
 * Invariant: the condition is TRUE for every row that the index holds. A part that is not understood is left out, so the
 * condition may say less than the predicate and never more.
 */
import type { SQL } from "drizzle-orm";
import { PgDialect } from "drizzle-orm/pg-core";
import { always, and, type Condition, type Literal } from "../../../condition/condition.js";
import type { ColumnInfo } from "../../../condition/kind.js";

type Columns = Readonly<Record<string, ColumnInfo>>;

const column = String.raw`(?:(?:"[^"]+"|\w+)\.)?(?:"(?<quoted>[^"]+)"|(?<bare>[a-z_]\w*))`;
const isEmpty = new RegExp(`^${column} is (?<negated>not )?null$`, "i");
const isEqual = new RegExp(`^${column} = (?:\\$(?<param>\\d+)|'(?<text>[^']*)'|(?<flag>true|false))$`, "i");
const isFlag = new RegExp(`^(?<negated>not )?${column}$`, "i");

/** The parts of `a and b`, whatever stands in brackets around and inside. */
const conjuncts = (text: string): ReadonlyArray<string> => {
  const trimmed = text.trim();
  const parts: Array<string> = [];
  let depth = 0;
  let start = 0;
  let quote = "";
  let isWrapped = trimmed.startsWith("(");
  for (let at = 0; at < trimmed.length; at++) {
    const character = trimmed[at] ?? "";
    if (quote !== "") {
      if (character === quote) quote = "";
      continue;
    }
    if (character === "'" || character === '"') quote = character;
    if (character === "(") depth += 1;
    if (character === ")") {
      depth -= 1;
      if (depth === 0 && at < trimmed.length - 1) isWrapped = false;
    }
    if (depth === 0 && /^\sand\s/i.test(trimmed.slice(at, at + 5))) {
      parts.push(trimmed.slice(start, at));
      start = at + 5;
    }
  }
  if (isWrapped && depth === 0) return conjuncts(trimmed.slice(1, -1));
  return parts.length === 0 ? [trimmed] : [...parts, trimmed.slice(start)].flatMap(conjuncts);
};

const isLiteral = (value: unknown): value is Literal =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean";

/** Kinds whose values are written as they are. */
const plain: ReadonlyArray<ColumnInfo["kind"]> = ["text", "enum", "uuid", "integer", "boolean"];

const understand = (part: string, params: ReadonlyArray<unknown>, columns: Columns): Condition => {
  const equal = (info: ColumnInfo | undefined, value: unknown): Condition =>
    info && plain.includes(info.kind) && isLiteral(value)
      ? { _tag: "Compare", column: info.key, operator: "equals", operand: { _tag: "Literal", value } }
      : always;
  const infoIn = (groups: Readonly<Record<string, string | undefined>>): ColumnInfo | undefined => {
    const name = groups.quoted ?? groups.bare?.toLowerCase();
    return Object.values(columns).find((info) => info.name === name);
  };
  const empty = isEmpty.exec(part)?.groups;
  if (empty) {
    const info = infoIn(empty);
    return info ? { _tag: "IsNull", column: info.key, negated: empty.negated !== undefined } : always;
  }
  const same = isEqual.exec(part)?.groups;
  if (same) {
    const info = infoIn(same);
    if (same.param !== undefined) return equal(info, params[Number(same.param) - 1]);
    if (same.flag !== undefined) return equal(info, same.flag.toLowerCase() === "true");
    return info?.kind === "boolean" || info?.kind === "integer" ? always : equal(info, same.text);
  }
  const flag = isFlag.exec(part)?.groups;
  const info = flag && infoIn(flag);
  return flag && info?.kind === "boolean" ? equal(info, flag.negated === undefined) : always;
};

/** @returns what a partial index holds only; `always` for an index of all rows. */
export const predicateOf = (where: SQL | undefined, columns: Columns): Condition => {
  if (where === undefined) return always;
  const { sql, params } = new PgDialect().sqlToQuery(where);
  // What can hide a quote, or hold an "and" that joins no conditions.
  if (/--|\/\*|\$\w*\$|''|\\|\[|\b(?:or|between|case)\b/i.test(sql)) return always;
  return and(...conjuncts(sql).map((part) => understand(part.trim(), params, columns)));
};
