/**
 * The CPU time that processes have used, from Linux's `/proc`.
 *
 * Invariant: a process that ended in between still counts: its parent has its time.
 */
import { readdir, readFile } from "node:fs/promises";

/** Linux counts in hundredths of a second, on every architecture that Node runs on. */
const microsPerTick = 10_000;

interface Usage {
  readonly parent: number;
  readonly own: number;
  /** Of children that have ended. */
  readonly inherited: number;
}

const usageOf = async (pid: number | string): Promise<Usage | undefined> => {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  // The second field is a name in brackets that may hold anything, so count from behind it: state is the third.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const field = (number: number): number => Number(fields[number - 3]);
  return { parent: field(4), own: field(14) + field(15), inherited: field(16) + field(17) };
};

/** @throws Error where there is no `/proc`. */
export const processMicros = async (pid: number): Promise<number> => {
  const usage = await usageOf(pid);
  if (usage === undefined) throw new Error(`No CPU time of process ${pid}: this needs Linux's /proc, and the process.`);
  return usage.own * microsPerTick;
};

/** A process with everything that it has started. */
export const familyMicros = async (pid: number): Promise<number> => {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const usages = await Promise.all(pids.map(async (each) => ({ pid: Number(each), usage: await usageOf(each) })));
  const ticks = usages.reduce((sum, { pid: each, usage }) => {
    if (usage === undefined) return sum;
    if (each === pid) return sum + usage.own + usage.inherited;
    return usage.parent === pid ? sum + usage.own : sum;
  }, 0);
  return ticks * microsPerTick;
};
