/**
 * Whether a target serves the right rows to the right people.
 *
 * Invariant: a target that fails here is not measured: what is fast and wrong is worth nothing.
 */
import { type Asked, type operations, pageSize, type Target } from "./targets.js";
import { documentRow, newest, organizationOf, type Row, type Size } from "./world.js";

export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Sends one request to a target. */
export type Send = (asked: Asked) => Promise<Answer>;

const canonical = (row: unknown): Row | undefined => {
  if (typeof row !== "object" || row === null) return undefined;
  const value = (key: string): unknown => Reflect.get(row, key);
  return {
    id: String(value("id")),
    organizationId: String(value("organizationId")),
    userId: String(value("userId")),
    title: String(value("title")),
    status: String(value("status")),
    body: String(value("body")),
    pages: Number(value("pages")),
    createdAt: new Date(String(value("createdAt"))).toISOString(),
  };
};

const same = (found: ReadonlyArray<unknown>, expected: ReadonlyArray<Row>): boolean =>
  JSON.stringify(found.map(canonical)) === JSON.stringify(expected);

/** @returns what is wrong, one sentence each; nothing where all is well. */
export const isolationFaults = async (target: Target, send: Send, size: Size): Promise<ReadonlyArray<string>> => {
  const faults: Array<string> = [];
  // The first, one in the middle and the last, each beside a neighbour of another organization.
  for (const user of [0, Math.floor(size.users / 2), size.users - 1]) {
    const organization = organizationOf(user, size);
    const rowsOf = async (operation: (typeof operations)[number], document: number) => {
      const { status, text } = await send(target.ask(operation, { user, document }, size));
      const rows = status === 200 ? target.rows(operation, JSON.parse(text)).filter((row) => row != null) : [];
      return { rows, said: `${status} ${text.slice(0, 200)}` };
    };
    const own = await rowsOf("get", organization);
    if (!same(own.rows, [documentRow(organization, size)])) faults.push(`user ${user} got of an own row: ${own.said}`);
    const foreign = await rowsOf("get", (organization + 1) % size.organizations);
    if (foreign.rows.length > 0) faults.push(`user ${user} got a foreign row: ${foreign.said}`);
    const list = await rowsOf("list", organization);
    const expected = newest(organization, pageSize, size).map((number) => documentRow(number, size));
    if (!same(list.rows, expected)) faults.push(`user ${user} did not get the newest ${pageSize}: ${list.said}`);
  }
  return faults;
};
