/** Names that would leave their quotes, or mean something else, wherever `compile` writes them. */
import { sql } from "drizzle-orm";
import { type AnyPgColumn, integer, PgDialect, serial, text } from "drizzle-orm/pg-core";
import { organization, table } from "hedgerow";
import { sessionIdentity } from "hedgerow/better-auth";
import { compile } from "hedgerow/postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { anonymousCaller } from "../../src/condition/caller.js";
import { identifier } from "../../src/condition/sql-text.js";
import { whereSql } from "../../src/condition/where.js";
import { createTable } from "../agreement/tables.js";
import { type FreshPostgres, freshPostgres } from "../support/databases.js";

/** Enough of an identity for helpers that are never called. */
const identity = {
  ...sessionIdentity({}),
  sessionsQuery: "select 'none' as token_hash",
  callerQuery:
    "select null::text, null::text, null::text, '{}'::text[], null::text, '{}'::text[], '{}'::jsonb where token_hash is null",
  reads: [],
  serviceTables: [],
  policies: [],
  indexes: [],
};

const everyone = { roles: ["PUBLIC"] } as const;

describe("names", () => {
  let postgres: FreshPostgres;
  beforeAll(async () => {
    postgres = await freshPostgres();
    for (const statement of compile({}, identity).bootstrap) await postgres.ownerPool.query(statement);
  });
  afterAll(() => postgres.close());

  const policies = async (name: string): Promise<ReadonlyArray<unknown>> =>
    (
      await postgres.ownerPool.query<{ readonly policyname: string }>(
        "select policyname from pg_policies where tablename = $1 order by 1",
        [name],
      )
    ).rows.map(({ policyname }) => policyname);

  it.each(["we--ird", "a $$ b", "a'b", 'a"b', "%I %s", "a\\b", "order", "Camel", "$q1$ $$", "parent", "parent_row"])(
    "a table called %s is guarded, again and again",
    async (name) => {
      const hostile = table(name, {
        id: serial("the--id").primaryKey(),
        organizationId: organization("org $$ '\"--"),
        parentId: integer("parent--id").references((): AnyPgColumn => hostile.id),
      })
        .firewall("organization")
        .access({
          read: { and: [everyone, { record: { parentId: { isNull: true } } }] },
          create: everyone,
          update: everyone,
          delete: everyone,
        });
      await postgres.ownerPool.query(createTable(hostile).replace(" integer not null", " serial not null"));
      const { security } = compile({ hostile }, identity);
      for (let times = 0; times < 2; times++) {
        for (const statement of security) await postgres.ownerPool.query(statement);
      }
      expect(await policies(name)).toEqual(
        ["", "firewall_"]
          .flatMap((kind) => ["delete", "insert", "select", "update"].map((command) => `${name}_${kind}${command}`))
          .sort(),
      );
    },
  );

  it.each(["parent", "parent_row", "child"])(
    "a child called %s follows via to its parent, not to itself",
    async (name) => {
      const parents = table(`parents of ${name}`, { id: integer("id").primaryKey(), same: integer("same") })
        .firewall({ exception: "a test" })
        .access({ read: everyone });
      const same = integer("same").references(() => parents.id);
      const child = table(name, { id: integer("id").primaryKey().default(0), same })
        .firewall({ field: "same", via: () => parents })
        .access({ read: everyone });
      const owner = await postgres.ownerPool.connect();
      try {
        await owner.query("begin");
        await owner.query(`drop table if exists ${identifier(name)}`);
        await owner.query(createTable(parents));
        await owner.query(createTable(child));
        await owner.query(`insert into ${identifier(`parents of ${name}`)} values (1, 2)`);
        await owner.query(`insert into ${identifier(name)} values (10, 1), (20, 2), (30, null)`);
        const { schema, security } = compile({ parents, child }, identity);
        const select = schema.tables.find(({ key }) => key === "child")?.definition.commands.select;
        if (!select) throw new Error("The child cannot be read.");
        const query = new PgDialect().sqlToQuery(
          sql`select id from ${child} where ${whereSql(select, child, anonymousCaller)}`,
        );
        expect((await owner.query(query.sql, query.params)).rows, "where").toEqual([{ id: 10 }]);

        for (const statement of security) await owner.query(statement);
        await owner.query("grant anonymous to current_user with set true, inherit false");
        await owner.query("set local role anonymous");
        expect((await owner.query(`select id from ${identifier(name)}`)).rows, "policy").toEqual([{ id: 10 }]);
      } finally {
        await owner.query("rollback");
        owner.release();
      }
    },
  );

  it("a NUL in a name is refused before anything is sent", () => {
    const cut = table("a\0b", { id: text("id").primaryKey() }).firewall({ exception: "a test" });
    expect(() => compile({ cut }, identity)).toThrow("NUL");
  });
});
