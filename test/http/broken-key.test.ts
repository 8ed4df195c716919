/** An API key of which Better Auth's table has something that nobody can read. */
import { createRouter } from "hedgerow/hono";
import { nodePostgres } from "hedgerow/node-postgres";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type FaultsWorld, openFaultsWorld, schema } from "../support/faults-world.js";

let world: FaultsWorld;
beforeAll(async () => {
  world = await openFaultsWorld();
});
afterAll(() => world?.close());

it.each(["metadata", "permissions"])(
  "is 401 while its %s are no JSON, and the log of Postgres names it",
  async (column) => {
    const pool = world.postgres.pool(world.apiUrl, { max: 1 });
    const warnings: Array<string | undefined> = [];
    pool.on("connect", (client) => {
      client.on("notice", ({ message }) => warnings.push(message));
    });
    const errors: Array<unknown> = [];
    const router = createRouter({
      schema,
      auth: world.authenticator,
      database: nodePostgres(pool),
      onError: (error) => errors.push(error),
    });
    const { userId, organizationId } = await world.signUp();
    const headers = { ...(await world.keyOf(userId, organizationId)) };
    const statusOf = async (path: string) => (await router.request(path, { headers })).status;
    expect(await statusOf("/items")).toBe(200);
    const [key] = await world.truth(`update apikey set ${column} = '{"roles":' where reference_id = $1 returning id`, [
      userId,
    ]);
    expect([await statusOf("/items"), await statusOf("/diaries"), await statusOf("/categories")]).toEqual([
      401, 401, 200,
    ]);
    expect(new Set(warnings)).toEqual(
      new Set([`hedgerow: the ${column} of the API key ${key?.id} is no JSON that can be read`]),
    );
    expect(errors).toEqual([]);
  },
);
