/**
 * Source files, looked at without being run.
 *
 * Invariant: a word in a comment or a text is not code. The search stays inside one package: it follows no links and enters
 * no folder that is generated, hidden, installed, or a package of its own.
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, posix } from "node:path";

/** What may stand before a `/` that divides; before any other, it begins a regular expression. */
const endsValue = /[\w$)\]}]$/;
const endsKeyword = /\b(return|typeof|case|in|of|do|else|void|delete|throw|await|yield)$/;

const blank = (text: string): string => text.replace(/[^\n]/g, " ");

/** @returns the position behind a text in quotes that begins at `start`. */
const endOfQuoted = (text: string, start: number): number => {
  const quote = text[start];
  let at = start + 1;
  while (at < text.length && text[at] !== quote && text[at] !== "\n") at += text[at] === "\\" ? 2 : 1;
  return Math.min(at + 1, text.length);
};

const endOfPattern = (text: string, start: number): number => {
  let inClass = false;
  let at = start + 1;
  for (; at < text.length && text[at] !== "\n"; at += 1) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === "[") inClass = true;
    else if (text[at] === "]") inClass = false;
    else if (text[at] === "/" && !inClass) return at + 1;
  }
  return at;
};

/**
 * @param texts what to do with texts in quotes: keep them, or leave the quotes and make the rest blank.
 * @returns the source of the same length, with comments made blank.
 */
export const codeOf = (source: string, texts: "keep" | "blank"): string => {
  let out = "";
  let at = 0;
  /** How many braces are open in each `${…}` that we are inside of. */
  const templates: Array<number> = [];
  const quoted = (end: number): void => {
    const text = source.slice(at, end);
    out += texts === "keep" || text.length < 2 ? text : `${text[0]}${blank(text.slice(1, -1))}${text.at(-1)}`;
    at = end;
  };
  /** From a backtick, or from the brace that ends a `${…}`, to the next `${` or backtick. */
  const template = (): void => {
    let end = at + 1;
    while (end < source.length && source[end] !== "`" && !source.startsWith("${", end)) {
      end += source[end] === "\\" ? 2 : 1;
    }
    const opens = source.startsWith("${", end);
    if (opens) templates.push(0);
    quoted(Math.min(end + (opens ? 2 : 1), source.length));
  };
  while (at < source.length) {
    const char = source[at];
    const two = source.slice(at, at + 2);
    if (two === "//" || two === "/*") {
      const found = two === "//" ? source.indexOf("\n", at) : source.indexOf("*/", at + 2) + 2;
      const end = found < at + 2 ? source.length : found;
      out += blank(source.slice(at, end));
      at = end;
    } else if (char === '"' || char === "'") quoted(endOfQuoted(source, at));
    else if (char === "`") template();
    else if (char === "}" && templates.at(-1) === 0) {
      templates.pop();
      template();
    } else if (char === "/" && (!endsValue.test(out.trimEnd()) || endsKeyword.test(out.trimEnd().slice(-8)))) {
      quoted(endOfPattern(source, at));
    } else {
      const open = templates.length - 1;
      if (open >= 0 && char === "{") templates[open] = (templates[open] ?? 0) + 1;
      if (open >= 0 && char === "}") templates[open] = (templates[open] ?? 0) - 1;
      out += char;
      at += 1;
    }
  }
  return out;
};

const generated = new Set(["node_modules", "dist", "build", "out", "coverage", "vendor"]);
const isSource = (name: string): boolean => /\.[cm]?[jt]sx?$/.test(name) && !/\.d\.[cm]?ts$|\.(test|spec)\./.test(name);

/** Enough for any package, and an end to a folder that is none, such as a home directory. */
const limit = 20_000;
const longest = 1_000_000;

/** @returns the paths of the source files of a package, from its folder, with `/`, in order. */
export const sourceFiles = (root: string): ReadonlyArray<string> => {
  const found: Array<string> = [];
  const visit = (folder: string): void => {
    const entries = readdirSync(join(root, folder), { withFileTypes: true });
    for (const entry of entries.sort((one, other) => (one.name < other.name ? -1 : 1))) {
      const path = posix.join(folder, entry.name);
      if (found.length >= limit || entry.name.startsWith(".")) continue;
      if (entry.isFile() && isSource(entry.name)) found.push(path);
      if (!entry.isDirectory() || generated.has(entry.name) || /^__\w+__$/.test(entry.name)) continue;
      if (!existsSync(join(root, path, "package.json"))) visit(path);
    }
  };
  visit(".");
  return found;
};

/** @returns the text of a file; nothing where it is too long to be written by hand. */
export const readSource = (file: string): string => (statSync(file).size > longest ? "" : readFileSync(file, "utf8"));

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");

/** @returns the pattern of a glob over paths with `/`: `*`, `**`, `?` and `{a,b}`. */
export const globPattern = (glob: string): RegExp => {
  const parts = glob.split(/(\*\*\/|\*\*|\*|\?|\{[^{}]*\})/).map((part) => {
    if (part === "**/") return "(?:.*/)?";
    if (part === "**") return ".*";
    if (part === "*") return "[^/]*";
    if (part === "?") return "[^/]";
    return part.startsWith("{") ? `(?:${part.slice(1, -1).split(",").map(escaped).join("|")})` : escaped(part);
  });
  return new RegExp(`^${parts.join("")}$`);
};

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

/**
 * @param patterns files, folders and globs, as drizzle-kit's `schema` has them.
 * @returns the files, from the folder of the package, in order and once.
 */
export const filesMatching = (root: string, patterns: ReadonlyArray<string>): ReadonlyArray<string> => {
  const all = sourceFiles(root);
  const found = patterns.flatMap((pattern) => {
    const path = posix.normalize(pattern.replaceAll("\\", "/")).replace(/^\.\//, "").replace(/\/$/, "");
    if (isFolder(join(root, path))) return all.filter((file) => posix.dirname(file) === path);
    if (existsSync(join(root, path))) return [path];
    const matches = globPattern(path);
    return all.filter((file) => matches.test(file));
  });
  return [...new Set(found)];
};
