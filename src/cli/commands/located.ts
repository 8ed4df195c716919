/**
 * Where in a project something was thrown.
 *
 * Invariant: names only files of the project itself, from its folder, never those of a package; what was foreseen (an error with
 * a tag) says by itself where it is.
 */
import { isAbsolute, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** `at f (file:///app/schema.ts:3:7)`, or without the brackets. */
const frame = /^\s*at .*?\(?((?:file:\/\/)?(?:\/|[A-Za-z]:[\\/])[^()]*):(\d+):\d+\)?$/;

const pathOf = (file: string): string => (file.startsWith("file://") ? fileURLToPath(file) : file);

/** @returns the first line of a stack that is the project's own, as `src/schema.ts:3`. */
export const placeOf = (error: unknown, root: string): string | undefined => {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  for (const line of stack.split("\n")) {
    const [, file, number] = frame.exec(line) ?? [];
    if (file === undefined) continue;
    const path = relative(root, pathOf(file));
    const isOwn =
      path !== "" && !isAbsolute(path) && path.split(sep).every((part) => !["..", "node_modules"].includes(part));
    if (isOwn) return `${path}:${number}`;
  }
  return undefined;
};

const isForeseen = (error: unknown): boolean => typeof error === "object" && error !== null && "_tag" in error;

/** @returns what an error says, and where in the project it was thrown, where nobody had foreseen it. */
export const located = (error: unknown, root: string): string => {
  const message = error instanceof Error ? error.message || error.name : String(error);
  const place = isForeseen(error) ? undefined : placeOf(error, root);
  return place === undefined || message.includes(place) ? message : `${message}\n  at ${place}`;
};
