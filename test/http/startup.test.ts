/** A database whose policies are not those of the schema is not served, and a push repairs it. */
import { text } from "drizzle-orm/pg-core";
import * as Effect from "effect/Effect";
import { id, table } from "hedgerow";
import { DatabaseDiffers, verifyDatabase } from "hedgerow/hono";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as schema from "../../examples/app/tables.js";
import { referenceSql } from "../../src/condition/reference-statement.js";
import { referencesOf } from "../../src/table/reference.js";
import { type Kind, openWorld, run, type World } from "../support/world.js";

const [reference] = referencesOf(schema.documents);
if (reference === undefined) throw new Error("The example's documents refer to nothing.");
const check = referenceSql(reference, "hedgerow");

describe.each<Kind>(["postgres", "pglite"])("the check at the start, on %s", (kind) => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld(kind, schema);
  });
  afterAll(() => world.close());

  const reasons = async (): Promise<ReadonlyArray<string>> =>
    verifyDatabase({ schema, database: world.api }).then(
      () => [],
      (error: unknown) => (error instanceof DatabaseDiffers ? error.reasons : [String(error)]),
    );

  const repair = () =>
    Effect.runPromise(world.owner.transact(world.compiled.security.map((statement) => ({ text: statement }))));

  it.each([
    ["alter policy documents_select on documents using (true)", "documents_select on public.documents"],
    ["alter policy documents_select on documents to public", "documents_select on public.documents"],
    ["create policy extra on documents for select using (true)", "extra on public.documents"],
    ["drop policy documents_firewall_select on documents", "documents_firewall_select on public.documents"],
    ["comment on policy documents_insert on documents is null", "documents_insert on public.documents"],
    [
      "drop policy documents_delete on documents; create policy documents_delete on documents for delete to authenticated",
      "documents_delete on public.documents",
    ],
  ])("finds what `%s` did", async (change, found) => {
    expect(await reasons()).toEqual([]);
    for (const statement of change.split("; ")) await world.truth(statement);
    expect(await reasons()).toEqual([`not as declared: ${found}; push the schema again`]);
    await repair();
    expect(await reasons()).toEqual([]);
  });

  it.each([
    "create or replace function hedgerow.get_active_org_id() returns text language sql stable as 'select ''o2''::text'",
    "alter function hedgerow.caller() security invoker",
    "alter function hedgerow.claim_text(text) reset search_path",
    "create function hedgerow.has_any_role(text) returns boolean language sql as 'select true'",
    "grant execute on function hedgerow.record(text, regclass, name, text) to public",
    "comment on schema hedgerow is null",
  ])("finds that a helper is not the one that was pushed: `%s`", async (change) => {
    expect(await reasons()).toEqual([]);
    await world.truth(change);
    expect(await reasons()).toEqual([
      "the functions of schema hedgerow are not those that the last push recorded; push the schema again",
    ]);
    const { bootstrap, security } = world.compiled;
    await Effect.runPromise(world.owner.transact([...bootstrap, ...security].map((text) => ({ text }))));
    expect(await reasons()).toEqual([]);
  });

  it.each([
    ["drop trigger {trigger} on documents"],
    ["alter table documents disable trigger {trigger}"],
    ["comment on trigger {trigger} on documents is null"],
    [
      "create or replace function {function}() returns trigger language plpgsql set search_path = '' as 'begin return null; end'; select hedgerow.record_helpers()",
    ],
  ])("finds that a reference is not checked as declared: `%s`", async (change) => {
    expect(await reasons()).toEqual([]);
    const said = change.replace("{trigger}", `"${check.trigger}"`).replace("{function}", check.functionName);
    for (const statement of said.split("; select")) {
      await run(world.owner.transact([{ text: statement.startsWith(" hedgerow") ? `select${statement}` : statement }]));
    }
    expect(await reasons()).toEqual([
      `not as declared: the reference check ${check.trigger} on public.documents; push the schema again`,
    ]);
    await repair();
    expect(await reasons()).toEqual([]);
  });

  it("finds a declaration that was not pushed", async () => {
    const categories = table("categories", { id: id("cat"), name: text("name").notNull() })
      .firewall({ exception: "reference data, the same for every tenant" })
      .access({ read: { roles: ["AUTHENTICATED"] } });
    await expect(verifyDatabase({ schema: { ...schema, categories }, database: world.api })).rejects.toThrow(
      "categories_delete on public.categories, categories_insert on public.categories, categories_select on public.categories",
    );
  });
});
