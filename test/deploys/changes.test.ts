/**
 * Every kind of change of docs/deploys.md on a real PostgreSQL: what its versions answer before the push, while it runs under
 * requests, and after it.
 *
 * Invariant: the table of the page is compared with what was seen here, cell by cell.
 */
import { readFileSync } from "node:fs";
import { bigint, integer, text } from "drizzle-orm/pg-core";
import { defineHedgerow, id, organization, owner, table } from "hedgerow";
import { DatabaseDiffers, NewerRules, type OlderVersions } from "hedgerow/hono";
import { claimsIdentity, type IdentitySource } from "hedgerow/postgres";
import { expect, it } from "vitest";
import { type Deploys, openDeploys, type Started, type Version } from "../support/deploys.js";
import { hangMs } from "../support/eventually.js";

const member = { roles: ["member+"] } as const;
const own = { record: { userId: { equals: "ctx.userId" } } } as const;

const columns = () => ({
  id: id("note"),
  organizationId: organization(),
  userId: owner(),
  title: text("title").notNull(),
});

const rules = { read: member, create: member, update: member } as const;
const notes = table("notes", columns()).firewall("organization").access(rules);
const folders = table("folders", { id: id("folder"), organizationId: organization() })
  .firewall("organization")
  .access({ read: member, create: member });

const withRoles = defineHedgerow({ roles: ["guest", "member", "admin", "owner"], userRoles: ["user", "admin"] });
const withPlan = defineHedgerow({
  roles: ["member", "admin", "owner"],
  userRoles: ["user", "admin"],
  claims: { plan: "string" },
});

const reference = () => text("folder_id").references(() => folders.id);

interface Change {
  readonly name: string;
  readonly from: Version;
  readonly to: Version;
  readonly identity?: IdentitySource;
  /** Where the old version is asked; `/notes` unless given. */
  readonly path?: string;
  /** Whether the push has to empty the table. */
  readonly empties?: true;
}

const bare = { id: id("note"), organizationId: organization(), userId: owner() };

const changes: ReadonlyArray<Change> = [
  {
    name: "add a column that can be empty, or has a default",
    from: { notes },
    to: {
      notes: table("notes", { ...columns(), summary: text("summary"), likes: integer("likes").notNull().default(0) })
        .firewall("organization")
        .access(rules),
    },
  },
  {
    name: "add a column that must have a value, and has no default",
    empties: true,
    from: { notes },
    to: {
      notes: table("notes", { ...columns(), summary: text("summary").notNull() })
        .firewall("organization")
        .access(rules),
    },
  },
  {
    name: "drop a column that can be empty, or has a default",
    from: {
      notes: table("notes", { ...columns(), summary: text("summary") })
        .firewall("organization")
        .access(rules),
    },
    to: { notes },
  },
  {
    name: "drop a column that must have a value, and has no default",
    from: { notes },
    to: { notes: table("notes", bare).firewall("organization").access(rules) },
  },
  {
    name: "rename a property, not its column",
    from: { notes },
    to: {
      notes: table("notes", { ...bare, headline: text("title").notNull() })
        .firewall("organization")
        .access(rules),
    },
  },
  {
    name: "change a type",
    from: {
      notes: table("notes", { ...columns(), likes: integer("likes") })
        .firewall("organization")
        .access(rules),
    },
    to: {
      notes: table("notes", {
        ...columns(),
        likes: bigint("likes", { mode: "number" }),
      })
        .firewall("organization")
        .access(rules),
    },
  },
  { name: "add a table", from: { notes }, to: { notes, folders } },
  { name: "drop a table", from: { notes, folders }, to: { notes }, path: "/folders" },
  {
    name: "make a rule stricter",
    from: { notes },
    to: {
      notes: table("notes", columns())
        .firewall("organization")
        .access({ ...rules, read: own }),
    },
  },
  {
    name: "make a rule looser",
    from: {
      notes: table("notes", columns())
        .firewall("organization")
        .access({ ...rules, read: own }),
    },
    to: { notes },
  },
  {
    name: "add a role",
    from: { notes },
    to: {
      notes: withRoles
        .table("notes", columns())
        .firewall("organization")
        .access({ ...rules, read: { roles: ["guest+"] } }),
    },
  },
  {
    name: "ask a token for more: a claim, or roles where no rule asked for any",
    from: { notes },
    to: {
      notes: withPlan
        .table("notes", columns())
        .firewall("organization")
        .access({ ...rules, read: { and: [member, { record: { title: { notEquals: "ctx.claims.plan" } } }] } }),
    },
    identity: claimsIdentity({ claims: ["plan"] }),
  },
  {
    name: "add a reference, with its column",
    from: { notes, folders },
    to: {
      notes: table("notes", { ...columns(), folderId: reference() })
        .firewall("organization")
        .access(rules),
      folders,
    },
  },
  {
    name: "remove a reference, and keep its column",
    from: {
      notes: table("notes", { ...columns(), folderId: reference() })
        .firewall("organization")
        .access(rules),
      folders,
    },
    to: {
      notes: table("notes", { ...columns(), folderId: text("folder_id") })
        .firewall("organization")
        .access(rules),
      folders,
    },
  },
];

const ann = { userId: "ann", activeOrgId: "o1", roles: ["member"], claims: { plan: "pro" } };
const ben = { userId: "ben", activeOrgId: "o1", roles: ["member"], claims: { plan: "pro" } };
const eve = { userId: "eve", activeOrgId: "o2", roles: ["member"], claims: { plan: "pro" } };

/** A body that a version takes: each of its texts that must be there. */
const bodyOf = (version: Version): Record<string, string> => {
  const source = Object(version.notes);
  return Object.fromEntries(
    ["title", "headline", "summary"].flatMap((name) => (source[name]?.notNull ? [[name, "of somebody"]] : [])),
  );
};

/** What a process answers: to a list, and to a new row. */
const answers = async (process: Started, version: Version, path = "/notes"): Promise<string> => {
  const said = async (asked: ReturnType<Started["call"]>): Promise<string> => {
    const { status, code } = await asked;
    return status < 300 ? "ok" : `${status} \`${code}\``;
  };
  const reading = await said(process.call(ann, "GET", path));
  const writing = await said(process.call(ann, "POST", path, path === "/notes" ? bodyOf(version) : {}));
  if (reading === writing) return reading === "ok" ? "serves" : reading;
  return reading === "ok" ? `reads; ${writing} to a new row` : `${reading} to a list; ${writing} to a new row`;
};

const isTold = (process: Started, of: abstract new (...args: never) => unknown): boolean =>
  process.reported.some((error) => error instanceof of);

/** Asks without a pause until it is told to stop. */
const underWay = (process: Started, version: Version, world: Deploys, empties = false) => {
  let isRunning = true;
  const statuses = new Map<string, number>();
  let longest = 0;
  const mine = new Set<string>();
  const work = async (who: typeof ann): Promise<void> => {
    for (let count = 0; isRunning; count += 1) {
      const began = performance.now();
      const asked =
        count % 3 === 0
          ? process.call(who, "POST", "/notes", bodyOf(version))
          : process.call(who, "GET", "/notes?limit=100");
      const { status, code, json } = await asked;
      longest = Math.max(longest, performance.now() - began);
      statuses.set(`${status} ${code ?? ""}`.trim(), (statuses.get(`${status} ${code ?? ""}`.trim()) ?? 0) + 1);
      // Whichever rule holds: nobody sees a row of another organization, and at most those of their own.
      for (const row of json?.data ?? [])
        expect([row.organizationId, who.activeOrgId]).toEqual([who.activeOrgId, who.activeOrgId]);
      if (status === 201) mine.add(json.id);
    }
  };
  const workers = [ann, ben, eve].map(work);
  return async () => {
    isRunning = false;
    await Promise.all(workers);
    // A row that was answered for is there.
    const ids = (await world.truth("select id from notes")).map((row) => row.id);
    for (const made of empties ? [] : mine) expect(ids).toContain(made);
    return { statuses, longest };
  };
};

const page = readFileSync("docs/deploys.md", "utf8");

/** The cells behind the name of a change. */
const cellsOf = (name: string): ReadonlyArray<string> => {
  const line = page.split("\n").find((each) => each.startsWith(`| ${name} |`));
  return (line ?? "")
    .split("|")
    .slice(2, -1)
    .map((cell) => cell.trim());
};

it.each(changes)("is as the page says: $name", async ({ name, from, to, identity, path, empties }) => {
  const world = await openDeploys(from);
  try {
    const running = world.start(from);
    expect(await answers(running, from)).toBe("serves");
    const early = world.start(to);
    const before = await answers(early, to);

    const stop = underWay(running, from, world, empties);
    await world.push(to, identity);
    const { statuses, longest } = await stop();

    const afterwards = await answers(running, from, path);
    const restart = (olderVersions?: OlderVersions): Started => world.start(from, olderVersions);
    const [refusing, serving] = [restart(), restart("serve")];
    const restarted = await answers(refusing, from, path);
    const restartedServing = await answers(serving, from, path);

    const late = world.start(to);
    expect(await answers(late, to)).toBe("serves");
    expect(late.reported).toEqual([]);
    // Whoever was started too early is well by itself.
    expect(await answers(early, to)).toBe("serves");

    if (process.env.DEPLOYS_ROWS)
      console.log(`| ${[name, before, afterwards, restarted, restartedServing].join(" | ")} |`);
    expect([before, afterwards, restarted, restartedServing]).toEqual(cellsOf(name));
    // Every 503 tells the operator which table, column or rule it is about.
    for (const process of [running, early, refusing, serving]) {
      for (const error of process.reported)
        expect(error instanceof DatabaseDiffers || error instanceof NewerRules).toBe(true);
    }
    expect(isTold(refusing, DatabaseDiffers)).toBe(restarted.includes("database_differs"));

    // Whoever runs has no other answers while the push runs than afterwards.
    const differs = afterwards.includes("database_differs") && path === undefined ? ["503 database_differs"] : [];
    expect([...statuses.keys()].filter((status) => !["200", "201", ...differs].includes(status))).toEqual([]);
    expect(statuses.get("200") ?? 0).toBeGreaterThan(5);
    expect(longest).toBeLessThan(hangMs);
  } finally {
    await world.close();
  }
});

it("has a row for each kind of change, and no other", () => {
  const [, section = ""] = page.split(/^## /m);
  const rows = section.split("\n").filter((line) => /^\| (?!change \|)/.test(line));
  expect(rows.map((row) => row.split("|")[1]?.trim())).toEqual(changes.map(({ name }) => name));
});
