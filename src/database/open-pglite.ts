/**
 * A PGlite in a folder, which nobody else has open.
 *
 * Invariant: the folder is claimed before PGlite looks at a file, and free again when it has closed them.
 */
import type { PGlite, PGliteOptions } from "@electric-sql/pglite";
import { claimFolder } from "./folder-claim.js";

/**
 * Opens a folder of PGlite's, which is made if it is not there.
 *
 * @param dataDir the folder; or what else `PGlite.create` takes, which then is all that is called.
 * @param options of PGlite.
 * @returns the PGlite. `close()` gives the folder back, and the end of the process does so as well.
 * @throws FolderTaken with the process that has the folder open.
 *
 * @example
 * ```ts
 * import { openPglite, pglite } from "hedgerow/pglite";
 *
 * const client = await openPglite("./data");
 * const database = pglite(client);
 * ```
 */
export const openPglite = async (dataDir: string, options: PGliteOptions = {}): Promise<PGlite> => {
  const claim = claimFolder(dataDir);
  try {
    const { PGlite } = await import("@electric-sql/pglite");
    const client = await PGlite.create(dataDir, options);
    claim?.giveTo(client);
    const close = client.close.bind(client);
    return Object.assign(client, { close: () => close().finally(claim?.release) });
  } catch (cause) {
    claim?.release();
    throw cause;
  }
};
