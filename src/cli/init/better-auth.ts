/**
 * The Better Auth of a project: where its options are.
 *
 * Invariant: what comes back names an export that Hedgerow's config can import, and the options there are the ones that
 * `betterAuth` gets. Where that is not so, there is a sentence about what would make it so.
 */
import { join } from "node:path";
import { codeOf, readSource } from "./source.js";

export interface BetterAuthFile {
  readonly file: string;
  /** The export, `default` included. */
  readonly name: string;
  /** Whether the export is the options, or the instance that has them in `.options`. */
  readonly kind: "options" | "instance";
  /** Whether the file calls the plugin that routers need. */
  readonly hasPlugin: boolean;
}

/** A file that calls `betterAuth` and exports nothing to import. */
export interface Unusable {
  readonly file: string;
  readonly name?: undefined;
}

const call = /(?<![\w$.])betterAuth\s*\(/g;

const isExported = (code: string, name: string): boolean =>
  new RegExp(`\\bexport\\s+const\\s+${name}\\b`).test(code) ||
  new RegExp(`\\bexport\\s*\\{[^}]*\\b${name}\\b(?!\\s+as\\b)[^}]*\\}\\s*(?!\\s*from)`).test(code);

/** The argument of the call, of a source without texts. */
const argumentAt = (code: string, start: number): string => {
  let depth = 0;
  for (let at = start; at < code.length; at += 1) {
    if (/[([{]/.test(code[at] ?? "")) depth += 1;
    if (/[)\]}]/.test(code[at] ?? "")) depth -= 1;
    if (depth < 0) return code.slice(start, at);
  }
  return code.slice(start);
};

/** Options of Better Auth that decide about tables; beside a spread they would be missing in what is spread. */
const shapesTables = /\b(plugins|user|session|account|verification|advanced|secondaryStorage|rateLimit)\s*[:,}]/;

/** `betterAuth(options)` and `betterAuth({ ...options, database })`. */
const optionsIn = (argument: string): string | undefined => {
  const [, name, spread, rest = ""] = /^\s*(?:([\w$]+)\s*$|\{\s*\.\.\.([\w$]+)\s*,?([\s\S]*))/.exec(argument) ?? [];
  return name ?? (shapesTables.test(rest) ? undefined : spread);
};

const understand = (file: string, code: string, start: number, end: number): BetterAuthFile | Unusable => {
  const hasPlugin = /(?<![\w$.])hedgerow\s*\(/.test(code);
  const options = optionsIn(argumentAt(code, end));
  if (options !== undefined && isExported(code, options)) return { file, name: options, kind: "options", hasPlugin };
  const before = code.slice(0, start);
  const name = /\bconst\s+([\w$]+)\s*(?::[^=;]*)?=\s*$/.exec(before)?.[1];
  if (name !== undefined && isExported(code, name)) return { file, name, kind: "instance", hasPlugin };
  const isDefault =
    /\bexport\s+default\s*$/.test(before) ||
    (name !== undefined && new RegExp(`\\bexport\\s+default\\s+${name}\\b`).test(code));
  return isDefault ? { file, name: "default", kind: "instance", hasPlugin } : { file };
};

/** @returns every file that calls `betterAuth`, with what can be imported from it. */
export const findBetterAuth = (root: string, files: ReadonlyArray<string>): ReadonlyArray<BetterAuthFile | Unusable> =>
  files.flatMap((file) => {
    const source = readSource(join(root, file));
    if (!source.includes("betterAuth")) return [];
    if (!/["']better-auth(\/minimal)?["']/.test(codeOf(source, "keep"))) return [];
    const code = codeOf(source, "blank");
    const [match] = code.matchAll(call);
    return match === undefined ? [] : [understand(file, code, match.index, match.index + match[0].length)];
  });
