/**
 * The folder of drizzle-kit 1.0: a folder for each migration, called by its time, and no list of them.
 *
 * Invariant: several migrations appear together. They are written into a folder that nobody reads, which then gets the name
 * `.hedgerow` in one step; from there on they count, and whoever works with the folder next moves them to their places
 * first. A process that dies before that step has written nothing, and one that dies after it has written everything.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Draft, type Entry, type Folder, FolderError, nextTimes, snapshotText } from "./folder.js";

const migrationFile = "migration.sql";
const snapshotFile = "snapshot.json";

/** What has been decided, on its way. */
const decided = ".hedgerow";
/** What has not. */
const undecided = ".hedgerow.new";
/** In `decided`: the migrations that go, one a line. */
const goneFile = "gone";

const pattern = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})_(.*)$/;

/** The time as drizzle-orm's migrator reads it from the name. */
const timeIn = (tag: string): number => {
  const [, year, month, day, hour, minute, second] = pattern.exec(tag) ?? [];
  return Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
};

const timeText = (when: number): string => new Date(when).toISOString().replace(/\D/g, "").slice(0, 14);

const entryOf = (out: string, tag: string): Entry => {
  const name = pattern.exec(tag)?.[7];
  if (name === undefined) {
    throw new FolderError({
      message: `${join(out, tag)} is not called <year><month><day><hour><minute><second>_<name>, so it has no place in the order of migrations. Rename it.`,
    });
  }
  return { tag, name, when: timeIn(tag), file: `${tag}/${migrationFile}` };
};

/** As drizzle-orm's migrator sorts. */
const tags = (out: string): ReadonlyArray<string> =>
  existsSync(out)
    ? readdirSync(out)
        .filter((tag) => existsSync(join(out, tag, migrationFile)))
        .sort((one, other) => one.localeCompare(other))
    : [];

const lines = (path: string): ReadonlyArray<string> =>
  existsSync(path)
    ? readFileSync(path, "utf8")
        .split("\n")
        .filter((line) => line !== "")
    : [];

const remove = (path: string): void => rmSync(path, { recursive: true, force: true });

/** Moves what was decided to its place. Whoever is interrupted in it leaves the rest to the next. */
const settle = (out: string): void => {
  remove(join(out, undecided));
  const folder = join(out, decided);
  if (!existsSync(folder)) return;
  for (const tag of lines(join(folder, goneFile))) remove(join(out, tag));
  for (const tag of tags(folder)) {
    remove(join(out, tag));
    renameSync(join(folder, tag), join(out, tag));
  }
  remove(folder);
};

export const timestampFolder = (out: string): Folder => {
  const entries = (): ReadonlyArray<Entry> => {
    if (existsSync(join(out, decided))) {
      throw new FolderError({
        message: `${out} is not complete: a command that wrote migrations was interrupted. Run \`hedgerow generate\`, which finishes it.`,
      });
    }
    return tags(out).map((tag) => entryOf(out, tag));
  };

  const write = (drafts: ReadonlyArray<Draft>, replaced?: Entry): ReadonlyArray<Entry> => {
    settle(out);
    if (drafts.length === 0) return [];
    const times = nextTimes(
      entries().filter(({ tag }) => tag !== replaced?.tag),
      drafts.length,
      replaced?.when,
    );
    const made = drafts.map((draft, position) => ({
      draft,
      entry: entryOf(out, `${timeText(times[position] ?? 0)}_${draft.name}`),
    }));
    for (const { draft, entry } of made) {
      const folder = join(out, undecided, entry.tag);
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, migrationFile), draft.text);
      if (draft.snapshot !== undefined) writeFileSync(join(folder, snapshotFile), snapshotText(draft.snapshot));
    }
    if (replaced !== undefined) {
      const [first] = made;
      const kept = join(out, replaced.tag, snapshotFile);
      if (first !== undefined && existsSync(kept)) {
        cpSync(kept, join(out, undecided, first.entry.tag, snapshotFile));
      }
      if (!made.some(({ entry }) => entry.tag === replaced.tag)) {
        writeFileSync(join(out, undecided, goneFile), `${replaced.tag}\n`);
      }
    }
    renameSync(join(out, undecided), join(out, decided));
    settle(out);
    return made.map(({ entry }) => entry);
  };

  return {
    settle: () => settle(out),
    entries,
    read: ({ file }) => readFileSync(join(out, file), "utf8"),
    snapshots: () =>
      tags(out)
        .map((tag) => join(out, tag, snapshotFile))
        .filter((path) => existsSync(path)),
    append: (drafts) => write(drafts),
    replace: (made, drafts) => write(drafts, made),
    retract: (gone) => {
      for (const { tag } of [...gone].reverse()) remove(join(out, tag));
    },
  };
};
