/** What an attacker tries with SQL against tables of every shape: derived from the definitions, so that no shape is passed over. */
import { getTableColumns } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { identifier, qualified } from "../../src/condition/sql-text.js";
import type { SchemaTable } from "../../src/table/schema.js";
import { type Kind, openWorld, type Person, type World } from "../support/world.js";
import { mood, tables } from "./fuzz/tables.js";
import { shapes } from "./shapes.js";

const schemas = { "every kind of column and key": { ...tables, mood }, "every shape of reference": shapes };

const cases = Object.entries(schemas).flatMap(([what, schema]) =>
  (["postgres", "postgres-15", "pglite"] as const).map((kind): [string, Kind, Readonly<Record<string, unknown>>] => [
    what,
    kind,
    schema,
  ]),
);

describe.each(cases)("SQL against tables of %s on %s", (_, kind, schema) => {
  let world: World;
  let ada: Person;
  let attackers: ReadonlyArray<readonly [string, Person | null]>;
  let all: ReadonlyArray<SchemaTable>;
  let before: string;

  const columnsOf = ({ source }: SchemaTable): ReadonlyArray<PgColumn> => Object.values(getTableColumns(source));
  const needsParent = (table: SchemaTable): boolean => table.definition.table.name === "remarks";
  const rights = () =>
    world.truth(
      "select relname, relacl::text from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace order by 1",
    );
  const everything = async (): Promise<string> => {
    const rows = await Promise.all(
      all.map(({ definition: { table } }) =>
        world.truth(`select t::text as row from ${qualified(table)} t order by 1`),
      ),
    );
    return JSON.stringify(rows);
  };

  beforeAll(async () => {
    world = await openWorld(kind, schema);
    ada = await world.signUp("ada");
    const mallory = await world.signUp("mallory");
    const acme = await world.createOrganization(ada, "acme");
    await world.createOrganization(mallory, "evil");
    all = world.compiled.schema.tables;
    // As the superuser, who needs no rule: a row of Ada's in each table, with nothing in it that may be left out.
    const parents: Record<string, string> = {};
    for (const table of [...all].sort((a, b) => Number(needsParent(a)) - Number(needsParent(b)))) {
      const needed = columnsOf(table).filter(
        (column) => column.notNull && !(column.hasDefault && !/org|user/.test(column.name)),
      );
      const value = (column: PgColumn): string => {
        if (/org/.test(column.name)) return acme;
        if (/user/.test(column.name)) return ada.userId;
        return /draft/.test(column.name) ? (parents.drafts ?? "") : "hidden";
      };
      const [row] = await world.truth(
        `insert into ${qualified(table.definition.table)} (${needed.map(({ name }) => identifier(name)).join(", ")})
         values (${needed.map((_column, index) => `$${index + 1}`).join(", ")}) returning *`,
        ...needed.map(value),
      );
      parents[table.definition.table.name] = String(row?.id ?? row?.code);
    }
    const stranger = await world.signUp("stranger");
    attackers = [
      ["another tenant", mallory],
      ["somebody without an organization", stranger],
      ["nobody", null],
    ];
    before = await everything();
    expect(before.length).toBeGreaterThan(all.length * 20);
  });
  afterAll(() => world.close());

  it("reads no row, however it asks", async () => {
    for (const [who, attacker] of attackers) {
      for (const { definition } of all) {
        const name = qualified(definition.table);
        for (const text of [
          `select count(*)::int as n from ${name}`,
          `select count(*)::int as n from ${name} a cross join ${name} b`,
          `select count(*)::int as n from ${name} where current_setting('is_superuser') is not null or true`,
          `select count(*)::int as n from (select 1 from ${name} union all select 1 from ${name}) both_`,
          `with recursive r as (select 1 as x from ${name} union select x + 1 from r, ${name} where x < 3) select count(*)::int as n from r`,
          `select count(*)::int as n from ${name} tablesample system (100)`,
          `select coalesce(sum(1), 0)::int as n from only ${name}`,
          `select coalesce((xpath('/table/row', query_to_xml('select 1 from ${name.replaceAll("'", "''")}', true, false, '')))[1]::text is not null, false)::int as n`,
        ]) {
          const seen = await world.as(attacker, text).then(
            (results) => results.at(-1)?.rows[0],
            ({ sqlState }) => sqlState,
          );
          // Without a read rule there is no right to ask; xpath and long names are not everywhere.
          expect([{ n: 0 }, "42501", "0A000", "42883"], `${who}: ${text}`).toContainEqual(seen);
        }
      }
    }
  });

  it("changes and deletes no row, with a condition or without", async () => {
    for (const [who, attacker] of attackers) {
      for (const table of all) {
        const name = qualified(table.definition.table);
        const texts = [
          `delete from ${name}`,
          `delete from ${name} using ${name} as other`,
          `truncate ${name} cascade`,
          `lock table ${name} in access exclusive mode`,
          `select 1 from ${name} for update`,
          `merge into ${name} as own using (select 1 as one) s on true when matched then delete`,
          ...columnsOf(table).map(
            ({ name: column }) => `update ${name} set ${identifier(column)} = ${identifier(column)}`,
          ),
        ];
        for (const text of texts) {
          const outcome = await world.as(attacker, text).then(
            (results) => results.at(-1)?.count ?? 0,
            () => 0,
          );
          expect(outcome, `${who}: ${text}`).toBe(0);
        }
      }
    }
    expect(await everything()).toBe(before);
  });

  it("makes no row in somebody else's scope, and meets no row that is there", async () => {
    for (const [who, attacker] of attackers) {
      for (const table of all) {
        const { definition } = table;
        const name = qualified(definition.table);
        const copied = columnsOf(table)
          .map((column) => identifier(column.name))
          .join(", ");
        for (const text of [
          `insert into ${name} (${copied}) select ${copied} from ${name}`,
          `insert into ${name} table ${name}`,
          `copy ${name} to stdout`,
          ...definition.firewall.scope.map(({ column }) => {
            const scope = identifier(definition.columns[column]?.name ?? "");
            return `insert into ${name} (${scope}) values ('hidden')`;
          }),
        ]) {
          const outcome = await world.as(attacker, text).then(
            (results) => String(results.at(-1)?.count ?? 0),
            ({ sqlState }) => String(sqlState),
          );
          expect(["0", "42501", "0A000", "428C9", "08P01", "22P02"], `${who}: ${text}`).toContain(outcome);
        }
      }
    }
    expect(await everything()).toBe(before);
  });

  it("changes nothing that guards the tables", async () => {
    const granted = await rights();
    for (const [who, attacker] of attackers) {
      for (const table of all) {
        const name = qualified(table.definition.table);
        for (const text of [
          `alter table ${name} disable row level security`,
          `alter table ${name} no force row level security`,
          `alter table ${name} disable trigger all`,
          `create policy everybody on ${name} using (true)`,
          `create trigger spy after insert on ${name} execute function suppress_redundant_updates_trigger()`,
          `create rule r as on select to ${name} do instead select 1`,
          `alter table ${name} owner to current_user`,
          `comment on table ${name} is 'mine'`,
          `create index on ${name} ((1))`,
          `create statistics mine on tableoid, ctid from ${name}`,
          `create table public.copy_ as select * from ${name}`,
          `create view public.view_ as select * from ${name}`,
        ]) {
          // On PGlite the one session is a superuser's; its role decides all the same.
          expect(await world.refusal(attacker, text), `${who}: ${text}`).not.toBe("accepted");
        }
      }
      expect(await world.refusal(attacker, "drop schema hedgerow cascade")).toBe("42501");
      // Postgres only warns of these.
      await world.refusal(
        attacker,
        ...all.map(({ definition }) => `grant all on ${qualified(definition.table)} to public`),
      );
    }
    expect(await rights()).toEqual(granted);
    expect(await everything()).toBe(before);
  });
});
