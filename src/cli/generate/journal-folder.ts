/**
 * The folder of drizzle-kit 0.31: numbered files, and a journal that lists them.
 *
 * Invariant: the journal is written last and in one step, so a migration is in it with its whole file or not at all. Each
 * has a snapshot of its own, Hedgerow's as well, because the next line of drizzle-kit converts no folder that lacks one.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type Draft,
  type Entry,
  type Folder,
  FolderError,
  hasJournal,
  journalPath,
  nextTimes,
  parseJson,
  snapshotText,
  uuidOf,
} from "./folder.js";

interface JournalEntry {
  readonly idx: number;
  readonly version: string;
  readonly when: number;
  readonly tag: string;
  readonly breakpoints: boolean;
}

interface Journal {
  readonly version: string;
  readonly dialect: string;
  readonly entries: ReadonlyArray<JournalEntry>;
}

/** What all snapshots have. */
interface Snapshot {
  readonly id: string;
  readonly prevId: string;
}

const emptyJournal: Journal = { version: "7", dialect: "postgresql", entries: [] };

/** As drizzle-kit has it before the first migration. */
const emptySnapshot = {
  id: "00000000-0000-0000-0000-000000000000",
  prevId: "",
  version: "7",
  dialect: "postgresql",
  tables: {},
  enums: {},
  schemas: {},
  sequences: {},
  roles: {},
  policies: {},
  views: {},
  _meta: { columns: {}, schemas: {}, tables: {} },
};

const isEntry = (value: unknown): value is JournalEntry =>
  typeof value === "object" &&
  value !== null &&
  "idx" in value &&
  typeof value.idx === "number" &&
  "when" in value &&
  typeof value.when === "number" &&
  "tag" in value &&
  typeof value.tag === "string";

const isJournal = (value: unknown): value is Journal =>
  typeof value === "object" &&
  value !== null &&
  "dialect" in value &&
  value.dialect === "postgresql" &&
  "entries" in value &&
  Array.isArray(value.entries) &&
  value.entries.every(isEntry);

const isSnapshot = (value: unknown): value is Snapshot =>
  typeof value === "object" && value !== null && "id" in value && typeof value.id === "string";

const fileOf = (tag: string): string => `${tag}.sql`;

const entryOf = ({ tag, when }: JournalEntry): Entry => ({
  tag,
  name: tag.replace(/^\d+_/, ""),
  when,
  file: fileOf(tag),
});

const numberText = (idx: number): string => String(idx).padStart(4, "0");

export const journalFolder = (out: string): Folder => {
  const readJournal = (): Journal => {
    if (!hasJournal(out)) return emptyJournal;
    const journal = parseJson(journalPath(out));
    if (!isJournal(journal)) {
      throw new FolderError({ message: `${journalPath(out)} is not a journal of drizzle-kit for PostgreSQL.` });
    }
    return journal;
  };

  const writeJournal = (journal: Journal): void => {
    const path = journalPath(out);
    // Beside it, because a rename is one step only within a file system.
    writeFileSync(`${path}.new`, `${JSON.stringify(journal, null, 2)}\n`);
    renameSync(`${path}.new`, path);
  };

  /** One that the journal does not reach was left by a command that was killed, and counts for nothing. */
  const snapshots = (): ReadonlyArray<string> => {
    const last = readJournal().entries.at(-1)?.idx ?? -1;
    let files: ReadonlyArray<string>;
    try {
      files = readdirSync(join(out, "meta"));
    } catch {
      return [];
    }
    return files
      .filter((file) => /^\d+_snapshot\.json$/.test(file) && Number.parseInt(file, 10) <= last)
      .sort()
      .map((file) => join(out, "meta", file));
  };

  const newestSnapshot = (): Snapshot => {
    const path = snapshots().at(-1);
    const snapshot = path === undefined ? emptySnapshot : parseJson(path);
    return isSnapshot(snapshot) ? snapshot : emptySnapshot;
  };

  const write = (journal: Journal, drafts: ReadonlyArray<Draft>, before: Snapshot): ReadonlyArray<Entry> => {
    const first = (journal.entries.at(-1)?.idx ?? -1) + 1;
    const times = nextTimes(journal.entries, drafts.length);
    const entries = drafts.map(({ name }, position) => ({
      idx: first + position,
      version: "7",
      when: times[position] ?? 0,
      tag: `${numberText(first + position)}_${name}`,
      breakpoints: true,
    }));
    mkdirSync(join(out, "meta"), { recursive: true });
    let state: object = before;
    let prevId = before.id;
    for (const [position, { text, snapshot }] of drafts.entries()) {
      const { idx, tag } = entries[position] ?? { idx: first, tag: "" };
      writeFileSync(join(out, fileOf(tag)), text);
      state = snapshot ?? state;
      const id = uuidOf(`${prevId} ${tag} ${JSON.stringify({ ...state, id: undefined, prevId: undefined })}`);
      writeFileSync(
        join(out, "meta", `${numberText(idx)}_snapshot.json`),
        `${snapshotText({ ...state, id, prevId })}\n`,
      );
      prevId = id;
    }
    writeJournal({ ...journal, entries: [...journal.entries, ...entries] });
    return entries.map(entryOf);
  };

  return {
    // The journal is the only thing that counts, so there is nothing to finish.
    settle: () => {},
    entries: () => readJournal().entries.map(entryOf),
    read: ({ file }) => {
      const path = join(out, file);
      try {
        return readFileSync(path, "utf8");
      } catch (cause) {
        throw new FolderError({
          message: `${path} does not exist, but the journal names it. Restore it from version control.`,
          cause,
        });
      }
    },
    snapshots,
    append: (drafts) => (drafts.length === 0 ? [] : write(readJournal(), drafts, newestSnapshot())),
    replace: (made, drafts) => {
      const journal = readJournal();
      const rest = journal.entries.filter(({ tag }) => tag !== made.tag);
      const whole = newestSnapshot();
      const written = write({ ...journal, entries: rest }, drafts, { ...whole, id: whole.prevId });
      if (!written.some(({ tag }) => tag === made.tag)) rmSync(join(out, made.file), { force: true });
      return written;
    },
    retract: (gone) => {
      const journal = readJournal();
      if (gone.length === 0) return;
      const tags = new Set(gone.map(({ tag }) => tag));
      writeJournal({ ...journal, entries: journal.entries.filter(({ tag }) => !tags.has(tag)) });
      for (const { idx, tag } of journal.entries.filter((entry) => tags.has(entry.tag))) {
        rmSync(join(out, fileOf(tag)), { force: true });
        rmSync(join(out, "meta", `${numberText(idx)}_snapshot.json`), { force: true });
      }
    },
  };
};
