/**
 * package.json as a text, with entries added.
 *
 * Invariant: only what is added changes; indentation, line ends, the order of keys and everything else stay, byte for byte.
 * What comes back was parsed again and has exactly what was asked for.
 */
import { isDeepStrictEqual } from "node:util";

export type Section = "scripts" | "dependencies" | "devDependencies";

export interface Entry {
  readonly section: Section;
  readonly key: string;
  readonly value: string;
}

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** @throws Error that says what is wrong with it. */
export const parsePackage = (text: string): Json => {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (cause) {
    throw new Error(`package.json is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
  if (!isObject(value)) throw new Error("package.json must be an object.");
  for (const section of ["scripts", "dependencies", "devDependencies", "peerDependencies"]) {
    const found = value[section];
    if (found !== undefined && !isObject(found)) throw new Error(`"${section}" of package.json must be an object.`);
  }
  return value;
};

interface Member {
  readonly key: string;
  /** Where the key begins and where the value begins and ends. */
  readonly start: number;
  readonly value: number;
  readonly end: number;
}

interface Found {
  readonly members: ReadonlyArray<Member>;
  /** The position of the brace that closes the object. */
  readonly close: number;
}

const space = /\s/;

const skipSpace = (text: string, from: number): number => {
  let at = from;
  while (space.test(text[at] ?? "") || text[at] === "\uFEFF") at += 1;
  return at;
};

/** Of a text that is known to be JSON. */
const endOfString = (text: string, start: number): number => {
  let at = start + 1;
  while (text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at + 1;
};

const endOfValue = (text: string, start: number): number => {
  let depth = 0;
  let at = start;
  do {
    const char = text[at];
    if (char === '"') at = endOfString(text, at) - 1;
    else if (char === "{" || char === "[") depth += 1;
    else if (char === "}" || char === "]") depth -= 1;
    at += 1;
  } while (depth > 0 || !(text[at] === undefined || /[\s,}\]]/.test(text[at] ?? "")));
  return at;
};

const membersAt = (text: string, open: number): Found => {
  const members: Array<Member> = [];
  let at = skipSpace(text, open + 1);
  while (text[at] !== "}") {
    const start = at;
    const keyEnd = endOfString(text, at);
    const value = skipSpace(text, skipSpace(text, keyEnd) + 1);
    const end = endOfValue(text, value);
    members.push({ key: JSON.parse(text.slice(start, keyEnd)), start, value, end });
    at = skipSpace(text, end);
    if (text[at] === ",") at = skipSpace(text, at + 1);
  }
  return { members, close: at };
};

interface Style {
  readonly newline: string;
  readonly indent: string;
}

const styleOf = (text: string): Style => ({
  newline: text.includes("\r\n") ? "\r\n" : "\n",
  indent: /\n([ \t]+)"/.exec(text)?.[1] ?? "  ",
});

const insert = (text: string, at: number, added: string): string => text.slice(0, at) + added + text.slice(at);

/** Behind a member, or as the first one of an object. */
const addMember = (
  text: string,
  { members, close }: Found,
  after: Member | undefined,
  member: string,
  { newline, indent }: Style,
  depth: number,
): string => {
  const line = `${newline}${indent.repeat(depth)}${member}`;
  if (after !== undefined) return insert(text, after.end, `,${line}`);
  const [first] = members;
  if (first !== undefined) {
    return insert(text, first.start, `${member},${newline}${indent.repeat(depth)}`);
  }
  const open = text.lastIndexOf("{", close);
  return `${text.slice(0, open + 1)}${line}${newline}${indent.repeat(depth - 1)}${text.slice(close)}`;
};

/** Where a package manager would put it: in the order of the names where they are in order, otherwise last. */
const placeOf = (members: ReadonlyArray<Member>, key: string, section: Section): Member | undefined => {
  const keys = members.map((member) => member.key);
  const isSorted = keys.every((each, index) => index === 0 || (keys[index - 1] ?? "") < each);
  if (section === "scripts" || !isSorted) return members.at(-1);
  return members.filter((member) => member.key < key).at(-1);
};

const add = (text: string, { section, key, value }: Entry): string => {
  const style = styleOf(text);
  const root = membersAt(text, text.indexOf("{"));
  const found = root.members.findLast((member) => member.key === section);
  const member = `${JSON.stringify(key)}: ${JSON.stringify(value)}`;
  if (found === undefined) {
    const { newline, indent } = style;
    const object = `${JSON.stringify(section)}: {${newline}${indent.repeat(2)}${member}${newline}${indent}}`;
    return addMember(text, root, root.members.at(-1), object, style, 1);
  }
  const inside = membersAt(text, found.value);
  return addMember(text, inside, placeOf(inside.members, key, section), member, style, 2);
};

const has = (json: Json, { section, key }: Entry): boolean => {
  const found = json[section];
  return isObject(found) && Object.hasOwn(found, key);
};

/**
 * @param entries what is to be there; one whose key is there already is left as it is, and of two with one key the first counts.
 * @returns the new text, the same where nothing is missing.
 * @throws Error where the text is not that of a package.json.
 */
export const withEntries = (text: string, entries: ReadonlyArray<Entry>): string => {
  const before = parsePackage(text);
  const missing = entries.filter(
    (entry, index) =>
      !has(before, entry) &&
      entries.findIndex(({ section, key }) => section === entry.section && key === entry.key) === index,
  );
  const changed = missing.reduce(add, text);
  const expected: Record<string, unknown> = { ...before };
  for (const { section, key, value } of missing) {
    const found = expected[section];
    expected[section] = { ...(isObject(found) ? found : {}), [key]: value };
  }
  if (!isDeepStrictEqual(parsePackage(changed), expected)) throw new Error("package.json cannot be changed safely.");
  return changed;
};
