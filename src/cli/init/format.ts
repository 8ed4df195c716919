/** A plan, for people to read. Invariant: the same plan gives the same text, and all of what would be written is in it. */
import type { Entry } from "./package-text.js";
import type { Plan } from "./plan.js";

const indented = (text: string, mark: string): string =>
  text
    .replace(/\n$/, "")
    .split("\n")
    .map((line) => `  ${mark}${line}`.trimEnd())
    .join("\n");

const sections = ["scripts", "dependencies", "devDependencies"] as const;

const packageText = (entries: ReadonlyArray<Entry>): string =>
  [
    "change package.json",
    ...sections.flatMap((section) => {
      const own = entries.filter((entry) => entry.section === section);
      return own.length === 0
        ? []
        : [`  ${section}`, ...own.map(({ key, value }) => `  + ${JSON.stringify(key)}: ${JSON.stringify(value)}`)];
    }),
  ].join("\n");

/** @returns what would be written, and what is kept. */
export const planText = ({ create, entries, kept, notes }: Plan): string =>
  [
    ...create.map(({ path, text }) => `create ${path}\n${indented(text, "+ ")}`),
    ...(entries.length === 0 ? [] : [packageText(entries)]),
    ...kept.map(({ path, text }) => `keep ${path}, which exists. It would have held:\n${indented(text, "| ")}`),
    ...notes.map((note) => `note: ${indented(note, "").trimStart()}`),
  ].join("\n\n");

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? "" : "s"}`;

/** @returns what a plan writes, for the question: `5 files and change package.json`. */
export const planSummary = ({ create, entries }: Plan): string =>
  [
    ...(create.length === 0 ? [] : [`write ${count(create.length, "file")}`]),
    ...(entries.length === 0 ? [] : ["change package.json"]),
  ].join(" and ");

/** @returns what is left to do, in order. */
export const stepsText = ({ steps }: Plan): string =>
  steps.length === 0 ? "" : ["Next:", ...steps.map((step, index) => `  ${index + 1}. ${step}`)].join("\n");
