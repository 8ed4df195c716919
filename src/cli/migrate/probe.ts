/**
 * Whether a connection is a session, or whether a pooler gives each transaction another one.
 *
 * Invariant: it changes nothing and leaves nothing. A server names its own process when it lets somebody in, and a pooler cannot:
 * the one that answers would change. So where the names agree there is no pooler, for certain. Where they do not, a
 * session is sought that two share. Of those that are idle a pooler hands out the one that was used last, or another: in the first
 * case whoever comes next is given that of the first, in the second the first one moves. Should a pooler do neither, no
 * lock is held on its sessions (session.ts), and the first transaction that finds itself elsewhere is refused.
 */
import type { Client } from "./client.js";

/** What the other end of a connection is. */
export type Nature =
  /** The server itself, so what is set for the session stays, and is nobody else's. */
  | "server"
  /** Somebody in between, who has kept to one session: a pooler for sessions, the proxy of a platform. */
  | "relayed"
  | "shared";

/** One shows it, unless others come in between. More could be all that a pooler for sessions has for everybody. */
const most = 3;

/** A session of one's own answers at once, whatever others do. */
const answerMs = 3_000;

/** Others may wait like this one, each for its time, before there is one more. */
const oneMoreMs = 10_000;

/** @returns undefined where it takes too long. */
const within = async <A>(ms: number, promise: Promise<A>): Promise<A | undefined> => {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  // It may still fail when its connection is closed, and then nobody waits for it.
  promise.catch(() => {});
  return Promise.race([promise, expired]).finally(() => clearTimeout(timer));
};

export const processOf = async (client: Client): Promise<number> =>
  Number((await client.query("select pg_catalog.pg_backend_pid() as pid"))[0]?.pid);

/** One that keeps its session by a transaction. */
interface Held extends Client {
  readonly begun: Promise<number>;
}

/** @returns whether the one more that was taken shows that the first is shared; undefined where no more can be had. */
const takeOne = async (
  first: Client,
  own: number,
  connect: () => Promise<Client>,
  held: Array<Held>,
): Promise<boolean | undefined> => {
  const connecting = connect();
  const other = await within(oneMoreMs, connecting).catch(() => undefined);
  if (other === undefined) {
    void connecting.then(({ close }) => close()).catch(() => {});
    return undefined;
  }
  const begun = other.query("begin").then(() => processOf(other));
  held.push({ ...other, begun });
  const given = await within(oneMoreMs, begun).catch(() => undefined);
  if (given === undefined) return undefined;
  if (given === own) return true;
  // Where it waits until the other one has ended, it has no session.
  return (await within(answerMs, processOf(first))) !== own;
};

/** One whose transaction is ended first is one that a pooler can go on with. */
const giveBack = async ({ begun, query, close }: Held): Promise<void> => {
  if ((await within(0, begun).catch(() => undefined)) !== undefined) await within(answerMs, query("rollback"));
  await close();
};

/**
 * @param own the process that has answered it.
 * @param connect makes another connection like it.
 */
export const natureOf = async (client: Client, own: number, connect: () => Promise<Client>): Promise<Nature> => {
  if ((await client.greetedBy()) === own) return "server";
  const held: Array<Held> = [];
  try {
    for (let count = 0; count < most; count += 1) {
      const shared = await takeOne(client, own, connect, held);
      if (shared === true) return "shared";
      if (shared === undefined) break;
    }
    return "relayed";
  } finally {
    await Promise.allSettled(held.map(giveBack));
  }
};
