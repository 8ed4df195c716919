/** Which package of the project's a module could not find. Invariant: only what a user can install, never a file of ours. */

/**
 * @param cause why an import failed.
 * @returns the name of the package that is missing; undefined where something else went wrong.
 */
export const missingPackage = (cause: unknown): string | undefined =>
  cause instanceof Error && "code" in cause && cause.code === "ERR_MODULE_NOT_FOUND"
    ? /^Cannot find package '([^']+)'/.exec(cause.message)?.[1]
    : undefined;
