/**
 * Better Auth's models as they stand in the queries that find a caller.
 *
 * Invariant: a column is named only where the options have its field, and a stored text becomes an id only where it is one, so
 * that no row that somebody stored makes a query fail.
 */
import { identifier } from "../../condition/sql-text.js";
import { uuidPattern } from "../../condition/uuid.js";
import type { IdKind } from "./exposure.js";
import { type AuthModel, type AuthModels, authSchema } from "./models.js";

/** A model in the `from` list, and its columns under its alias. */
export interface Source {
  readonly model: AuthModel;
  readonly alias: string;
  readonly id: string;
  readonly column: (field: string) => string;
}

export const optionalSource = (models: AuthModels, name: string, alias: string): Source | undefined => {
  const model = models.get(name);
  if (model === undefined) return undefined;
  return {
    model,
    alias,
    id: `${alias}.${identifier("id")}`,
    column: (field) => {
      const found = model.fields.get(field);
      if (found === undefined) throw new Error(`Better Auth's model ${name} has no field ${field}.`);
      return `${alias}.${identifier(found.column)}`;
    },
  };
};

export const source = (models: AuthModels, name: string, alias: string): Source => {
  const found = optionalSource(models, name, alias);
  if (found === undefined) throw new Error(`Better Auth stores no ${name}.`);
  return found;
};

export const qualified = (model: AuthModel): string => `${identifier(authSchema)}.${identifier(model.table)}`;

/** A text as an id of the type that ids have, so that the primary key finds it; null where it cannot be one. */
export const idIn = (text: string, kind: IdKind): string =>
  kind === "text"
    ? text
    : `case when ${text} ~ '${kind === "uuid" ? uuidPattern : "^[0-9]{1,9}$"}' then (${text})::${kind} end`;

export const notBanned = (user: Source): ReadonlyArray<string> => {
  if (!user.model.fields.has("banned")) return [];
  const lapsed = user.model.fields.has("banExpires") ? ` or ${user.column("banExpires")} <= clock_timestamp()` : "";
  return [`(${user.column("banned")} is not true${lapsed})`];
};
