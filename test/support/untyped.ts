/**
 * The DSL as a JavaScript user meets it: no type stands between a mistake and the run-time checks.
 *
 * Invariant: these functions only call the real methods; what comes back is whatever they returned.
 */
import { is } from "drizzle-orm";
import { PgTable } from "drizzle-orm/pg-core";

const call = (target: object, method: "firewall" | "access", argument: unknown): PgTable => {
  const found: unknown = Reflect.get(target, method);
  if (typeof found !== "function") throw new Error(`There is no .${method}().`);
  const result: unknown = Reflect.apply(found, target, [argument]);
  if (!is(result, PgTable)) throw new Error(`.${method}() returned no table.`);
  return result;
};

export const withFirewall = (table: object, firewall: unknown): PgTable => call(table, "firewall", firewall);
export const withAccess = (table: object, access: unknown): PgTable => call(table, "access", access);

/** `.firewall(firewall).access(access)`. */
export const guard = (table: object, firewall: unknown, access: unknown): PgTable =>
  withAccess(withFirewall(table, firewall), access);
