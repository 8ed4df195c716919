/**
 * Copies of the migrations where Supabase's own tools look for them.
 *
 * Invariant: each migration stands there once, byte for byte, under a version that is later than that of any file before it.
 * The copies follow from the folder of drizzle-kit, so whatever a command that was killed has not copied, the next one does.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FolderError } from "./folder.js";

export interface Copied {
  /** The name in the folder of drizzle-kit, without `.sql`. */
  readonly name: string;
  /** When it was made, in milliseconds. */
  readonly when: number;
  readonly text: string;
}

const second = 1000;

/** `20260131235959`, in UTC. */
const versionOf = (when: number): string => new Date(when).toISOString().replace(/\D/g, "").slice(0, 14);

const timeOf = (version: string): number =>
  Date.parse(version.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/, "$1-$2-$3T$4:$5:$6Z"));

const filesIn = (
  folder: string,
): ReadonlyArray<{ readonly file: string; readonly version: string; readonly name: string }> => {
  mkdirSync(folder, { recursive: true });
  return readdirSync(folder).flatMap((file) => {
    const [, version, name] = /^(\d{14})_(.+)\.sql$/.exec(file) ?? [];
    return version === undefined || name === undefined ? [] : [{ file, version, name }];
  });
};

/**
 * @param folder where `supabase db push` looks, usually `supabase/migrations`; made where it does not exist.
 * @param migrations all of them, in order.
 * @returns the names of the files that were written now.
 * @throws FolderError where a copy is no longer what was copied.
 */
export const copyToSupabase = (folder: string, migrations: ReadonlyArray<Copied>): ReadonlyArray<string> => {
  const files = filesIn(folder);
  let last = Math.max(Number.NEGATIVE_INFINITY, ...files.map(({ version }) => timeOf(version)).filter(Number.isFinite));
  return migrations.flatMap(({ name, when, text }) => {
    // drizzle-kit 1.0 calls its migrations by their time, as Supabase does.
    const [, stamp = ""] = /^(\d{14})_/.exec(name) ?? [];
    const copy = files.find((each) => each.name === name || each.file === `${name}.sql`);
    if (copy !== undefined) {
      if (readFileSync(join(folder, copy.file), "utf8") === text) return [];
      throw new FolderError({
        message: `${join(folder, copy.file)} is not the migration ${name} any more. Restore it, and put the change into a migration of its own.`,
      });
    }
    const version = versionOf(Math.max(Math.floor(when / second) * second, last + second));
    last = timeOf(version);
    const file = stamp === version ? `${name}.sql` : `${version}_${name}.sql`;
    // Beside it, because a rename is one step; Supabase passes over what does not end in .sql.
    writeFileSync(join(folder, `${file}.new`), text);
    renameSync(join(folder, `${file}.new`), join(folder, file));
    return [file];
  });
};
