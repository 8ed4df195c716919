/**
 * Whether a target serves the right rows to the right people.
 *
 * Invariant: a target that fails here is not measured: what is fast and wrong is worth nothing.
 */
import { type Asked, type Operation, pageSize, type Target } from "./targets.js";
import { documentRow, newestFor, organizationOf, type Pick, type Row, roleOf, type Size } from "./world.js";

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
  const expectRows = async (
    operation: Operation,
    { user, document }: Pick,
    numbers: ReadonlyArray<number>,
    what: string,
  ): Promise<void> => {
    const { status, text } = await send(target.ask(operation, { user, document }, size));
    const rows = status === 200 ? target.rows(operation, JSON.parse(text)).filter((row) => row != null) : [];
    const expected = numbers.map((number) => documentRow(number, size));
    if (!same(rows, expected))
      faults.push(`user ${user} (${roleOf(user, size)}), ${what}: ${status} ${text.slice(0, 200)}`);
  };
  const last = size.users - 1;
  const lastAdmin = last - size.organizations;
  for (const user of [0, Math.floor(lastAdmin / 2), lastAdmin, ...(target.ignoresRoles ? [] : [last])]) {
    // The first document with the number of a user is theirs.
    const colleague = organizationOf(user, size) + (user < size.organizations ? size.organizations : 0);
    const neighbour = organizationOf(user + 1, size);
    const sees = roleOf(user, size) === "admin" ? [colleague] : [];
    await expectRows("get", { user, document: user }, [user], "an own row");
    await expectRows("get", { user, document: colleague }, sees, "a row of a colleague");
    await expectRows("get", { user, document: neighbour }, [], "a row of another organization");
    await expectRows("list", { user, document: user }, newestFor(user, pageSize, size), `the newest ${pageSize}`);
  }
  return faults;
};
