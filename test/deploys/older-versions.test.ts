/**
 * An older version under newer rules: only where this database has known its rules, nobody has touched them since, and
 * callers are known as before; and no login of the API can make it so.
 */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "drizzle-orm/pg-core";
import { defineHedgerow, id, organization, owner, table } from "hedgerow";
import { sessionIdentity } from "hedgerow/better-auth";
import { generate, migrate } from "hedgerow/drizzle-kit";
import { DatabaseDiffers, NewerRules, type OlderVersions, verifyDatabase } from "hedgerow/hono";
import { nodePostgres } from "hedgerow/node-postgres";
import { claimsIdentity, compile } from "hedgerow/postgres";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { authOptions } from "../../examples/app/auth.js";
import * as example from "../../examples/app/tables.js";
import { freshPostgres } from "../support/databases.js";
import { type Deploys, openDeploys, type Version } from "../support/deploys.js";
import { all, type Kind, openWorld } from "../support/world.js";

const columns = () => ({
  id: id("note"),
  organizationId: organization(),
  userId: owner(),
  title: text("title").notNull(),
});

const member = { roles: ["member+"] } as const;
const own = { record: { userId: { equals: "ctx.userId" } } } as const;

/** Everybody in the organization reads everything. */
const notes = table("notes", columns())
  .firewall("organization")
  .access({ read: member, create: member, update: member });
/** Only what is one's own. */
const strictNotes = table("notes", columns())
  .firewall("organization")
  .access({ read: own, create: member, update: own });
/** Never pushed. */
const otherNotes = table("notes", columns())
  .firewall("organization")
  .access({ read: { roles: ["admin+"] }, create: member });

/** Of the example: nobody reads any. */
const strictPreferences = table("preferences", {
  id: id("pref"),
  userId: owner(),
  theme: text("theme", { enum: ["light", "dark"] })
    .notNull()
    .default("light"),
})
  .firewall("owner")
  .access({ read: { userRoles: ["admin"] }, create: { roles: ["AUTHENTICATED"] } });

const old = { notes };
const newer = { notes: strictNotes };

const ann = { userId: "ann", activeOrgId: "o1", roles: ["member"] };
const ben = { userId: "ben", activeOrgId: "o1", roles: ["member"] };

describe("an older version", () => {
  let world: Deploys;
  beforeAll(async () => {
    world = await openDeploys(old);
    await world.start(old).call(ann, "POST", "/notes", { title: "of Ann" });
  });
  beforeEach(async () => {
    await world.push(newer);
  });
  afterAll(() => world.close());

  const seenBy = async (version: Version, serve: boolean) => {
    const { call, reported } = world.start(version, serve ? "serve" : undefined);
    const { status, code, json } = await call(ben, "GET", "/notes");
    return { answer: status === 200 ? json.data.length : `${status} ${code}`, reported };
  };

  it("is refused unless it was allowed, and is told apart from rules that nobody pushed", async () => {
    const { answer, reported } = await seenBy(old, false);
    expect(answer).toBe("503 database_differs");
    expect(reported).toEqual([expect.any(DatabaseDiffers)]);
    expect(String(reported[0])).toMatch(/newer rules were pushed: .*notes_select on public\.notes, .*olderVersions/);
    expect(String(reported[0])).not.toContain("push the schema");
  });

  it("serves under the newer rules where it was allowed, and says so once", async () => {
    const { call, reported } = world.start(old, "serve");
    for (const who of [ben, ben, ann]) {
      const { status, json } = await call(who, "GET", "/notes");
      expect([status, json.data.length]).toEqual([200, who === ann ? 1 : 0]);
    }
    expect(reported).toEqual([expect.any(NewerRules)]);
    expect(String(reported[0])).toContain("notes_select on public.notes");
    const [note] = (await call(ann, "GET", "/notes")).json.data;
    // What the old rules allow and the newer ones do not.
    expect(await call(ben, "PATCH", `/notes/${note.id}`, { title: "of Ben" })).toMatchObject({ status: 404 });
    expect(await call(ann, "PATCH", `/notes/${note.id}`, { title: "of Ann" })).toMatchObject({ status: 200 });
  });

  it("says nothing where it is the version that was pushed", async () => {
    expect(await seenBy(newer, true)).toEqual({ answer: 0, reported: [] });
  });

  it("is not one whose rules were never pushed here", async () => {
    const { answer, reported } = await seenBy({ notes: otherNotes }, true);
    expect(answer).toBe("503 database_differs");
    expect(String(reported[0])).toContain("not as declared: ");
  });

  it("is not served where a rule was changed since the last push", async () => {
    for (const change of [
      "alter policy notes_select on notes using (true)",
      "drop policy notes_firewall_select on notes",
      "create policy extra on notes for select using (true)",
      "comment on policy notes_select on notes is null",
      "create or replace function hedgerow.get_user_id() returns text language sql stable as 'select ''ann''::text'",
      "create or replace function hedgerow.get_user_id() returns text language sql stable as 'select ''ann''::text'; select hedgerow.record_helpers()",
      "alter table notes no force row level security",
      "drop function hedgerow.remember(text, text[])",
      "comment on function hedgerow.remember(text, text[]) is null",
    ]) {
      await world.truth(change);
      expect([change, (await seenBy(old, true)).answer]).toEqual([change, "503 database_differs"]);
      await world.push(newer);
      // What was remembered is gone with the function, so the version before it is unknown.
      if (change.includes("remember")) {
        await world.push(old);
        await world.push(newer);
      }
      expect([change, (await seenBy(old, true)).answer]).toEqual([change, 0]);
    }
  });

  it("stays known over further pushes, also one that goes back and forth", async () => {
    for (const version of [newer, newer, old, newer]) await world.push(version);
    expect((await seenBy(old, true)).answer).toBe(0);
    const [{ said = "" } = {}] = await world.truth(
      "select obj_description('hedgerow.remember(text, text[])'::regprocedure, 'pg_proc') as said",
    );
    const hashes = String(said).split(" ");
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it("is not written anew by a push that changes nothing", async () => {
    const written = () =>
      world.truth(
        "select xmin::text from pg_description where objoid = 'hedgerow.remember(text, text[])'::regprocedure and classoid = 'pg_proc'::regclass",
      );
    const before = await written();
    await world.push(newer);
    expect(await written()).toEqual(before);
    expect(before).toHaveLength(1);
  });

  it.each([
    "comment on function hedgerow.remember(text, text[]) is 'forged'",
    "select hedgerow.remember('forged', array['0123456789abcdef'])",
    "update pg_description set description = 'forged' where objoid = (select oid from pg_proc where proname = 'remember')",
    "create function hedgerow.remember() returns void language sql as ''",
    "alter function hedgerow.remember(text, text[]) owner to hedgerow_api",
    "alter function hedgerow.remember(text, text[]) rename to forgotten",
    "drop function hedgerow.remember(text, text[])",
  ])("cannot be made known by the login of the API, nor by what it can become: `%s`", async (attempt) => {
    for (const role of ["none", "authenticated", "anonymous"]) {
      const client = await world.api.connect();
      try {
        await client.query(`set role ${role}`);
        await expect(client.query(attempt)).rejects.toMatchObject({ code: expect.stringMatching(/^(42501|42883)$/) });
      } finally {
        await client.query("reset role");
        client.release();
      }
    }
    expect((await seenBy(old, true)).answer).toBe(0);
  });

  it("is forgotten where callers are known in another way, and known again by a push of it", async () => {
    await world.push(newer, claimsIdentity({ by: "verified-token" }));
    expect((await seenBy(old, true)).answer).toBe("503 database_differs");
    await world.push(newer);
    expect((await seenBy(old, true)).answer).toBe("503 database_differs");
    await world.push(old);
    await world.push(newer);
    expect((await seenBy(old, true)).answer).toBe(0);
  });

  it("is known for 2,000 rules, and the last push for all of its own", async () => {
    const remembered = async (): Promise<ReadonlyArray<string>> => {
      const [{ said = "" } = {}] = await world.truth(
        "select obj_description('hedgerow.remember(text, text[])'::regprocedure, 'pg_proc') as said",
      );
      return String(said).split(" ");
    };
    const [, protocol, ...rules] = await remembered();
    const many = "array(select lpad(to_hex(n), 16, '0') from generate_series(1, 2500) as n)";
    await world.truth(`select hedgerow.remember('${protocol}', ${many})`);
    expect((await remembered()).length).toBe(2 + 2500);
    await world.push(newer);
    const [, , ...kept] = await remembered();
    expect(kept).toHaveLength(2000);
    const declared = (await world.truth("select from pg_policy where polrelid = 'notes'::regclass")).length;
    expect(kept.slice(0, declared)).toEqual(rules.slice(0, declared));
    expect((await seenBy(old, true)).answer).toBe("503 database_differs");
    await world.push(old);
    await world.push(newer);
    expect((await seenBy(old, true)).answer).toBe(0);
  });

  it("does not keep the rules of an older version alive: what those allowed is gone at once", async () => {
    const { call } = world.start(old, "serve");
    await world.push(old);
    expect((await call(ben, "GET", "/notes")).json.data).toHaveLength(1);
    await world.push(newer);
    expect((await call(ben, "GET", "/notes")).json.data).toHaveLength(0);
  });
});

describe("an older version whose tokens say less", () => {
  const { table: withClaims } = defineHedgerow({ roles: ["member"], userRoles: [], claims: { banned: "string" } });
  const claimed = {
    notes: withClaims("notes", columns())
      .firewall("organization")
      .access({
        read: { and: [member, { not: { record: { title: { equals: "ctx.claims.banned" } } } }] },
        create: member,
      }),
  };

  it("is refused, because a rule that asks for what is absent would be open", async () => {
    const world = await openDeploys(old);
    try {
      await world.push(claimed, claimsIdentity({ claims: ["banned"] }));
      const { call, reported } = world.start(old, "serve");
      expect(await call(ann, "GET", "/notes")).toMatchObject({ status: 503, code: "database_differs" });
      expect(String(reported[0])).toContain("not as declared: ");
    } finally {
      await world.close();
    }
  });
});

describe.each<Kind>(["postgres", "postgres-15", "pglite"])("an older version of the example, on %s", (kind) => {
  it("serves callers who are found live, under the newer rules", async () => {
    const world = await openWorld(kind, example);
    try {
      const ann = await world.signUp("ann");
      expect(await world.call(ann, "POST", "/preferences", {})).toMatchObject({ status: 201 });
      const verify = (olderVersions: OlderVersions) =>
        verifyDatabase({ schema: example, database: world.api, olderVersions });
      await verify("refuse");

      const { bootstrap, security } = compile(
        { ...example, preferences: strictPreferences },
        sessionIdentity(authOptions),
      );
      await all(world.owner, bootstrap);
      await all(world.owner, security);
      await expect(verify("refuse")).rejects.toThrow("newer rules were pushed: ");
      await verify("serve");
      expect((await world.call(ann, "GET", "/preferences")).json.data).toEqual([]);

      await world.truth("alter policy preferences_select on preferences using (true)");
      await expect(verify("serve")).rejects.toThrow("not as declared: ");
    } finally {
      await world.close();
    }
  });
});

it("is known after migrations as after pushes", async () => {
  const postgres = await freshPostgres();
  const out = await mkdtemp(join(tmpdir(), "hedgerow-deploys-"));
  try {
    const identity = claimsIdentity();
    const connection = { driver: "pg", options: { connectionString: postgres.ownerUrl } } as const;
    for (const schema of [old, newer]) {
      await generate({ schema, identity, out });
      await migrate({ schema, identity, out, connection });
    }
    await postgres.pool(postgres.superuserUrl, { max: 1 }).query("alter role hedgerow_api password 'api'");
    const database = nodePostgres(postgres.pool(postgres.url("hedgerow_api", "api"), { max: 1 }));
    await expect(verifyDatabase({ schema: old, database })).rejects.toThrow("newer rules were pushed: ");
    await verifyDatabase({ schema: old, database, olderVersions: "serve" });
  } finally {
    await postgres.close();
    await rm(out, { recursive: true });
  }
});
