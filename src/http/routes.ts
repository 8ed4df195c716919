/**
 * The router's type: which routes exist, what they take and what they give.
 *
 * Invariant: one flat mapped type over the schema, no chained handlers, so its cost is linear in the number of tables;
 * a route exists in the type exactly when the router mounts it.
 */
import type { DataOf, DataWord, guarded, Wrong } from "../condition/rule.js";
import type { Draft, Guard, Offering } from "../table/types.js";
import type { Kebab } from "./paths.js";
import type { ProblemDetails, ProblemStatus } from "./problem.js";

// ── what a column is in JSON ────────────────────────────────────────────────────────────────────────────────────────

type Config<B> = B extends { readonly _: infer T } ? T : never;
type Jsonify<D> = D extends Date | bigint ? string : D extends ReadonlyArray<infer E> ? Array<Jsonify<E>> : D;

interface Has<Trait> {
  readonly _: Trait;
}
type NotNull = Has<{ readonly notNull: true }>;
type Defaulted = Has<{ readonly hasDefault: true }>;
type Key = Has<{ readonly isPrimaryKey: true }>;
type Generated =
  // In Drizzle 0.45 and in 1.0.
  Has<{ readonly generated: { readonly type: "always" } | true }> | Has<{ readonly identity: "always" | "byDefault" }>;

/** A column's value as JSON. */
export type Wire<B> = B extends NotNull ? Jsonify<DataOf<B>> : Jsonify<DataOf<B>> | null;

/**
 * What a column is to who writes a row. `managed` is filled by the database alone: generated columns, and a key that has a
 * default or belongs to a table with a scope.
 */
type Place<B, Scope> = B extends Generated
  ? "managed"
  : B extends Key
    ? B extends Defaulted
      ? "managed"
      : [Scope] extends [never]
        ? "key"
        : "managed"
    : B extends NotNull
      ? B extends Defaulted
        ? "optional"
        : "required"
      : "optional";

/** A row as the API returns it. */
export type RowOf<G extends Guard> = { readonly [K in keyof G["columns"]]: Wire<G["columns"][K]> };

type Written<C, Scope, Places> = {
  readonly [K in Exclude<keyof C, Scope>]: Place<C[K], Scope> extends Places ? K : never;
}[Exclude<keyof C, Scope>];

type CreateBody<C, Scope> = { readonly [K in Written<C, Scope, "key" | "required">]: Wire<C[K]> } & {
  readonly [K in Written<C, Scope, "optional">]?: Wire<C[K]>;
};
type UpdateBody<C, Scope> = { readonly [K in Written<C, Scope, "required" | "optional">]?: Wire<C[K]> };

/** The body of a create. */
export type CreateOf<G extends Guard> = CreateBody<G["columns"], G["scope"]>;
/** The body of an update. */
export type UpdateOf<G extends Guard> = UpdateBody<G["columns"], G["scope"]>;

type IsFilterable<B> =
  Config<B> extends { readonly dataType: infer D }
    ? DataWord<D> extends "json" | "array" | "buffer" | "custom"
      ? false
      : Config<B> extends { readonly dimensions: 1 | 2 | 3 | 4 | 5 }
        ? false
        : true
    : true;
type FilterKeys<C> = { [K in keyof C]: IsFilterable<C[K]> extends true ? K : never }[keyof C] & string;

type ListQuery<Key extends string> = {
  readonly [K in Exclude<Key, "limit" | "offset" | "sort" | "total">]?: string;
} & {
  readonly limit?: string;
  readonly offset?: string;
  /** Column names separated by commas; a `-` in front sorts downwards. */
  readonly sort?: Key | `-${Key}` | (string & {});
  readonly total?: "true" | "false";
};

/** The query of a list. */
export type ListQueryOf<G extends Guard> = ListQuery<FilterKeys<G["columns"]>>;

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

/** The guard of an export, or never for what is not a guarded table. */
export type GuardOf<T> = T extends { readonly [guarded]: infer G extends Guard } ? G : never;

type CollectionTable = Offering<"read"> | Offering<"create">;
type MemberTable = Offering<"read"> | Offering<"update"> | Offering<"delete">;
type KeyColumns<B> = B extends Key ? B : never;

/** A path without a method would not be a route, and would keep Hono's client from reading the others. */
type CollectionPath<K extends string, T> = T extends CollectionTable ? `/${Kebab<K>}` : never;
type MemberPath<K extends string, T> = T extends MemberTable
  ? KeyColumns<ColumnsOf<T>> extends never
    ? never
    : `/${Kebab<K>}/:id`
  : never;
type ColumnsOf<T> = T extends { readonly [guarded]: { readonly columns: infer C } } ? C[keyof C] : never;

export type RoutesOf<S> = {
  [K in keyof S & string as CollectionPath<K, S[K]>]: Listing<GuardOf<S[K]>> & Creating<GuardOf<S[K]>>;
} & {
  [K in keyof S & string as MemberPath<K, S[K]>]: Reading<GuardOf<S[K]>> &
    Updating<GuardOf<S[K]>> &
    Deleting<GuardOf<S[K]>>;
};

type Drafts<T> = T extends Draft ? T : never;

/**
 * A schema module in which every table made by `table()` has a firewall; tables are taken apart only where one has none. An
 * export of type `unknown` or `any` would hide the others in their union.
 */
export type CheckSchema<S> = [unknown extends S[keyof S] ? unknown : Drafts<S[keyof S]>] extends [never]
  ? unknown
  : {
      readonly [K in keyof S]: S[K] extends Draft<infer N>
        ? Wrong<`table '${N}' has no .firewall(): call .firewall({ field, equals }) or .firewall({ exception: "reason" })`>
        : S[K];
    };
