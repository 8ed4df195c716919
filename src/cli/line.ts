/**
 * Which of Drizzle's two lines is installed.
 *
 * Invariant: decided once, by drizzle-orm, because its migrator has to understand the folder where drizzle-kit is not
 * installed any more. drizzle-kit 0.31 belongs to drizzle-orm 0.45, and each refuses the other line.
 */
import { npmVersion } from "drizzle-orm/version";

/** By the version of drizzle-kit. */
export type Line = "0.31" | "1.0";

export const installedLine: Line = npmVersion.startsWith("0.") ? "0.31" : "1.0";
