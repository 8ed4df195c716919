/** What PostgreSQL 15 does otherwise: a member of a role inherits its rights, whatever was said when it became one. */
import { push } from "hedgerow/drizzle-kit";
import { nodePostgres } from "hedgerow/node-postgres";
import { drift } from "hedgerow/postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FreshPostgres, freshPostgres15 } from "../support/databases.js";
import { identity, schema, seed } from "../support/guarded-schema.js";

describe("a push on PostgreSQL 15", () => {
  let postgres: FreshPostgres;
  const pushed = () => push({ schema, identity, database: nodePostgres(postgres.ownerPool) });

  beforeAll(async () => {
    postgres = await freshPostgres15();
    await pushed();
    await postgres.pool(postgres.superuserUrl, { max: 1 }).query(seed);
  });
  afterAll(() => postgres.close());

  const refusal = (text: string): Promise<string> =>
    postgres.ownerPool.query(text).then(
      ({ rows }) => JSON.stringify(rows),
      (error: { readonly code: string }) => error.code,
    );

  it("leaves the owner no right of the definer: neither the keys of the seal nor anybody's session", async () => {
    for (let time = 0; time < 2; time++) {
      expect(await refusal("select inner_key from hedgerow.seal_keys")).toBe("42501");
      expect(await refusal("set role hedgerow_definer")).toBe("42501");
      expect(await refusal("select token from session")).toBe("[]");
      expect(await refusal("select pg_has_role('hedgerow_definer', 'member') as member")).toBe('[{"member":false}]');
      await pushed();
    }
  });

  it("makes what the declaration says, and finds what was changed", async () => {
    const differences = () => drift({ schema, identity, database: nodePostgres(postgres.ownerPool) });
    expect(await differences()).toEqual([]);
    await postgres.ownerPool.query("alter table tasks no force row level security");
    expect((await differences()).map(({ code }) => code)).toEqual(["row_security_off"]);
    await pushed();
    expect(await differences()).toEqual([]);
  });
});
