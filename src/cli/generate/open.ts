/**
 * A folder of migrations, as the installed line of drizzle-kit keeps it.
 *
 * Invariant: a folder of the other line is an error and stays as it is; neither line understands both.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { installedLine, type Line } from "../line.js";
import { type Folder, FolderError, hasJournal } from "./folder.js";
import { journalFolder } from "./journal-folder.js";
import { timestampFolder } from "./timestamp-folder.js";

const hasMigrationFolders = (out: string): boolean =>
  existsSync(out) && readdirSync(out).some((name) => existsSync(join(out, name, "migration.sql")));

/** @throws FolderError where the folder is in the layout of the other line. */
export const openFolder = (out: string, line: Line = installedLine): Folder => {
  if (line === "1.0") {
    if (hasJournal(out)) {
      throw new FolderError({
        message: `${out} is in the layout of drizzle-kit 0.31 (it has meta/_journal.json), but drizzle-kit 1.0 is installed. Run \`drizzle-kit up\` once, which converts it.`,
      });
    }
    return timestampFolder(out);
  }
  if (!hasJournal(out) && hasMigrationFolders(out)) {
    throw new FolderError({
      message: `${out} is in the layout of drizzle-kit 1.0 (a folder for each migration), but drizzle-kit 0.31 is installed, which cannot read it. Install drizzle-orm and drizzle-kit 1.0; \`drizzle-kit up\` converts the other way only.`,
    });
  }
  return journalFolder(out);
};
