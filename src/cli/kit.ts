/**
 * drizzle-kit's programmatic diff, the same for both of its lines.
 *
 * Invariant: whatever would lose data comes back as a sentence, whatever is a question comes back as an error; nothing
 * is answered on the user's behalf but that a policy is new, never renamed, because Hedgerow reconciles policies itself.
 */
import type { SQL } from "drizzle-orm";
import { PgDialect } from "drizzle-orm/pg-core";
import { drizzle } from "drizzle-orm/pg-proxy";
import { faithful } from "./faithful.js";

export interface KitDiff {
  readonly statements: ReadonlyArray<string>;
  /** What would be lost, one sentence each; empty where nothing is. */
  readonly losses: ReadonlyArray<string>;
}

/** Runs one query that drizzle-kit reads the catalog with. */
export type Query = (text: string) => Promise<ReadonlyArray<Readonly<Record<string, unknown>>>>;

export type Kit = (
  schema: Readonly<Record<string, unknown>>,
  query: Query,
  schemas: ReadonlyArray<string>,
) => Promise<KitDiff>;

/** A question that only a person can answer, for example whether a column is new or renamed. */
export class KitQuestion extends Error {}

/** @returns whether drizzle-kit would have asked; 0.31 only says that it may not. */
export const isQuestion = (cause: unknown): boolean =>
  cause instanceof KitQuestion || (cause instanceof Error && /TTY/.test(cause.message));

/** @returns what it would have asked, as far as that is known. */
export const questionText = (cause: unknown): string =>
  cause instanceof KitQuestion
    ? `drizzle-kit has a question: ${cause.message}`
    : "drizzle-kit has a question, for example whether a column or table is new or renamed.";

/** The codes for colours, which have no place in an error. */
export const plain = (text: string): string =>
  text.replace(new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, "g"), "").trim();

const dialect = new PgDialect();

/** drizzle-kit 0.31. */
const kit0 = async (): Promise<Kit> => {
  const { pushSchema } = await import("drizzle-kit/api");
  return async (schema, query, schemas) => {
    const reader = drizzle(async (text) => {
      const rows = [...(await query(text))];
      // This driver of Drizzle answers with the rows alone; drizzle-kit looks for them under `rows`, as others have them.
      return { rows: Object.assign(rows, { rows }) };
    });
    const found = await pushSchema({ ...schema }, reader, [...schemas]);
    return { statements: found.statementsToExecute, losses: found.hasDataLoss ? found.warnings.map(plain) : [] };
  };
};

export interface MissingHint {
  readonly type: "rename_or_create" | "confirm_data_loss";
  readonly kind: string;
  readonly entity: ReadonlyArray<string>;
}

export interface Hint {
  readonly type: "create" | "confirm_data_loss";
  readonly kind: string;
  readonly entity: ReadonlyArray<string>;
}

/** The part of `drizzle-kit/api-postgres` that is used; the installed types are those of one line only. */
interface Kit1Module {
  readonly pushSchema: (
    imports: Readonly<Record<string, unknown>>,
    database: { readonly execute: (query: SQL) => Promise<{ readonly rows: ReadonlyArray<unknown> }> },
    entities: { readonly schemas: ReadonlyArray<string>; readonly tables: ReadonlyArray<string> },
    migrations: undefined,
    options: { readonly hints: ReadonlyArray<Hint> },
  ) => Promise<{
    readonly sqlStatements: ReadonlyArray<string>;
    readonly hints: ReadonlyArray<{ readonly hint: string }>;
  }>;
}

const isKit1 = (module: unknown): module is Kit1Module =>
  typeof module === "object" && module !== null && "pushSchema" in module && typeof module.pushSchema === "function";

export const isMissingHint = (value: unknown): value is MissingHint =>
  typeof value === "object" && value !== null && "type" in value && "kind" in value && "entity" in value;

const missingHints = (error: unknown): ReadonlyArray<MissingHint> | undefined => {
  const hints: unknown = typeof error === "object" && error !== null ? Reflect.get(error, "missingHints") : undefined;
  return Array.isArray(hints) && hints.every(isMissingHint) ? hints : undefined;
};

const nameOf = ({ kind, entity }: MissingHint): string => `${kind.replaceAll("_", " ")} ${entity.join(".")}`;

/** @throws KitQuestion where only a person can answer. */
export const answer = (missing: MissingHint): Hint => {
  if (missing.type === "confirm_data_loss")
    return { type: "confirm_data_loss", kind: missing.kind, entity: missing.entity };
  if (missing.kind === "policy") return { type: "create", kind: missing.kind, entity: missing.entity };
  throw new KitQuestion(`Is ${nameOf(missing)} new, or was something renamed to it?`);
};

/** drizzle-kit 1.0, which asks for hints instead of in a terminal. */
const kit1 =
  ({ pushSchema }: Kit1Module): Kit =>
  async (schema, query, schemas) => {
    const database = { execute: async (of: SQL) => ({ rows: await query(dialect.sqlToQuery(of).sql) }) };
    const hints: Array<Hint> = [];
    const losses: Array<string> = [];
    for (;;) {
      try {
        const found = await pushSchema({ ...schema }, database, { schemas, tables: [] }, undefined, { hints });
        return { statements: found.sqlStatements, losses };
      } catch (error) {
        const missing = missingHints(error);
        if (!missing || missing.length === 0) throw error;
        hints.push(...missing.map(answer));
        losses.push(
          ...missing
            .filter(({ type }) => type === "confirm_data_loss")
            .map((loss) => `Data would be lost: ${nameOf(loss)}.`),
        );
      }
    }
  };

/** @returns the diff of whichever line of drizzle-kit is installed. */
export const loadKit = async (): Promise<Kit> => {
  // A name that only 1.0 exports; as a variable, because the installed types may be those of 0.31.
  const name: string = "drizzle-kit/api-postgres";
  const module: unknown = await import(name).catch(() => undefined);
  const kit = isKit1(module) ? kit1(module) : await kit0();
  return (schema, query, schemas) => kit(schema, faithful(query), schemas);
};
