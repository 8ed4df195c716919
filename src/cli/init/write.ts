/**
 * Writes a plan.
 *
 * Invariant: no file is replaced but package.json, and that in one step, with whatever has been changed in it meanwhile. A
 * file that appeared meanwhile is kept. Where writing stops halfway, running again writes the rest.
 */
import { chmod, link, mkdir, readFile, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type Entry, withEntries } from "./package-text.js";
import type { NewFile, Plan } from "./plan.js";

export interface Written {
  readonly written: ReadonlyArray<string>;
  /** What could not be written, and why. */
  readonly problems: ReadonlyArray<string>;
}

const codeOf = (cause: unknown): unknown => (cause instanceof Error && "code" in cause ? cause.code : undefined);

const sentence = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

/** The whole file or none of it, and never in the place of another: a hard link can do both, where the disk has them. */
const createWhole = async (file: string, text: string): Promise<void> => {
  const beside = join(dirname(file), `.${basename(file)}.${process.pid}.new`);
  await writeFile(beside, text, { flag: "wx" });
  try {
    await link(beside, file);
  } catch (cause) {
    if (codeOf(cause) === "EEXIST") throw cause;
    await writeFile(file, text, { flag: "wx" });
  } finally {
    await rm(beside, { force: true });
  }
};

const create = async (root: string, { path, text }: NewFile): Promise<string | undefined> => {
  const file = join(root, path);
  try {
    await mkdir(dirname(file), { recursive: true });
    await createWhole(file, text);
    return undefined;
  } catch (cause) {
    if (codeOf(cause) !== "EEXIST") {
      return `${path} was not written: ${sentence(cause)}`;
    }
    const content = await readFile(file, "utf8").catch(() => undefined);
    return content === text ? undefined : `${path} exists, with another content, and was kept.`;
  }
};

/** A link is followed, so that what it points to changes and the link stays. */
const changePackage = async (root: string, entries: ReadonlyArray<Entry>): Promise<string | undefined> => {
  let beside: string | undefined;
  try {
    const file = await realpath(join(root, "package.json"));
    const { mode } = await stat(file);
    beside = `${file}.${process.pid}.new`;
    const text = await readFile(file, "utf8");
    const changed = withEntries(text, entries);
    if (changed === text) return undefined;
    await writeFile(beside, changed, { flag: "wx" });
    await chmod(beside, mode);
    await rename(beside, file);
    return undefined;
  } catch (cause) {
    if (beside !== undefined && codeOf(cause) !== "EEXIST") await rm(beside, { force: true });
    return `package.json was not changed: ${sentence(cause)}`;
  }
};

/** Writes what a plan creates and changes, one after the other. */
export const writePlan = async (root: string, plan: Plan): Promise<Written> => {
  const written: Array<string> = [];
  const problems: Array<string> = [];
  const note = (path: string, problem: string | undefined): void => {
    if (problem === undefined) written.push(path);
    else problems.push(problem);
  };
  for (const file of plan.create) note(file.path, await create(root, file));
  if (plan.entries.length > 0) note("package.json", await changePackage(root, plan.entries));
  return { written, problems };
};
