/**
 * Whose code takes the time of a server's process, by sampling.
 *
 * Invariant: a sample counts for the package whose function was running, not for who called it, so the parts add up to the
 * whole and what two packages share is counted once.
 */
import { Session } from "node:inspector/promises";

/** Microseconds of CPU by package; `node` is Node.js itself, `hedgerow` everything that is in no package. */
export type Shares = Readonly<Record<string, number>>;

/** The part of a profile of V8 that is read here. */
export interface Profile {
  readonly nodes: ReadonlyArray<{
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string };
  }>;
  readonly samples?: ReadonlyArray<number> | undefined;
  readonly timeDeltas?: ReadonlyArray<number> | undefined;
}

const waiting = "(idle)";

/** The innermost package of a path: those of a package's own are another's. */
const packageOf = (url: string): string => {
  if (url === "" || url.startsWith("node:")) return "node";
  const name = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1];
  return name ?? "hedgerow";
};

/** @returns the time of each package, without what the process waited. */
export const sharesOf = ({ nodes, samples = [], timeDeltas = [] }: Profile): Shares => {
  const owners = new Map(
    nodes.map(({ id, callFrame }) => [id, callFrame.functionName === waiting ? undefined : packageOf(callFrame.url)]),
  );
  const shares: Record<string, number> = {};
  for (const [index, sample] of samples.entries()) {
    const owner = owners.get(sample);
    if (owner !== undefined) shares[owner] = (shares[owner] ?? 0) + (timeDeltas[index] ?? 0);
  }
  return shares;
};

const intervalMicros = 200;

/** Makes this process answer its parent: `profile` with nothing once it samples, `shares` with what it saw until then. */
export const answerProfiler = (): void => {
  const session = new Session();
  process.on("message", async (message) => {
    if (message === "profile") {
      session.connect();
      await session.post("Profiler.enable");
      await session.post("Profiler.setSamplingInterval", { interval: intervalMicros });
      await session.post("Profiler.start");
      process.send?.({ profiling: true });
    } else if (message === "shares") {
      const { profile } = await session.post("Profiler.stop");
      session.disconnect();
      process.send?.({ shares: sharesOf(profile) });
    }
  });
};
