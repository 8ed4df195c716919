/**
 * The rules of `hedgerow check`, each a function from a table and its schema to findings.
 *
 * Invariant: every code of `FindingCode` that is about a table is found by one of these, `unused_acceptance` excepted.
 */
import { plainChild, unreadableChild } from "./children.js";
import { alwaysHolds, negationOfNullable } from "./conditions.js";
import { publicWrite, readableSecret, writeWithoutRead } from "./exposure.js";
import { countingColumn, unreadableConflict } from "./keys.js";
import { idleAlternative, idleRole, missingAccess } from "./no-effect.js";
import { unpinnedPreset } from "./presets.js";
import { blockingReference, unguardedReference, unreadableReference } from "./references.js";
import type { TableRule } from "./scene.js";
import { missingIndex, slowColumnType } from "./speed.js";

export { unreachableRoles } from "./conditions.js";

export const tableRules: ReadonlyArray<TableRule> = [
  alwaysHolds,
  idleAlternative,
  idleRole,
  missingAccess,
  missingIndex,
  negationOfNullable,
  publicWrite,
  readableSecret,
  slowColumnType,
  unreadableReference,
  writeWithoutRead,
  unreadableConflict,
  countingColumn,
  unpinnedPreset,
  unguardedReference,
  blockingReference,
  unreadableChild,
  plainChild,
];
