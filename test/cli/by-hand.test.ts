/** What someone changes by hand beside tables and policies: it is named, and the next push undoes it. */
import { serial, text } from "drizzle-orm/pg-core";
import { id, organization, table } from "hedgerow";
import { push } from "hedgerow/drizzle-kit";
import { nodePostgres } from "hedgerow/node-postgres";
import { drift } from "hedgerow/postgres";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FreshPostgres, freshPostgres } from "../support/databases.js";
import { auth, identity } from "../support/guarded-schema.js";

const tickets = table("tickets", {
  id: id(),
  organizationId: organization(),
  number: serial("number").notNull(),
  title: text("title").notNull(),
})
  .firewall("organization")
  .access({ read: { roles: ["member+"] }, create: { roles: ["member+"] } });

const replies = table("replies", {
  id: id(),
  organizationId: organization(),
  number: serial("number").notNull(),
  ticketId: text("ticket_id").references(() => tickets.id),
})
  .firewall("organization")
  .access({ read: { roles: ["member+"] } });

const schema: Readonly<Record<string, unknown>> = { ...auth, tickets, replies };

describe("a change by hand", () => {
  let postgres: FreshPostgres;
  let superuser: pg.Client;

  const pushed = () => push({ schema, identity, database: nodePostgres(postgres.ownerPool) });
  const differences = () => drift({ schema, identity, database: nodePostgres(postgres.ownerPool) });
  /** Whatever happens to a helper is also not what was recorded of all of them together. */
  const found = async (): Promise<ReadonlyArray<string>> =>
    (await differences())
      .filter(({ code }) => code !== "helpers_unrecorded")
      .map(({ code, message }) => `${code}: ${message}`);

  beforeAll(async () => {
    postgres = await freshPostgres();
    await pushed();
    superuser = new pg.Client(postgres.superuserUrl);
    await superuser.connect();
  });

  afterAll(async () => {
    await superuser.end();
    await postgres.close();
  });

  it.each<readonly [change: string, differences: ReadonlyArray<string>]>([
    [
      "grant usage, select on sequence replies_number_seq to anonymous; grant update on sequence tickets_number_seq to public",
      [
        "grant_undeclared: SELECT on sequence public.replies_number_seq is granted to anonymous, which is not declared",
        "grant_undeclared: UPDATE on sequence public.tickets_number_seq is granted to public, which is not declared",
        "grant_undeclared: USAGE on sequence public.replies_number_seq is granted to anonymous, which is not declared",
      ],
    ],
    [
      "revoke usage on sequence tickets_number_seq from authenticated",
      ["grant_missing: USAGE on sequence public.tickets_number_seq is not granted to authenticated"],
    ],
    [
      "alter function hedgerow.get_user_id() immutable",
      [
        'function_differs: function hedgerow.get_user_id() is "text sql immutable restricted", not "text sql stable restricted"',
      ],
    ],
    [
      "alter function hedgerow.has_claim(text) leakproof strict parallel safe",
      [
        'function_differs: function hedgerow.has_claim(text) is "boolean plpgsql stable safe strict leakproof", not "boolean plpgsql stable restricted"',
      ],
    ],
    [
      "alter function hedgerow.get_user_id() security definer",
      ["function_differs: function hedgerow.get_user_id() runs with the rights of its owner"],
    ],
    [
      "alter function hedgerow.caller() set search_path = public",
      ["function_differs: function hedgerow.caller() does not have just an empty search_path"],
    ],
    [
      "alter function hedgerow.caller() set role = hedgerow_owner",
      ["function_differs: function hedgerow.caller() does not have just an empty search_path"],
    ],
    [
      "create or replace function hedgerow.reference_public_replies_ticket_id_70b607d2822ea456() returns trigger language plpgsql set search_path = '' as 'begin return null; end'",
      ["function_differs: function hedgerow.reference_public_replies_ticket_id_70b607d2822ea456() has another body"],
    ],
    [
      "set role hedgerow_owner; create function hedgerow.reference_public_gone_id() returns trigger language plpgsql as 'begin return null; end'; create function hedgerow.has_any_role(text) returns boolean language sql as 'select true'; reset role",
      [
        "function_undeclared: function hedgerow.has_any_role(text) is not declared",
        "function_undeclared: function hedgerow.reference_public_gone_id() is not declared",
      ],
    ],
    [
      `create trigger "HEDGEROW_old" after insert on tickets for each row execute function hedgerow.reference_public_replies_ticket_id_70b607d2822ea456()`,
      ['trigger_undeclared: trigger "HEDGEROW_old" of table public.tickets is not declared'],
    ],
    [
      "grant usage, create on schema hedgerow to hedgerow_auth; grant create on schema hedgerow to public",
      [
        "schema_grant_differs: CREATE on schema hedgerow is granted to hedgerow_auth, which is not declared",
        "schema_grant_differs: CREATE on schema hedgerow is granted to public, which is not declared",
        "schema_grant_differs: USAGE on schema hedgerow is granted to hedgerow_auth, which is not declared",
      ],
    ],
    [
      "grant create on schema public to anonymous",
      ["schema_grant_differs: role anonymous may create things in schema public"],
    ],
    [
      "grant temporary on database app to authenticated",
      ["temporary_granted: role authenticated may make temporary tables in database app"],
    ],
    [
      "grant temporary on database app to public",
      ["temporary_granted: everybody may make temporary tables in database app"],
    ],
  ])("`%s`", async (change, expected) => {
    expect(await differences()).toEqual([]);
    await superuser.query(change);
    expect(await found()).toEqual(expected);
    await pushed();
    expect(await differences()).toEqual([]);
  });

  it("to the record of the helpers is undone too", async () => {
    await superuser.query("comment on schema hedgerow is 'mine'");
    expect((await differences()).map(({ code }) => code)).toEqual(["helpers_unrecorded"]);
    await pushed();
    expect(await differences()).toEqual([]);
  });

  it("that a push may not undo, because the helper belongs to somebody else, makes it fail and say so", async () => {
    await superuser.query("alter function hedgerow.is_owner(text) owner to authenticated");
    expect(await found()).toContain("function_differs: function hedgerow.is_owner(text) belongs to authenticated");
    await expect(pushed()).rejects.toThrow("must be owner of function is_owner");
    await superuser.query("alter function hedgerow.is_owner(text) owner to hedgerow_owner");
    await pushed();
    await superuser.query("create function hedgerow.foreign_one() returns int language sql as 'select 1'");
    await expect(pushed()).rejects.toThrow("function hedgerow.foreign_one() is not declared");
    await superuser.query("drop function hedgerow.foreign_one()");
    await pushed();
    expect(await differences()).toEqual([]);
  });
});
