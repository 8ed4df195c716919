/**
 * Drizzle's types, the same for both of its lines.
 *
 * Invariant: whatever the lines call differently is taken from a function that both have, so that a declaration of Hedgerow's
 * names no type that one of them lacks. What it lacked would be `any` to whoever has the other line.
 */
import type { pgTable, text } from "drizzle-orm/pg-core";

type ColumnsCallback = Extract<Parameters<typeof pgTable>[1], (...types: never) => unknown>;

/** A column as it is declared: `PgColumnBuilderBase` in 0.45, `AnyPgColumnBuilder` in 1.0. */
export type ColumnBuilder = ReturnType<ColumnsCallback>[string];

/** What `pgTable` makes of a name and columns. */
export type TableOf<N extends string, C extends Record<string, ColumnBuilder>> = ReturnType<typeof pgTable<N, C>>;

/** What `pgTable` gives to its third argument. */
export type SelfOf<N extends string, C extends Record<string, ColumnBuilder>> = Parameters<
  NonNullable<Parameters<typeof pgTable<N, C>>[2]>
>[0];

/** `text("…")` */
export type TextBuilder = ReturnType<typeof text>;
