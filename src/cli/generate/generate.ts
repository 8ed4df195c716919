/**
 * `generate()`: what has changed in a schema, as migrations in one folder.
 *
 * Invariant: helpers, then tables, then row-level security, and either all of them are there or none. What is not
 * changed is not written again; afterwards the last row-level security of the folder is the one that is declared.
 */
import * as Data from "effect/Data";
import * as Effect from "effect/Effect";
import { DefinitionError } from "../../condition/problem.js";
import { isQuestion, questionText } from "../kit.js";
import type { Guard } from "../plan.js";
import type { Draft, Folder } from "./folder.js";
import { guardedBefore, helpersDraft, layersOf, ordered, securityDraft, tablesDrafts } from "./layers.js";
import { openFolder } from "./open.js";
import { type Copied, copyToSupabase } from "./supabase.js";
import { compareTables, goneFrom } from "./tables.js";

export interface GenerateOptions extends Guard {
  /** The folder of the migrations. */
  readonly out: string;
  /** What the migration of the tables is called, `tables` unless given. */
  readonly name?: string;
  /** Whether drizzle-kit may ask on this terminal, for example whether a column is new or renamed. */
  readonly ask?: boolean;
  /** The folder of `supabase db push`, which gets a copy of every migration. */
  readonly copies?: string;
}

/** Rejects the promise of `generate()`. Nothing was written. */
export class GenerateError extends Data.TaggedError("GenerateError")<{
  readonly message: string;
  readonly cause?: unknown;
}> {}

const unanswered = (cause: unknown): GenerateError => {
  const message = cause instanceof Error ? cause.message : String(cause);
  return new GenerateError({
    message: isQuestion(cause)
      ? `Nothing was written: ${questionText(cause)} Run \`hedgerow generate\` in a terminal.`
      : `Nothing was written: ${message}`,
    cause,
  });
};

/** @returns every migration of a folder, in order. */
export const migrationsIn = (folder: Folder): ReadonlyArray<Copied> =>
  folder.entries().map((entry) => ({ name: entry.tag, when: entry.when, text: folder.read(entry) }));

/**
 * @param name what the migration of the tables is to be called.
 * @returns what a folder lacks to say what the schema says.
 * @throws DefinitionError with all problems of all tables.
 * @throws Error where drizzle-kit has a question and may not ask.
 */
export const draftsFor = async (
  guard: Guard,
  folder: Folder,
  name: string,
  ask: boolean,
): Promise<ReadonlyArray<Draft>> => {
  const layers = layersOf(guard);
  const before = guardedBefore(folder);
  const { statements, snapshot } = await compareTables(
    { schema: ordered(guard.schema), guarded: layers.tables, gone: goneFrom(guard.schema, before) },
    folder,
    name,
    ask,
  );
  const { drafts, cleared } = tablesDrafts(layers, statements, before, name);
  const known: Partial<Draft> = snapshot === undefined ? {} : { snapshot };
  const [security, ...none] = securityDraft(layers, folder, before, cleared);
  return [
    ...helpersDraft(layers, folder),
    // The snapshot stands where drizzle-kit would have written it; where only rules have changed, beside them.
    ...drafts.map((draft, position) => (position === drafts.length - 1 ? { ...draft, ...known } : draft)),
    ...(security === undefined ? none : [drafts.length === 0 ? { ...security, ...known } : security]),
  ];
};

/** The program behind `generate`, for those who use Effect. */
export const generateEffect = ({
  out,
  name = "tables",
  ask = false,
  copies,
  ...guard
}: GenerateOptions): Effect.Effect<ReadonlyArray<string>, DefinitionError | GenerateError> =>
  Effect.tryPromise({
    try: async () => {
      if (!/^[a-z0-9_-]+$/i.test(name)) throw new Error("the name of a migration has letters, digits, - and _ only.");
      const folder = openFolder(out);
      folder.settle();
      const drafts = await draftsFor(guard, folder, name, ask);
      const files = folder.append(drafts).map(({ file }) => file);
      if (copies !== undefined) copyToSupabase(copies, migrationsIn(folder));
      return files;
    },
    catch: (cause) => (cause instanceof DefinitionError ? cause : unanswered(cause)),
  });

/**
 * Writes what has changed in a schema as migrations: helper functions where they changed, drizzle-kit's migration of the
 * tables, and the row-level security where a rule changed. A second call writes nothing.
 *
 * @param options the schema, the identity provider, the folder.
 * @returns the names of the new files, in the order in which they run.
 * @throws DefinitionError with all problems of all tables.
 * @throws GenerateError where drizzle-kit has a question or the folder is broken; nothing was written then.
 *
 * @example
 * ```ts
 * await generate({ schema, identity: sessionIdentity(authOptions), out: "./drizzle" });
 * ```
 */
export const generate = async (options: GenerateOptions): Promise<ReadonlyArray<string>> =>
  Effect.runPromise(generateEffect(options));
