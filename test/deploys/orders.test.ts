/**
 * The orders of docs/deploys.md for changes that take more than one step: at no point does a version that is meant to run answer
 * anything but what was asked for.
 */
import { bigint, integer, text } from "drizzle-orm/pg-core";
import { id, organization, owner, table } from "hedgerow";
import { NewerRules, type OlderVersions } from "hedgerow/hono";
import { expect, it } from "vitest";
import { type Deploys, openDeploys, type Started, type Version } from "../support/deploys.js";

const member = { roles: ["member+"] } as const;
const rules = { read: member, create: member, update: member } as const;
const byOrganization = { field: "organizationId", equals: "ctx.activeOrgId" } as const;
const base = () => ({ id: id("note"), organizationId: organization(), userId: owner() });

const callers = ["o1", "o2"].map((activeOrgId) => ({ userId: `of ${activeOrgId}`, activeOrgId, roles: ["member"] }));

interface Running {
  readonly version: Version;
  readonly end: () => Promise<void>;
}

/** Processes that are asked without a pause from their start to their end. */
const fleetOn = (world: Deploys) => {
  const running = new Set<Running>();
  const seen: Array<string> = [];
  const reported: Array<unknown> = [];
  let writes = 0;

  const ask = async (process: Started, body: object, caller: (typeof callers)[number]): Promise<void> => {
    const made = await process.call(caller, "POST", "/notes", body);
    if (made.status === 201) writes += 1;
    const listed = await process.call(caller, "GET", "/notes?limit=100");
    for (const answer of [made, listed]) if (answer.status >= 300) seen.push(`${answer.status} ${answer.code}`);
    const foreign = (listed.json?.data ?? []).filter((row: { userId: string }) => row.userId !== caller.userId);
    if (foreign.length > 0) seen.push("a row of another organization");
  };

  const start = async (version: Version, body: object, olderVersions?: OlderVersions): Promise<void> => {
    const process = world.start(version, olderVersions);
    let isRunning = true;
    await Promise.all(callers.map((caller) => ask(process, body, caller)));
    const loops = callers.map(async (caller) => {
      while (isRunning) await ask(process, body, caller);
    });
    const end = async (): Promise<void> => {
      isRunning = false;
      await Promise.all(loops);
      await Promise.all(callers.map((caller) => ask(process, body, caller)));
      reported.push(...process.reported);
    };
    running.add({ version, end });
  };

  return {
    start,
    push: world.push,
    /** Every process of a version. */
    end: async (version: Version): Promise<void> => {
      const ending = [...running].filter((each) => each.version === version);
      expect(ending).not.toEqual([]);
      for (const each of ending) running.delete(each);
      await Promise.all(ending.map(({ end }) => end()));
    },
    /** Everything that was not a success, and how often an operator was told of newer rules. */
    close: async () => {
      await Promise.all([...running].map(({ end }) => end()));
      expect(writes).toBeGreaterThan(10);
      expect(reported.filter((error) => !(error instanceof NewerRules))).toEqual([]);
      return { seen, told: reported.length };
    },
  };
};

const deploying = async (
  first: Version,
  order: (fleet: ReturnType<typeof fleetOn>, world: Deploys) => Promise<void>,
): Promise<{ readonly seen: ReadonlyArray<string>; readonly told: number }> => {
  const world = await openDeploys(first);
  const fleet = fleetOn(world);
  try {
    await order(fleet, world);
    return await fleet.close();
  } finally {
    await world.close();
  }
};

it("adds a column that must have a value: first without, then filled, then with", async () => {
  const version = (summary: ReturnType<typeof text> | undefined): Version => ({
    notes: table("notes", { ...base(), ...(summary && { summary }) })
      .firewall("organization")
      .access(rules),
  });
  const [before, between, after] = [version(undefined), version(text("summary")), version(text("summary").notNull())];
  const { seen } = await deploying(before, async (fleet, world) => {
    await fleet.start(before, {});
    await expect(world.pushSafely(after)).rejects.toThrow("data would be lost");
    await fleet.push(between);
    await fleet.start(before, {});
    await fleet.start(between, { summary: "given" });
    await fleet.end(before);
    const fill = "update notes set summary = 'filled' where summary is null";
    // Forced row-level security holds for the owner too.
    expect(await world.asOwner(fill)).toBe(0);
    await world.truth(fill);
    await fleet.push(after);
    await fleet.start(between, { summary: "given" });
    await fleet.start(after, { summary: "given" });
    await fleet.end(between);
  });
  expect(seen).toEqual([]);
});

it("drops a column that must have a value: first lets it be empty, then runs without it, then drops it", async () => {
  const version = (title: ReturnType<typeof text> | undefined): Version => ({
    notes: table("notes", { ...base(), ...(title && { title }) })
      .firewall("organization")
      .access(rules),
  });
  const [before, between, after] = [version(text("title").notNull()), version(text("title")), version(undefined)];
  const { seen } = await deploying(before, async (fleet) => {
    await fleet.start(before, { title: "given" });
    await fleet.push(between);
    await fleet.start(before, { title: "given" });
    await fleet.start(after, {});
    await fleet.end(before);
    await fleet.push(after);
    await fleet.start(after, {});
  });
  expect(seen).toEqual([]);
});

it("renames a column, or changes its type: a new one beside it, both written, then the old one gone", async () => {
  const before: Version = {
    notes: table("notes", { ...base(), likes: integer("likes").notNull() })
      .firewall("organization")
      .access(rules),
  };
  const between: Version = {
    notes: table("notes", { ...base(), likes: integer("likes"), hearts: bigint("hearts", { mode: "number" }) })
      .firewall("organization")
      .access(rules),
  };
  const after: Version = {
    notes: table("notes", { ...base(), hearts: bigint("hearts", { mode: "number" }).notNull() })
      .firewall("organization")
      .access(rules),
  };
  const { seen } = await deploying(before, async (fleet, world) => {
    await fleet.start(before, { likes: 1 });
    await fleet.push(between);
    await fleet.start(before, { likes: 1 });
    await fleet.start(between, { likes: 1, hearts: 1 });
    await fleet.end(before);
    await world.truth("update notes set hearts = likes where hearts is null");
    await fleet.start(after, { hearts: 1 });
    await fleet.end(between);
    await fleet.push(after);
    await fleet.start(after, { hearts: 1 });
    expect(await world.truth("select from notes where hearts is null")).toEqual([]);
  });
  expect(seen).toEqual([]);
});

it("renames the column of the tenant: the rules move in a step of their own, under which the older version serves", async () => {
  const before: Version = { notes: table("notes", base()).firewall(byOrganization).access(rules) };
  const beside: Version = {
    notes: table("notes", { ...base(), tenantId: text("tenant_id") })
      .firewall(byOrganization)
      .access(rules),
  };
  const moved: Version = {
    notes: table("notes", {
      id: id("note"),
      userId: owner(),
      tenantId: organization("tenant_id"),
      organizationId: text("organization_id"),
    })
      .firewall("organization")
      .access(rules),
  };
  const after: Version = {
    notes: table("notes", { id: id("note"), userId: owner(), tenantId: organization("tenant_id") })
      .firewall("organization")
      .access(rules),
  };
  const { seen, told } = await deploying(before, async (fleet, world) => {
    await fleet.start(before, {}, "serve");
    await fleet.push(beside);
    await world.truth(`create function keep_both() returns trigger language plpgsql as $$ begin
      new.tenant_id := coalesce(new.tenant_id, new.organization_id);
      new.organization_id := coalesce(new.organization_id, new.tenant_id);
      return new;
    end $$`);
    await world.truth("create trigger keep_both before insert on notes for each row execute function keep_both()");
    await world.truth("update notes set tenant_id = organization_id where tenant_id is null");
    await fleet.push(moved);
    await fleet.start(before, {}, "serve");
    await fleet.start(moved, {});
    await fleet.end(before);
    await fleet.start(after, {});
    await fleet.end(moved);
    await world.truth("drop trigger keep_both on notes");
    await fleet.push(after);
    await fleet.start(after, {});
    const wrong = await world.truth("select from notes where tenant_id is null or user_id <> 'of ' || tenant_id");
    expect(wrong).toEqual([]);
  });
  expect(seen).toEqual([]);
  // Only whoever was started behind the move.
  expect(told).toBe(1);
});

it("makes a rule stricter: the push first, which holds at once for every process that runs", async () => {
  const own = { record: { userId: { equals: "ctx.userId" } } } as const;
  const before: Version = { notes: table("notes", base()).firewall("organization").access(rules) };
  const after: Version = {
    notes: table("notes", base())
      .firewall("organization")
      .access({ ...rules, read: own }),
  };
  const { seen, told } = await deploying(before, async (fleet) => {
    await fleet.start(before, {}, "serve");
    await fleet.push(after);
    await fleet.start(before, {}, "serve");
    await fleet.start(after, {});
    await fleet.end(before);
  });
  expect(seen).toEqual([]);
  expect(told).toBe(1);
});

it("rolls a rule back: the older version serves as it is, and a push of it makes its rules hold again", async () => {
  const open = { read: member, create: member } as const;
  const before: Version = { notes: table("notes", base()).firewall("organization").access(open) };
  const after: Version = {
    notes: table("notes", base())
      .firewall("organization")
      .access({ ...open, read: { record: { userId: { equals: "ctx.userId" } } } }),
  };
  const { seen } = await deploying(before, async (fleet) => {
    await fleet.start(before, {});
    await fleet.push(after);
    await fleet.start(after, {});
    await fleet.start(before, {}, "serve");
    await fleet.end(after);
    await fleet.push(before);
    await fleet.start(before, {});
  });
  expect(seen).toEqual([]);
});
