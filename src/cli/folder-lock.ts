/**
 * One process at a time in a folder of PGlite's.
 *
 * Invariant: PGlite's files have one writer. The lock is a file beside the folder with the number of its process.
 */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return cause instanceof Error && "code" in cause && cause.code === "EPERM";
  }
};

const holder = (lock: string): number => {
  try {
    return Number(readFileSync(lock, "utf8"));
  } catch {
    return 0;
  }
};

/**
 * Waits until the folder is free, for a minute; one that a dead process had is taken over.
 *
 * @returns a function that gives it back; the end of the process does so as well.
 * @throws Error with the other process.
 */
export const claimFolder = async (dataDir: string): Promise<() => void> => {
  const lock = `${dataDir.replace(/[\\/]+$/, "")}.lock`;
  const release = (): void => {
    process.off("exit", release);
    if (holder(lock) === process.pid) rmSync(lock, { force: true });
  };
  for (let attempt = 0; attempt < 600; attempt += 1) {
    try {
      writeFileSync(lock, String(process.pid), { flag: "wx" });
      process.once("exit", release);
      // Who saw the same dead process may have removed this file instead of that one's.
      await sleep(attempt === 0 ? 0 : 50);
      if (holder(lock) === process.pid) return release;
    } catch (cause) {
      if (!(cause instanceof Error && "code" in cause && cause.code === "EEXIST")) throw cause;
      const pid = holder(lock);
      if (pid !== 0 && !isRunning(pid)) rmSync(lock, { force: true });
    }
    await sleep(100);
  }
  throw new Error(`process ${holder(lock)} has had the folder for a minute. If that is no migration, remove ${lock}.`);
};
