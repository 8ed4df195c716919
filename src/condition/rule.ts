/**
 * The surface syntax of rules, as types: what may be written, and what the compiler says when it is wrong.
 *
 * Invariant: a `Check...` type is its argument when the rule is right and has a sentence beginning with "✗" in place
 * of every part that is wrong, so that TypeScript prints the sentence at the part. The `parse-*` modules repeat every check at
 * run time for those who come without types.
 *
 * To build such a type for every table is most of what the compiler does with a schema. So what is right is recognised first,
 * by comparisons with types that all tables share, and `VerifyAccess` is then `unknown`. What is not recognised is built, so
 * the recognition may overlook what is right, never what is wrong.
 */
import type { ColumnBuilder } from "./drizzle-types.js";
import type { ComparableColumnType } from "./kind.js";

/** Stands in place of a part that is wrong; nothing can be assigned to it, so the compiler prints the sentence. */
export interface Wrong<Sentence extends string> {
  readonly "✗": Sentence;
}

/** The same for a name, with those that there are: the compiler prints them beside the sentence. */
export interface Undeclared<Sentence extends string, Declared extends string> {
  readonly "✗": Sentence;
  readonly declared: Declared;
}

export type Columns = Readonly<Record<string, ColumnBuilder>>;

export type ClaimType = "string" | "number" | "boolean";

/** The names that a project declares once, as types. */
export interface Vocabulary {
  readonly role: string;
  readonly userRole: string;
  readonly claims: Readonly<Record<string, ClaimType>>;
}

export type PseudoRole = "PUBLIC" | "AUTHENTICATED";
export type ScopeName = "organization" | "owner" | "team";
export type Operation = "read" | "create" | "update" | "delete";

export const scopeMark: unique symbol = Symbol.for("hedgerow:scope");

/** Marks a column builder that a scope preset made. */
export interface ScopeColumn<S> {
  readonly [scopeMark]: S;
}

// ── what a column holds ─────────────────────────────────────────────────────────────────────────────────────────────

type Config<B> = B extends { readonly _: infer T } ? T : never;
type ElementOf<B> =
  Config<B> extends { readonly $type: infer D } ? D : Config<B> extends { readonly data: infer D } ? D : never;
interface Lists<D> {
  1: Array<D>;
  2: Array<Array<D>>;
  3: Array<Array<Array<D>>>;
  4: Array<Array<Array<Array<D>>>>;
  5: Array<Array<Array<Array<Array<D>>>>>;
}
/** In Drizzle 1.0 an array is its element's column with dimensions; only 0.45 has a column type, and arrays that are columns. */
export type DimensionsOf<B> =
  Config<B> extends { readonly columnType: unknown }
    ? never
    : Config<B> extends { readonly dimensions: infer N extends 1 | 2 | 3 | 4 | 5 }
      ? N
      : never;
export type DataOf<B> = [DimensionsOf<B>] extends [never] ? ElementOf<B> : Lists<ElementOf<B>>[DimensionsOf<B>];
interface DataTypeNames {
  string: "text";
  number: "a number";
  bigint: "a bigint";
  boolean: "a boolean";
  date: "a date";
}
/** `object date` and `bigint int64` are Drizzle 1.0's words for what 0.45 calls `date` and `bigint`. */
export type DataWord<D> = D extends `object ${infer C}` ? C : D extends `${infer H} ${string}` ? H : D;
type TypeOfColumn<B> =
  Config<B> extends { readonly dataType: infer D }
    ? DataWord<D> extends keyof DataTypeNames
      ? DataTypeNames[DataWord<D>]
      : "of a type that rules cannot compare"
    : never;
type IsComparable<B> =
  Config<B> extends { readonly columnType: infer T extends string }
    ? string extends T
      ? true
      : T extends ComparableColumnType
        ? true
        : false
    : [DimensionsOf<B>] extends [never]
      ? true
      : false;
type TypeOfValue<X> = X extends string
  ? "text"
  : X extends number
    ? "a number"
    : X extends bigint
      ? "a bigint"
      : X extends boolean
        ? "a boolean"
        : X extends Date
          ? "a date"
          : "not a value";

// ── the caller's values ─────────────────────────────────────────────────────────────────────────────────────────────

interface ClaimData {
  string: string;
  number: number;
  boolean: boolean;
}
type Prefixed = `ctx.${string}` | `$ctx.${string}`;
type Bare<R> = R extends `$${infer S}` ? S : R;
type ContextData<V extends Vocabulary, R> =
  Bare<R> extends "ctx.userId" | "ctx.sessionId" | "ctx.activeOrgId" | "ctx.activeTeamId"
    ? string
    : Bare<R> extends `ctx.claims.${infer N}`
      ? N extends keyof V["claims"]
        ? ClaimData[V["claims"][N]]
        : never
      : never;

type CheckOperand<B, V extends Vocabulary, K, X> = X extends Prefixed
  ? [ContextData<V, X>] extends [never]
    ? Wrong<`'${X}' is not a value of the caller; use ctx.userId, ctx.activeOrgId, ctx.activeTeamId, ctx.sessionId or a declared ctx.claims.*`>
    : ContextData<V, X> extends DataOf<B>
      ? X
      : Wrong<`column '${K & string}' is ${TypeOfColumn<B>}, but '${X}' is ${TypeOfValue<ContextData<V, X>>}`>
  : X extends DataOf<B>
    ? X
    : X extends string
      ? Wrong<`column '${K & string}' is ${TypeOfColumn<B>} and cannot be '${X}'`>
      : Wrong<`column '${K & string}' is ${TypeOfColumn<B>}, but the value is ${TypeOfValue<X>}`>;

type CheckList<B, V extends Vocabulary, K, X> = X extends readonly []
  ? Wrong<"an empty list matches nothing; name at least one value">
  : X extends ReadonlyArray<unknown>
    ? { readonly [I in keyof X]: CheckOperand<B, V, K, X[I]> }
    : Wrong<"a list of values is needed">;

type OrderOperator = "lessThan" | "lessThanOrEqual" | "greaterThan" | "greaterThanOrEqual";

type CheckOperator<B, V extends Vocabulary, K, P, X> = P extends "isNull"
  ? boolean
  : P extends "equals" | "notEquals" | "in" | "notIn" | OrderOperator
    ? IsComparable<B> extends false
      ? Wrong<`column '${K & string}' is of a type that rules cannot compare`>
      : P extends "in" | "notIn"
        ? CheckList<B, V, K, X>
        : P extends OrderOperator
          ? Unordered<B> extends infer U extends string
            ? Wrong<`column '${K & string}' is ${U} and has no order`>
            : CheckOperand<B, V, K, X>
          : CheckOperand<B, V, K, X>
    : Wrong<`there is no operator '${P & string}'; there are equals, notEquals, in, notIn, isNull, lessThan, lessThanOrEqual, greaterThan, greaterThanOrEqual`>;

/** What a column without an order is called; `undefined` for one with an order. */
type Unordered<B> =
  Config<B> extends { readonly columnType: infer T }
    ? T extends "PgBoolean"
      ? "a boolean"
      : T extends "PgUUID"
        ? "a uuid"
        : T extends "PgEnumColumn"
          ? "an enum"
          : undefined
    : undefined;

// ── firewall ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** What a firewall looks like before it is checked; keeps completions for keys and column names. */
export type FirewallShape<C> = FirewallEntryShape<C> | ScopeName | ReadonlyArray<FirewallEntryShape<C> | ScopeName>;

export interface FirewallEntryShape<C> {
  readonly field?: (keyof C & string) | (string & {});
  readonly equals?: OperandShape;
  readonly in?: ReadonlyArray<OperandShape>;
  readonly isNull?: boolean;
  readonly via?: () => unknown;
  readonly exception?: string;
}

type PresetColumn<C, S> = { readonly [K in keyof C]: C[K] extends ScopeColumn<S> ? K : never }[keyof C] & string;

/** The columns that presets made. An interface, so that a preset nobody asks about is not looked for. */
interface PresetColumns<C> {
  readonly organization: PresetColumn<C, "organization">;
  readonly owner: PresetColumn<C, "owner">;
  readonly team: PresetColumn<C, "team">;
}

type CheckScope<C, E extends ScopeName> = PresetColumns<C>[E] extends never
  ? Wrong<`this table has no column made by ${E}()`>
  : E;

type CheckEntry<C, V extends Vocabulary, E> = E extends ScopeName
  ? CheckScope<C, E>
  : E extends { readonly field: infer F }
    ? {
        readonly [P in keyof E]: P extends "field"
          ? F extends keyof C
            ? F
            : Wrong<`there is no column '${F & string}' in this table`>
          : P extends "via"
            ? E[P] extends () => AnyParent
              ? E[P]
              : Wrong<"the table behind via has no .firewall()">
            : F extends keyof C
              ? P extends "equals" | "in" | "isNull"
                ? CheckOperator<C[F], V, F, P, E[P]>
                : Wrong<`a firewall entry has no '${P & string}'`>
              : E[P];
      }
    : {
        readonly [P in keyof E]: P extends "exception"
          ? string
          : Wrong<`a firewall entry has no '${P & string}' without a field`>;
      };

/** A table that may stand behind `via`: it has a firewall. */
export interface AnyParent {
  readonly [guarded]: unknown;
}
export declare const guarded: unique symbol;

export type CheckFirewall<C, V extends Vocabulary, E> = E extends ScopeName
  ? CheckScope<C, E>
  : [E] extends [readonly []]
    ? Wrong<'an empty firewall protects nothing; write an entry, or { exception: "reason" }'>
    : // Nothing can be inferred from a check; the compiler would take it apart to find that out.
      NoInfer<CheckEntries<C, V, E>>;

type CheckEntries<C, V extends Vocabulary, E> =
  E extends ReadonlyArray<unknown> ? { readonly [I in keyof E]: CheckEntry<C, V, E[I]> } : CheckEntry<C, V, E>;

/** The columns that a firewall equates with a value of the caller: filled by the database, refused from requests. */
export type ScopeColumnsOf<C, E> = E extends ReadonlyArray<infer Entry> ? ScopeColumnOf<C, Entry> : ScopeColumnOf<C, E>;
type ScopeColumnOf<C, Entry> = Entry extends ScopeName
  ? PresetColumns<C>[Entry]
  : Entry extends { readonly field: infer F extends string; readonly equals: Prefixed }
    ? F
    : never;

// ── access ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Names of context values among the texts make TypeScript keep the literal types that the checks need. */
type OperandShape = keyof ContextNames | (string & {}) | number | bigint | boolean | Date;
interface ContextNames {
  "ctx.userId": never;
  "ctx.activeOrgId": never;
  "ctx.activeTeamId": never;
  "ctx.sessionId": never;
}

interface OperatorsShape {
  readonly equals?: OperandShape;
  readonly notEquals?: OperandShape;
  readonly in?: ReadonlyArray<OperandShape>;
  readonly notIn?: ReadonlyArray<OperandShape>;
  readonly lessThan?: OperandShape;
  readonly lessThanOrEqual?: OperandShape;
  readonly greaterThan?: OperandShape;
  readonly greaterThanOrEqual?: OperandShape;
  readonly isNull?: boolean;
  // Whatever else is written is let in as it is, so that the check can say in words what is wrong with it.
  readonly [other: string]: unknown;
}

export interface RuleShape<C, V extends Vocabulary> {
  readonly roles?: ReadonlyArray<V["role"] | PseudoRole | (string & {})>;
  readonly userRoles?: ReadonlyArray<V["userRole"] | (string & {})>;
  readonly record?: { readonly [K in keyof C]?: OperatorsShape } & { readonly [other: string]: unknown };
  readonly or?: ReadonlyArray<RuleShape<C, V>>;
  readonly and?: ReadonlyArray<RuleShape<C, V>>;
  readonly not?: RuleShape<C, V>;
  readonly [other: string]: unknown;
}

export interface UpdateShape<C, V extends Vocabulary> extends RuleShape<C, V> {
  readonly before?: RuleShape<C, V>;
  readonly after?: RuleShape<C, V>;
}

export interface AccessShape<C, V extends Vocabulary> {
  readonly read?: RuleShape<C, V>;
  readonly create?: RuleShape<C, V>;
  readonly update?: UpdateShape<C, V>;
  readonly delete?: RuleShape<C, V>;
  readonly [other: string]: unknown;
}

type CheckRoles<Declared extends string, R> = R extends readonly []
  ? Wrong<"an empty list of roles admits nobody; name at least one role">
  : R extends ReadonlyArray<Declared>
    ? unknown
    : {
        readonly [I in keyof R]: R[I] extends Declared
          ? R[I]
          : R[I] extends string
            ? // No way out for a text that is none of them; but while one is being written, an editor offers them.
                | (string extends R[I] ? Declared : never)
                | Undeclared<`role '${R[I]}' is not declared; there are`, Declared>
            : Wrong<"a role is a text">;
      };

type CheckRecord<C, V extends Vocabulary, R> = {
  readonly [K in keyof R]: K extends keyof C
    ? { readonly [P in keyof R[K]]: CheckOperator<C[K], V, K, P, R[K][P]> }
    : Wrong<`there is no column '${K & string}' in this table`>;
};

type CheckBranches<C, V extends Vocabulary, R> = R extends readonly []
  ? Wrong<"an empty list of rules means nothing; name at least one rule">
  : R extends ReadonlyArray<infer B>
    ? [Faulty<C, V, B>] extends [never]
      ? unknown
      : { readonly [I in keyof R]: CheckRule<C, V, R[I]> }
    : never;
/** The branches with a part that is wrong. */
type Faulty<C, V extends Vocabulary, R> = R extends CheckRule<C, V, R> ? never : R;

export type CheckRule<C, V extends Vocabulary, R> = {
  readonly [P in keyof R]: P extends "roles"
    ? CheckRoles<V["role"] | `${V["role"]}+` | PseudoRole, R[P]>
    : P extends "userRoles"
      ? CheckRoles<V["userRole"], R[P]>
      : P extends "record"
        ? CheckRecord<C, V, R[P]>
        : P extends "or" | "and"
          ? CheckBranches<C, V, R[P]>
          : P extends "not"
            ? CheckRule<C, V, R[P]>
            : Wrong<`a rule has no '${P & string}'`>;
};

type CheckUpdate<C, V extends Vocabulary, R> = R extends { readonly before: unknown } | { readonly after: unknown }
  ? {
      readonly [P in keyof R]: P extends "before" | "after"
        ? CheckRule<C, V, R[P]>
        : Wrong<`beside before and after there can be no '${P & string}'`>;
    }
  : CheckRule<C, V, R>;

type CheckAccess<C, V extends Vocabulary, A> = {
  readonly [O in keyof A]: O extends "update"
    ? CheckUpdate<C, V, A[O]>
    : O extends "read" | "create" | "delete"
      ? CheckRule<C, V, A[O]>
      : Wrong<`there is no operation '${O & string}'; use read, create, update, delete`>;
};

// ── what is right at a glance ───────────────────────────────────────────────────────────────────────────────────────

type NonEmpty<T> = readonly [T, ...T[]];

/** A rule whose roles are right and whose other parts have the right form; the same type for all tables of a vocabulary. */
interface RightForm<V extends Vocabulary> {
  readonly roles?: NonEmpty<V["role"] | `${V["role"]}+` | PseudoRole>;
  readonly userRoles?: NonEmpty<V["userRole"]>;
  readonly record?: object;
  readonly or?: NonEmpty<object>;
  readonly and?: NonEmpty<object>;
  readonly not?: object;
}

/** All keys of a union of rules, where each has the right form; `string` where one has not. */
type KeysOf<V extends Vocabulary, R> = [R] extends [RightForm<V> & { readonly [P in infer K extends string]?: unknown }]
  ? K
  : string;

/** What is wrong behind each key of a union of rules. An interface, so that only the keys that are there are looked behind. */
interface Faults<C, V extends Vocabulary, R> {
  readonly roles: never;
  readonly userRoles: never;
  readonly record: FaultyRecord<C, V, Extract<R, { readonly record?: unknown }>["record"]>;
  readonly or: Fault<C, V, Branch<Extract<R, { readonly or?: unknown }>["or"]>>;
  readonly and: Fault<C, V, Branch<Extract<R, { readonly and?: unknown }>["and"]>>;
  readonly not: Fault<C, V, Extract<R, { readonly not?: unknown }>["not"]>;
  /** A key that no rule has, or `string`. */
  readonly [other: string]: unknown;
}

type Branch<L> = L extends ReadonlyArray<unknown> ? L[number] : unknown;
type FaultyRecord<C, V extends Vocabulary, R> = R extends CheckRecord<C, V, R> ? never : R;

/** `never` for a union of rules in which nothing is wrong. They are looked at together: one comparison for all of them. */
type Fault<C, V extends Vocabulary, R> = Faults<C, V, R>[KeysOf<V, R>];

/** `unknown` for rules that are right at a glance, and the check of every part for others. */
export type VerifyAccess<C, V extends Vocabulary, A> = keyof A extends Operation
  ? Fault<C, V, A[keyof A]> extends never
    ? unknown
    : CheckAccess<C, V, A>
  : CheckAccess<C, V, A>;
