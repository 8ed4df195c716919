/**
 * The API while a push waits for a table that somebody reads for long: every request is answered, none with a 503, and none
 * waits much longer than the push may hold it up.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { integer, text } from "drizzle-orm/pg-core";
import { id, organization, table } from "hedgerow";
import { sessionIdentity } from "hedgerow/better-auth";
import { push } from "hedgerow/drizzle-kit";
import pg from "pg";
import { expect, it } from "vitest";
import * as authTables from "../../examples/app/auth.js";
import { lockMs } from "../../src/cli/locks/limits.js";
import { projects, tasks } from "../support/guarded-schema.js";
import { openWorld } from "../support/world.js";

const wider = table("projects", {
  id: id("prj"),
  organizationId: organization(),
  name: text("name").notNull(),
  size: integer("size"),
})
  .firewall("organization")
  .access({ read: { roles: ["member+"] }, create: { roles: ["admin+"] }, update: { roles: ["admin+"] } });

/** Longer than a request waits for a lock unless told otherwise (5 s), and than what is measured takes on any machine. */
const readMs = 15_000;

/** What a loaded machine adds to what is measured: behind a lock that waits for the reader it would be `readMs`. */
const margin = 10_000;

it("answers every request, late by no more than a push waits for a lock at once", { timeout: 300_000 }, async () => {
  const world = await openWorld("postgres", { projects, tasks });
  const { authOptions, createAuth: _, ...auth } = authTables;
  const ada = await world.signUp("ada");
  await world.createOrganization(ada, "one");
  const reader = new pg.Client(world.server?.superuserUrl);
  await reader.connect();
  await reader.query("begin");
  await reader.query("select count(*) from projects");

  const statuses = new Map<number, number>();
  let longest = 0;
  let isOver = false;
  const asking = async (): Promise<void> => {
    while (!isOver) {
      const begun = performance.now();
      const { status } = await world.call(ada, "GET", "/projects?limit=5");
      longest = Math.max(longest, performance.now() - begun);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      await sleep(10);
    }
  };
  const requests = Promise.all([asking(), asking()]);
  const schema = { ...auth, projects: wider, tasks };
  const pushing = push({ schema, identity: sessionIdentity(authOptions), database: world.owner });
  await sleep(readMs);
  await reader.query("commit");
  await pushing;
  isOver = true;
  await requests;

  expect([...statuses.keys()]).toEqual([200]);
  expect(statuses.get(200)).toBeGreaterThan(10);
  expect(longest).toBeLessThan(lockMs + margin);
  await reader.end();
  await world.close();
});
