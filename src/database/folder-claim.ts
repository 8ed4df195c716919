/**
 * One process at a time in a folder of PGlite's.
 *
 * Invariant: PGlite's files have one writer. Beside the folder lies another, whose files are numbered: the one with the highest
 * number says who has it. A claim is a file with the next number, which only one process can make, and a number is never used
 * twice, so nobody removes a claim that he took for that of a dead process.
 *
 * A process that runs is never robbed: PGlite may keep it from answering for minutes. Whether it runs, the system says by its
 * number and its start; of a process in another container or on another machine nobody knows, so there it must give a sign of
 * life within ten minutes.
 */
import type * as Fs from "node:fs";
import * as Data from "effect/Data";

interface Holder {
  readonly pid: number;
  /** What the system counts from, and where numbers of processes mean the same. */
  readonly where: string;
  /** When it started, as the system says; empty where it does not. */
  readonly started: string;
  /** The program, and none of what it was given: that may be a secret. */
  readonly command: string;
  readonly since: string;
  readonly token: string;
}

/** Another process, or this one, has a folder of PGlite's open, or nobody can tell. The message names the process. */
export class FolderTaken extends Data.TaggedError("FolderTaken")<{
  readonly message: string;
  /** The message without what to do about it. */
  readonly found: string;
  readonly folder: string;
  readonly cause?: unknown;
}> {}

/** A PGlite, of which only its end is of interest. */
interface Client {
  readonly closed?: boolean;
}

export interface Claim {
  /** Says whose claim it is, so that it ends when that PGlite is closed. */
  readonly giveTo: (client: Client) => void;
  /** Gives the folder back; the end of the process does so as well. */
  readonly release: () => void;
}

const signMs = 5_000;
const silentMs = 10 * 60_000;
/** A file is made before it is written. */
const writtenMs = 10_000;

/** Not imported, so that PGlite in a browser needs nothing of it. */
const files = (): typeof Fs | undefined => globalThis.process?.getBuiltinModule?.("node:fs");

const readOr = (fs: typeof Fs, path: string): string | undefined => {
  try {
    return fs.readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
};

const hasCode = (cause: unknown, ...codes: ReadonlyArray<string>): boolean =>
  cause instanceof Error && "code" in cause && codes.includes(String(cause.code));

/** The 22nd field; the second is a name in parentheses, which may hold spaces. */
const startOf = (fs: typeof Fs, pid: number): string =>
  readOr(fs, `/proc/${pid}/stat`)
    ?.replace(/^.*\) /s, "")
    .split(" ")[19] ?? "";

const whereabouts = (fs: typeof Fs): string => {
  const boot = readOr(fs, "/proc/sys/kernel/random/boot_id")?.trim();
  if (boot === undefined) return process.getBuiltinModule("node:os").hostname();
  try {
    return `${boot} ${fs.readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return boot;
  }
};

const isRunning = (fs: typeof Fs, { pid, started }: Holder): boolean => {
  try {
    process.kill(pid, 0);
  } catch (cause) {
    if (!hasCode(cause, "EPERM")) return false;
  }
  const now = startOf(fs, pid);
  return started === "" || now === "" || started === now;
};

type State = "free" | "being written" | Holder;

const parsed = (content: string): Holder | undefined => {
  try {
    const value: Holder = JSON.parse(content);
    return typeof value.pid === "number" && typeof value.where === "string" ? value : undefined;
  } catch {
    return undefined;
  }
};

const free = "free\n";

/** @returns undefined where the file is gone. */
const stateOf = (fs: typeof Fs, file: string): State | undefined => {
  const content = readOr(fs, file);
  const age = Date.now() - (fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  if (content === undefined) return undefined;
  if (content === free) return "free";
  const holder = parsed(content);
  if (holder === undefined) return age < writtenMs ? "being written" : "free";
  const here = holder.where === whereabouts(fs);
  return (here ? isRunning(fs, holder) : age < silentMs) ? holder : "free";
};

const numbersIn = (fs: typeof Fs, lock: string): ReadonlyArray<number> =>
  fs
    .readdirSync(lock)
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

interface Held {
  readonly claim: Claim;
  client: Client | undefined;
}

/** What this process holds, by folder. */
const held = new Map<string, Held>();

const releaseAll = (): void => {
  for (const { claim } of held.values()) claim.release();
};

/** From here on the process holds the folder by this file. */
const hold = (fs: typeof Fs, folder: string, file: string, content: string): Claim => {
  const sign = setInterval(() => {
    try {
      fs.utimesSync(file, new Date(), new Date());
    } catch {
      // Somebody removed it by hand.
    }
  }, signMs);
  sign.unref?.();
  const release = (): void => {
    clearInterval(sign);
    if (held.get(folder) === entry) held.delete(folder);
    if (held.size === 0) process.off("exit", releaseAll);
    if (readOr(fs, file) === content) fs.writeFileSync(file, free);
  };
  if (held.size === 0) process.once("exit", releaseAll);
  const claim: Claim = {
    release,
    giveTo: (client) => {
      entry.client = client;
    },
  };
  const entry: Held = { claim, client: undefined };
  held.set(folder, entry);
  return claim;
};

const taken = (folder: string, file: string, { pid, where, command, since }: Holder, own: string): FolderTaken => {
  const process_ = `process ${pid} (${command})`;
  const [who, advice] =
    where !== own
      ? [
          `${process_} of another container or machine`,
          `End it first. If it has ended, remove ${file} or wait: it is believed ten minutes after its last sign of life.`,
        ]
      : pid === process.pid
        ? ["this process", "Use the PGlite that is open, or close it first."]
        : [process_, "End it first: PGlite's files have one process at a time."];
  const found = `${folder} is open in ${who} since ${since}.`;
  return new FolderTaken({ folder, found, message: `${found} ${advice}` });
};

const prepare = (fs: typeof Fs, folder: string, lock: string): void => {
  try {
    fs.mkdirSync(lock, { recursive: true });
    fs.accessSync(lock, fs.constants.W_OK);
  } catch (cause) {
    const found = `Nobody can tell whether ${folder} is free.`;
    const message = `${found} ${lock} must be a folder that this process can write.`;
    throw new FolderTaken({ folder, found, message, cause });
  }
};

const ownClaim = (fs: typeof Fs, where: string): Holder => ({
  pid: process.pid,
  where,
  started: startOf(fs, process.pid),
  command: process.argv[1]?.split(/[\\/]/).at(-1) ?? "",
  since: new Date().toISOString(),
  token: crypto.randomUUID(),
});

/** @returns the file of a claim that was made; undefined where somebody else was quicker, or is just making one. */
const tryToClaim = (fs: typeof Fs, folder: string, lock: string, own: Holder): string | undefined => {
  const last = Math.max(0, ...numbersIn(fs, lock));
  const state = last === 0 ? "free" : stateOf(fs, `${lock}/${last}`);
  if (state === undefined || state === "being written") return undefined;
  if (state !== "free") throw taken(folder, `${lock}/${last}`, state, own.where);
  const next = `${lock}/${last + 1}`;
  try {
    fs.writeFileSync(next, JSON.stringify(own), { flag: "wx" });
  } catch (cause) {
    if (hasCode(cause, "EEXIST")) return undefined;
    throw cause;
  }
  const numbers = numbersIn(fs, lock);
  if (Math.max(...numbers) > last + 1) {
    // It was made from an outdated list: whoever has the higher number came first.
    fs.rmSync(next, { force: true });
    return undefined;
  }
  for (const number of numbers) if (number <= last) fs.rmSync(`${lock}/${number}`, { force: true });
  return next;
};

/**
 * Claims a folder for this process.
 *
 * @param dataDir as PGlite takes it.
 * @param client the PGlite that is open there. Once it is closed, its claim has ended.
 * @returns the claim; undefined where PGlite keeps its files elsewhere: in memory, in a browser.
 * @throws FolderTaken with the process that has it, be it this one.
 */
export const claimFolder = (dataDir: string | undefined, client?: Client): Claim | undefined => {
  const fs = files();
  const path = dataDir?.replace(/^file:\/\//, "");
  if (fs === undefined || !path || /^[\w-]{2,}:\/\//.test(path)) return undefined;
  fs.mkdirSync(path, { recursive: true });
  const folder = fs.realpathSync(path);
  const earlier = held.get(folder);
  if (earlier?.client !== undefined && earlier.client === client) return earlier.claim;
  if (earlier?.client?.closed) earlier.claim.release();
  const lock = `${folder}.lock`;
  prepare(fs, folder, lock);
  const own = ownClaim(fs, whereabouts(fs));
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const file = tryToClaim(fs, folder, lock, own);
    if (file === undefined) continue;
    const claim = hold(fs, folder, file, JSON.stringify(own));
    if (client !== undefined) claim.giveTo(client);
    return claim;
  }
  const found = `Others are just opening ${folder}.`;
  throw new FolderTaken({ folder, found, message: `${found} Try again.` });
};
