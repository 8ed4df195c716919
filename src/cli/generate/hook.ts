/**
 * Hedgerow's part of a `drizzle-kit generate`: the helpers before it, while its config loads, and row-level security after
 * it, when its process ends.
 *
 * Invariant: drizzle-kit has written what changed only if its newest snapshot is the schema as it is now; it exits with 0
 * when a question was not answered. Where it has not, the helpers are taken back and the command fails.
 */
import { describeFailure } from "../failure.js";
import type { Guard } from "../plan.js";
import {
  append,
  noJournal,
  readJournal,
  readMigration,
  readSnapshot,
  retract,
  rewrite,
  splitStatements,
} from "./folder.js";
import { migrationsIn } from "./generate.js";
import { guardedBefore, helpersDraft, type Layers, layersOf, securityDraft, tablesDraft } from "./layers.js";
import { copyToSupabase } from "./supabase.js";
import { isCurrent, withoutPolicyStatements } from "./tables.js";

/** A config can be loaded more than once, by two copies of this module. */
const begun = Symbol.for("hedgerow:generate");

/** @returns the names of the files of Hedgerow's that came after drizzle-kit's. */
const finish = (layers: Layers, out: string, known: ReadonlySet<string>): ReadonlyArray<string> => {
  const journal = readJournal(out) ?? noJournal;
  const before = guardedBefore(out, journal);
  const made = journal.entries.find(({ tag }) => !known.has(tag));
  if (made === undefined) return append(out, securityDraft(layers, journal, before, false)).map(({ tag }) => tag);
  const statements = splitStatements(readMigration(out, made));
  const { text, cleared } = tablesDraft(layers, withoutPolicyStatements(statements, layers.tables), before);
  const drafts = securityDraft(layers, journal, before, cleared);
  // Where only rules have changed, the row-level security takes its number, and so its snapshot.
  if (text === undefined) retract(out, [made]);
  else rewrite(out, made, text);
  return append(out, drafts).map(({ tag }) => tag);
};

const sentence = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

/**
 * Writes the helpers where they have changed, and arranges for the rest when this process ends.
 *
 * @param copies the folder of `supabase db push`, where there is one.
 * @throws DefinitionError with all problems of all tables; drizzle-kit must not go on then.
 */
export const hookGenerate = (guard: Guard, out: string, copies?: string): void => {
  if (Reflect.has(globalThis, begun)) return;
  Reflect.set(globalThis, begun, true);
  const layers = layersOf(guard);
  const helpers = append(out, helpersDraft(layers, readJournal(out) ?? noJournal));
  const known = new Set((readJournal(out) ?? noJournal).entries.map(({ tag }) => tag));
  const fail = (problem: string): void => {
    console.error(describeFailure("[x] Hedgerow: The migrations are not complete. What is wrong:", [problem]));
    process.exitCode = 1;
  };
  process.once("SIGINT", () => process.exit(130));
  process.once("SIGTERM", () => process.exit(143));
  process.once("exit", () => {
    try {
      const journal = readJournal(out) ?? noJournal;
      if (!isCurrent(guard.schema, readSnapshot(out, journal))) {
        retract(out, helpers);
        return fail(
          "drizzle-kit has not written what changed in the schema. If it had a question, run it in a terminal; otherwise see whether its `schema` holds the same tables.",
        );
      }
      const tags = [...helpers.map(({ tag }) => tag), ...finish(layers, out, known)];
      if (copies !== undefined) copyToSupabase(copies, migrationsIn(out));
      for (const tag of tags) console.log(`[✓] Hedgerow: wrote ${out}/${tag}.sql`);
    } catch (cause) {
      fail(sentence(cause));
    }
  });
};
