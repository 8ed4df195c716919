/**
 * A change through `generate()` and `migrate()`; as a process of a project, for whoever sends it over IPC.
 *
 * Invariant: imports nothing that a project of a user does not have.
 */
import { generate, migrate } from "hedgerow/drizzle-kit";
import { tablesAfter } from "./change-variants.js";
import { auth, identity } from "./guarded-schema.js";

export interface ChangeOrder {
  /** Undefined for the schema before any. */
  readonly change: string | undefined;
  readonly out: string;
  readonly url: string;
}

/** @returns what was wrong, empty where nothing was. */
export const generateAndMigrate = async ({ change, out, url }: ChangeOrder): Promise<ReadonlyArray<string>> => {
  const guard = { schema: { ...auth, ...tablesAfter(change) }, identity };
  try {
    await generate({ ...guard, out });
    await migrate({ ...guard, out, connection: { driver: "pg", options: { connectionString: url } } });
    return [];
  } catch (error) {
    if (!(error instanceof Error)) return [String(error)];
    const problems: unknown = Reflect.get(error, "problems");
    return Array.isArray(problems) ? problems.map(String) : [error.message];
  }
};

process.on("message", (order: ChangeOrder) => {
  generateAndMigrate(order).then((problems) => process.send?.(problems));
});
