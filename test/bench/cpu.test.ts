/** CPU time from Linux's `/proc`, against what Node says of itself. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { familyMicros, processMicros } from "../../bench/http/cpu.js";

const burn = (milliseconds: number): void => {
  const start = process.cpuUsage();
  for (;;) {
    const { user, system } = process.cpuUsage(start);
    if (user + system >= milliseconds * 1000) return;
  }
};

const burnt = async (micros: (pid: number) => Promise<number>, work: () => unknown): Promise<number> => {
  const before = await micros(process.pid);
  await work();
  return ((await micros(process.pid)) - before) / 1000;
};

// A tick is 10 ms, and other threads of this process work too.
it("counts what a process has used, in user and in kernel", async () => {
  const used = await burnt(processMicros, () => burn(200));
  expect(used).toBeGreaterThanOrEqual(180);
  expect(used).toBeLessThan(1_000);
});

it("counts what a child has used that has ended", async () => {
  const child = "const s = process.cpuUsage(); while (process.cpuUsage(s).user < 1_000_000);";
  const run = () => promisify(execFile)(process.execPath, ["-e", child]);
  expect(await burnt(familyMicros, run)).toBeGreaterThanOrEqual(980);
  expect(await burnt(processMicros, run)).toBeLessThan(800);
});

it("says so when there is no such process", async () => {
  await expect(processMicros(2 ** 30)).rejects.toThrow(/needs Linux/);
});
