/**
 * Hedgerow's part of a `drizzle-kit generate`: the helpers before it, while its config loads, and row-level security after
 * it, when its process ends.
 *
 * Invariant: drizzle-kit has written what changed only if its snapshots are the schema as it is now; 0.31 exits with 0
 * when a question was not answered. Where it has not, the helpers are taken back and the command fails.
 */
import { describeFailure } from "../failure.js";
import type { Guard } from "../plan.js";
import { watchSchema } from "./current.js";
import { type Folder, splitStatements } from "./folder.js";
import { migrationsIn } from "./generate.js";
import { guardedBefore, helpersDraft, type Layers, layersOf, ordered, securityDraft, tablesDrafts } from "./layers.js";
import { openFolder } from "./open.js";
import { copyToSupabase } from "./supabase.js";
import { withoutPolicyStatements } from "./tables.js";

/** A config can be loaded more than once, by two copies of this module. */
const begun = Symbol.for("hedgerow:generate");

/** @returns the names of the files that came after drizzle-kit's, or in the place of it. */
const finish = (layers: Layers, folder: Folder, known: ReadonlySet<string>): ReadonlyArray<string> => {
  const before = guardedBefore(folder);
  const made = folder.entries().find(({ tag }) => !known.has(tag));
  if (made === undefined) return folder.append(securityDraft(layers, folder, before, false)).map(({ file }) => file);
  const statements = splitStatements(folder.read(made));
  const changes = withoutPolicyStatements(statements, layers.tables);
  const { drafts: tables, cleared } = tablesDrafts(layers, changes, before, made.name);
  const drafts = [
    ...tables,
    // Where only rules have changed, the row-level security takes its place, and its snapshot.
    ...securityDraft(layers, folder, before, cleared || tables.length === 0),
  ];
  return folder
    .replace(made, drafts)
    .filter(({ tag }) => tag !== made.tag)
    .map(({ file }) => file);
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
  const folder = openFolder(out);
  folder.settle();
  const helpers = folder.append(helpersDraft(layers, folder));
  const known = new Set(folder.entries().map(({ tag }) => tag));
  const isCurrent = watchSchema(ordered(guard.schema));
  const fail = (problem: string): void => {
    console.error(describeFailure("[x] Hedgerow: The migrations are not complete. What is wrong:", [problem]));
    process.exitCode = 1;
  };
  process.once("SIGINT", () => process.exit(130));
  process.once("SIGTERM", () => process.exit(143));
  process.once("exit", (code) => {
    try {
      if (!isCurrent(folder, code)) {
        // Where it has written something after them, they stay, because that may need them.
        if (folder.entries().every(({ tag }) => known.has(tag))) folder.retract(helpers);
        return fail(
          "drizzle-kit has not written what changed in the schema. If it had a question, run it in a terminal; otherwise see whether its `schema` holds the same tables.",
        );
      }
      const files = [...helpers.map(({ file }) => file), ...finish(layers, folder, known)];
      if (copies !== undefined) copyToSupabase(copies, migrationsIn(folder));
      for (const file of files) console.log(`[✓] Hedgerow: wrote ${out}/${file}`);
    } catch (cause) {
      fail(sentence(cause));
    }
  });
};
