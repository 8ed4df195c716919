/**
 * The router's type: which routes exist, what they take and what they give.
 *
 * Invariant: one flat mapped type over the schema, no chained handlers, so its cost is linear in the number of tables;
 * a route exists in the type exactly when the router mounts it.
 */
import type { Columns, DataOf, DataWord, Wrong } from "../condition/rule.js";
import type { Draft, Guard, Guarded } from "../table/types.js";
import type { Kebab } from "./paths.js";
import type { ProblemDetails, ProblemStatus } from "./problem.js";

// ── what a column is in JSON ────────────────────────────────────────────────────────────────────────────────────────

type Config<B> = B extends { readonly _: infer T } ? T : never;
type Jsonify<D> = D extends Date | bigint ? string : D extends ReadonlyArray<infer E> ? Array<Jsonify<E>> : D;
type NotNull<B> = Config<B> extends { readonly notNull: true } ? true : false;
type HasDefault<B> = Config<B> extends { readonly hasDefault: true } ? true : false;
type IsKey<B> = Config<B> extends { readonly isPrimaryKey: true } ? true : false;
type IsGenerated<B> = Config<B> extends { readonly generated: { readonly type: "always" } } ? true : false;
type IsIdentity<B> = Config<B> extends { readonly identity: "always" | "byDefault" } ? true : false;

/** A column's value as JSON. */
export type Wire<B> = NotNull<B> extends true ? Jsonify<DataOf<B>> : Jsonify<DataOf<B>> | null;

/** Filled by the database alone: scope columns, generated columns, and a key that has a default. */
type IsManaged<C, Scope, K extends keyof C> = K extends Scope
  ? true
  : IsGenerated<C[K]> extends true
    ? true
    : IsIdentity<C[K]> extends true
      ? true
      : IsKey<C[K]> extends true
        ? HasDefault<C[K]> extends true
          ? true
          : [Scope] extends [never]
            ? false
            : true
        : false;

type Writable<C, Scope> = { readonly [K in keyof C as IsManaged<C, Scope, K> extends true ? never : K]: C[K] };
type Required<C> = {
  readonly [K in keyof C as NotNull<C[K]> extends true ? (HasDefault<C[K]> extends true ? never : K) : never]: Wire<
    C[K]
  >;
};
type Optional<C> = {
  readonly [K in keyof C as NotNull<C[K]> extends true ? (HasDefault<C[K]> extends true ? K : never) : K]?: Wire<C[K]>;
};

/** A row as the API returns it. */
export type RowOf<G extends Guard> = { readonly [K in keyof G["columns"]]: Wire<G["columns"][K]> };
/** The body of a create. */
export type CreateOf<G extends Guard> = Required<Writable<G["columns"], G["scope"]>> &
  Optional<Writable<G["columns"], G["scope"]>>;
/** The body of an update. */
export type UpdateOf<G extends Guard> = {
  readonly [K in keyof Writable<G["columns"], G["scope"]> as IsKey<G["columns"][K & keyof G["columns"]]> extends true
    ? never
    : K]?: Wire<G["columns"][K & keyof G["columns"]]>;
};

type IsFilterable<B> =
  Config<B> extends { readonly dataType: infer D }
    ? DataWord<D> extends "json" | "array" | "buffer" | "custom"
      ? false
      : Config<B> extends { readonly dimensions: 1 | 2 | 3 | 4 | 5 }
        ? false
        : true
    : true;
type FilterKeys<C> = { [K in keyof C]: IsFilterable<C[K]> extends true ? K : never }[keyof C] & string;

/** The query of a list. */
export type ListQueryOf<G extends Guard> = {
  readonly [K in Exclude<FilterKeys<G["columns"]>, "limit" | "offset" | "sort" | "total">]?: string;
} & {
  readonly limit?: string;
  readonly offset?: string;
  /** Column names separated by commas; a `-` in front sorts downwards. */
  readonly sort?: FilterKeys<G["columns"]> | `-${FilterKeys<G["columns"]>}` | (string & {});
  readonly total?: "true" | "false";
};

export interface Page<Row> {
  readonly data: ReadonlyArray<Row>;
  readonly pagination: {
    readonly limit: number;
    readonly offset: number;
    readonly count: number;
    readonly hasMore: boolean;
    /** Only with `total=true`. */
    readonly total?: number;
  };
}

// ── routes ──────────────────────────────────────────────────────────────────────────────────────────────────────────

type Failure<I> = { input: I; output: ProblemDetails; outputFormat: "json"; status: ProblemStatus };
type Answer<I, O, S extends number> = { input: I; output: O; outputFormat: "json"; status: S } | Failure<I>;
type Empty<I, S extends number> = { input: I; output: null; outputFormat: "body"; status: S } | Failure<I>;
type ById = { param: { id: string } };

type Listing<G extends Guard> = "read" extends G["operations"]
  ? { readonly $get: Answer<{ query?: ListQueryOf<G> }, Page<RowOf<G>>, 200> }
  : unknown;
type Creating<G extends Guard> = "create" extends G["operations"]
  ? {
      readonly $post: "read" extends G["operations"]
        ? Answer<{ json: CreateOf<G> }, RowOf<G> | null, 201>
        : Empty<{ json: CreateOf<G> }, 201>;
    }
  : unknown;
type Reading<G extends Guard> = "read" extends G["operations"]
  ? { readonly $get: Answer<ById, RowOf<G>, 200> }
  : unknown;
type Updating<G extends Guard> = "update" extends G["operations"]
  ? { readonly $patch: Answer<ById & { json: UpdateOf<G> }, RowOf<G>, 200> }
  : unknown;
type Deleting<G extends Guard> = "delete" extends G["operations"] ? { readonly $delete: Empty<ById, 204> } : unknown;

type HasKey<C extends Columns> = true extends { [K in keyof C]: IsKey<C[K]> }[keyof C] ? true : false;

/** The guard of an export, or never for what is not a guarded table. */
export type GuardOf<T> = T extends Guarded<infer G> ? G : never;
type GuardedKeys<S> = { [K in keyof S]: S[K] extends Guarded ? K : never }[keyof S] & string;

/** A path without a method would not be a route, and would keep Hono's client from reading the others. */
type Offers<G extends Guard, Ops> = [Extract<G["operations"], Ops>] extends [never] ? false : true;
type CollectionPath<K extends string, G extends Guard> =
  Offers<G, "read" | "create"> extends true ? `/${Kebab<K>}` : never;
type MemberPath<K extends string, G extends Guard> = [
  Offers<G, "read" | "update" | "delete">,
  HasKey<G["columns"]>,
] extends [true, true]
  ? `/${Kebab<K>}/:id`
  : never;

export type RoutesOf<S> = {
  [K in GuardedKeys<S> as CollectionPath<K, GuardOf<S[K]>>]: Listing<GuardOf<S[K]>> & Creating<GuardOf<S[K]>>;
} & {
  [K in GuardedKeys<S> as MemberPath<K, GuardOf<S[K]>>]: Reading<GuardOf<S[K]>> &
    Updating<GuardOf<S[K]>> &
    Deleting<GuardOf<S[K]>>;
};

type DraftKeys<S> = { [K in keyof S]: S[K] extends Draft ? K : never }[keyof S];

/** A schema module in which every table made by `table()` has a firewall; tables are taken apart only where one has none. */
export type CheckSchema<S> = [DraftKeys<S>] extends [never]
  ? unknown
  : {
      readonly [K in keyof S]: S[K] extends Draft<infer N>
        ? Wrong<`table '${N}' has no .firewall(): call .firewall({ field, equals }) or .firewall({ exception: "reason" })`>
        : S[K];
    };
