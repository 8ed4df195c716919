/** A process that claims a folder of PGlite's when it is told to, and answers with `claimed` or with what it was told. */
import { claimFolder } from "../../src/database/folder-claim.js";
import { openPglite } from "../../src/database/pglite.js";

type Told = { readonly claim: string } | { readonly open: string };

process.on("message", async (told: Told) => {
  try {
    if ("open" in told) await openPglite(told.open);
    else claimFolder(told.claim);
    process.send?.("claimed");
  } catch (error) {
    process.send?.(error instanceof Error ? error.message : String(error));
  }
});
process.send?.("ready");
