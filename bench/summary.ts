/**
 * Results in the words of the README and the chart.
 *
 * Invariant: nothing is computed here that a measure does not say.
 */
import type { Measure } from "./report.js";

/** One line of code and what it is called. */
export interface Labelled {
  readonly label: string;
  readonly ours: boolean;
}

const labels: Readonly<Record<string, string>> = {
  reference: "Hono and pg, nothing enforced",
  "hedgerow-claims": "Hedgerow, token",
  "hedgerow-session": "Hedgerow, Better Auth session",
  "drizzle-rls": "Drizzle, RLS by hand",
  "better-auth-drizzle": "Better Auth and Drizzle by hand",
};

export interface Throughput extends Labelled {
  readonly perSecond: number;
}

/** @returns what was measured over HTTP, fastest first. */
export const throughputs = (measures: ReadonlyArray<Measure>, operation: "get" | "list"): ReadonlyArray<Throughput> =>
  measures
    .flatMap(({ name, value }) => {
      const target = new RegExp(`^http/${operation}/([^/]+)/perSecond$`).exec(name)?.[1];
      return target === undefined
        ? []
        : [{ label: labels[target] ?? target, ours: target.startsWith("hedgerow"), perSecond: value }];
    })
    .sort((a, b) => b.perSecond - a.perSecond);

const codes = [
  ["hedgerow", "Hedgerow"],
  ["hand-written-where", "Better Auth and Drizzle by hand, WHERE"],
  ["hand-written-policy", "Better Auth and Drizzle by hand, RLS"],
] as const;
const drivers = ["node-postgres", "postgres.js", "neon-websocket", "neon-http"] as const;

export interface RoundTripsRow extends Labelled {
  /** By driver: get, list and create, or one number where they are the same; undefined where it was not measured. */
  readonly cells: ReadonlyArray<string | undefined>;
}

export const roundTripsDrivers: ReadonlyArray<string> = ["node-postgres", "postgres.js", "Neon WebSocket", "Neon HTTP"];

export const roundTripsRows = (measures: ReadonlyArray<Measure>): ReadonlyArray<RoundTripsRow> =>
  codes.map(([code, label]) => ({
    label,
    ours: code === "hedgerow",
    cells: drivers.map((driver) => {
      const counts = ["get", "list", "create"].flatMap((operation) =>
        measures.filter(({ name }) => name === `round-trips/${code}/${driver}/${operation}`).map(({ value }) => value),
      );
      if (counts.length === 0) return undefined;
      return new Set(counts).size === 1 ? String(counts[0]) : counts.join(" / ");
    }),
  }));

/** @returns Markdown. */
export const roundTripsTable = (measures: ReadonlyArray<Measure>): string =>
  [
    `| round trips of a request | ${roundTripsDrivers.join(" | ")} |`,
    `|---|${roundTripsDrivers.map(() => "---|").join("")}`,
    ...roundTripsRows(measures).map(
      ({ label, cells }) => `| ${label} | ${cells.map((cell) => cell ?? "").join(" | ")} |`,
    ),
  ].join("\n");
