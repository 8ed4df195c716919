/** What this package says of itself. Invariant: read from its own package.json, so it is said in one place. */
import { readFileSync } from "node:fs";

interface Manifest {
  readonly version: string;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

const manifest = (): Manifest => JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));

export const version = (): string => manifest().version;

/** @returns the versions of other packages that Hedgerow works with, as ranges by name. */
export const peers = (): Readonly<Record<string, string>> => manifest().peerDependencies;
