/**
 * One process at a time in a data folder.
 *
 * Invariant: PGlite's files have one writer; a lock left by a process that no longer runs is taken over.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
};

/** The process that a lock file names; undefined where there is none. */
const holder = (lock: string): number | undefined => {
  try {
    const pid = Number(readFileSync(lock, "utf8"));
    return Number.isInteger(pid) && pid > 0 && pid !== process.pid && isRunning(pid) ? pid : undefined;
  } catch {
    return undefined;
  }
};

/**
 * Claims a folder until this process ends.
 *
 * @returns the id of another process that has it; undefined once it is ours.
 */
export const claimFolder = (folder: string): number | undefined => {
  mkdirSync(folder, { recursive: true });
  const lock = join(folder, "lock");
  const other = holder(lock);
  if (other !== undefined) return other;
  rmSync(lock, { force: true });
  try {
    writeFileSync(lock, String(process.pid), { flag: "wx" });
  } catch {
    // Another process was quicker.
    return holder(lock) ?? claimFolder(folder);
  }
  process.once("exit", () => rmSync(lock, { force: true }));
  return undefined;
};
