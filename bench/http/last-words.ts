/**
 * Why a program ended, in one line of what it wrote.
 *
 * Invariant: it says nothing of the machine: no colours of its terminal, no path of its folders.
 */
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** @returns the line that begins with the name of an error, or the last one. */
export const lastWords = (output: string): string => {
  const lines = stripVTControlCharacters(output)
    .replaceAll(root, "")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  return lines.find((line) => /^\w*Error\b/.test(line)) ?? lines.at(-1) ?? "it said nothing";
};
