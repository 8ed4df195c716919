/**
 * Thousands of hostile requests: none is a fault of ours, none shows or changes what is somebody else's, and none tells a hidden
 * row from a missing one.
 *
 * Each request is sent twice, by twins whose worlds are alike: by one about rows that are hidden, by the other about rows that do
 * not exist. FUZZ_REQUESTS is the number of requests (5,000), FUZZ_SEED makes a run repeat itself.
 */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Kind, openWorld, type Person, type World } from "../../support/world.js";
import { filledWith, type HostileRequest, hostileRequests, type Marked } from "./requests.js";
import { mood, tables } from "./tables.js";

const wanted = Number(process.env.FUZZ_REQUESTS ?? 5_000);
const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 2_147_483_647);

/** In every row that is not the attacker's, and in no request. */
const marker = "FOREIGN-5f0c1e";

interface Attacker {
  readonly who: string;
  /** The one who is told of hidden rows, and the one who is told of missing ones. */
  readonly twins: readonly [Pick<Person, "cookie"> | null, Pick<Person, "cookie"> | null];
  readonly marked: readonly [Marked, Marked];
}

describe.each<[Kind, number]>([
  ["postgres", wanted],
  ["pglite", Math.ceil(wanted / 10)],
])("hostile requests on %s", (kind, count) => {
  let world: World;
  let attackers: ReadonlyArray<Attacker>;
  let names: ReadonlyArray<readonly [string, string]>;
  let untouched: ReadonlyArray<unknown>;

  const post = async (who: Person, path: string, body: object): Promise<string> => {
    const answer = await world.call(who, "POST", path, body);
    expect(answer.status, answer.text).toBe(201);
    return answer.json.id ?? answer.json.code;
  };

  /** A row of each table, full of the marker, and their keys. */
  const plant = async (who: Person, value: string): Promise<Record<string, string>> => {
    const drafts = await post(who, "/drafts", { title: marker });
    const things = await post(who, "/things", { slug: value, tags: [marker], meta: { of: marker }, limit: marker });
    const codes = await post(who, "/codes", { code: value, meta: { of: marker } });
    return {
      drafts,
      things,
      codes,
      remarks: await post(who, "/remarks", { draftId: drafts, body: marker }),
      links: await post(who, "/links", { code: value }),
      posts: await post(who, "/posts", { title: marker }),
      vault: await post(who, "/vault", { secret: marker }),
    };
  };

  /** What is not the attackers' own, as it is. */
  const foreign = async (): Promise<ReadonlyArray<unknown>> => {
    const rows: Array<unknown> = [];
    for (const table of ["drafts", "things", "codes", "remarks", "links", "posts", "vault"]) {
      rows.push(await world.truth(`select t::text as row from ${table} t where t::text like '%${marker}%' order by 1`));
    }
    return rows;
  };

  beforeAll(async () => {
    world = await openWorld(kind, { ...tables, mood });
    const victim = await world.signUp("victim");
    const acme = await world.createOrganization(victim, "acme");
    const value = "value-1a2b3c";
    const hidden = await plant(victim, value);
    // As long as the real ones, and with the same letters in front.
    const another = (text: string): string => `${text.slice(0, -6)}${text.endsWith("000000") ? "111111" : "000000"}`;
    const missing = Object.fromEntries(Object.entries(hidden).map(([table, key]) => [table, another(key)]));
    const own: Array<readonly [string, string]> = [];
    const twins = async (role: "member" | "owner") => {
      const made = [];
      for (const side of ["hidden", "missing"] as const) {
        const boss = await world.signUp(`boss-${role}-${side}`);
        const organizationId = await world.createOrganization(boss, `org-${role}-${side}`);
        own.push([organizationId, "‹own organization›"]);
        const mallory = role === "owner" ? boss : await world.signUp(`mallory-${side}`);
        if (role === "member") await world.join(mallory, organizationId, "member");
        own.push([mallory.userId, "‹own id›"], [boss.userId, "‹the owner's id›"]);
        // A colleague's own, in the attacker's organization.
        const draft = role === "member" ? await post(boss, "/drafts", { title: marker }) : undefined;
        made.push({ who: mallory, draft });
      }
      return made;
    };
    const about = (drafts: string | undefined): readonly [Marked, Marked] => [
      { keys: { ...hidden, ...(drafts && { drafts }) }, value, organization: acme },
      { keys: missing, value: another(value), organization: another(acme) },
    ];
    const pair = async (role: "member" | "owner"): Promise<Attacker> => {
      const [first, second] = await twins(role);
      if (!first || !second) throw new Error("There are two twins.");
      return { who: role, twins: [first.who, second.who], marked: about(first.draft) };
    };
    const stranger = await world.signUp("stranger");
    const dead = { cookie: victim.cookie.replace(/=[^;]{8}/, "=00000000") };
    attackers = [
      await pair("member"),
      await pair("owner"),
      { who: "stranger", twins: [stranger, stranger], marked: about(undefined) },
      { who: "nobody", twins: [null, null], marked: about(undefined) },
      { who: "somebody with a dead cookie", twins: [dead, dead], marked: about(undefined) },
    ];
    names = own;
    untouched = await foreign();
  });
  afterAll(() => world.close());

  /** What is different of twins whose worlds are alike: their names, and the names that Postgres gives to what they make. */
  const alike = (text: string, { keys, value, organization }: Marked): string => {
    let plain = text;
    for (const [name, role] of names) plain = plain.replaceAll(name, role);
    for (const [table, key] of Object.entries(keys)) plain = plain.replaceAll(key, `‹key of ${table}›`);
    return plain
      .replaceAll(value, "‹value›")
      .replaceAll(organization, "‹organization›")
      .replaceAll(/\b(?:thg|drf|lnk|pst|vlt)_[0-9a-f]{32}\b/g, "‹id›")
      .replaceAll(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, "‹uuid›");
  };

  const isList = ({ method, path, table }: HostileRequest): boolean =>
    method === "GET" && !path.startsWith(`/${table}/`);

  const send = async (attacker: Attacker, side: 0 | 1, request: HostileRequest) => {
    const marked = attacker.marked[side];
    const path = filledWith(request.path, marked);
    const body = request.body === undefined ? undefined : filledWith(request.body, marked);
    const answer = await world.call(attacker.twins[side], request.method, path, body, request.headers);
    const shown = `${answer.text} ${JSON.stringify([...answer.headers])}`;
    expect(answer.status, shown).toBeLessThan(500);
    expect(shown).not.toContain(marker);
    if (answer.status >= 400) expect(answer.text.length).toBeLessThan(20_000);
    // Their rows lie in an order of their own, of which a page is another part.
    const content =
      isList(request) && answer.status === 200
        ? JSON.stringify(answer.json.pagination)
        : alike(`${answer.text}\n${JSON.stringify([...answer.headers])}`, marked);
    return `${answer.status} ${content}`;
  };

  it("are refused or answered alike, show nothing, and change nothing", { timeout: 1_800_000 }, async () => {
    const requests = hostileRequests(tables);
    const statuses = new Map<string, number>();
    const chunk = 500;
    for (let sent = 0, run = 0; sent < count; run += 1) {
      for (const request of fc.sample(requests, {
        seed: seed + run,
        numRuns: Math.min(chunk, Math.ceil((count - sent) / 2)),
      })) {
        const attacker = attackers[sent % 3 === 0 ? (sent / 3) % attackers.length : (sent + run) % 2];
        if (attacker === undefined) throw new Error("There is no such attacker.");
        try {
          const [hidden, missing] = [await send(attacker, 0, request), await send(attacker, 1, request)];
          expect(hidden).toBe(missing);
          const status = hidden.slice(0, 3);
          statuses.set(status, (statuses.get(status) ?? 0) + 1);
        } catch (error) {
          const shown = JSON.stringify(request).slice(0, 1_000);
          throw new Error(`FUZZ_SEED=${seed}, request ${sent} by ${attacker.who}: ${shown}`, { cause: error });
        }
        sent += 2;
      }
    }
    expect(world.reported).toEqual([]);
    expect(await foreign()).toEqual(untouched);
    // It is a fuzz of an API that works: enough of the requests get through to where it matters.
    for (const status of ["200", "201", "400", "401", "403", "404"])
      expect(statuses.get(status) ?? 0, status).toBeGreaterThan(0);
  });

  it("leave no row that points at somebody else's", async () => {
    const scope =
      "coalesce((select organization_id from things where id = $), (select organization_id from drafts where id = $))";
    const strays = await world.truth(`
      select id from links where target_id is not null and target_org <> organization_id
        or target_id is not null and target_org is not null and ${scope.replaceAll("$", "target_id")} <> organization_id
        or either_id is not null and ${scope.replaceAll("$", "either_id")} <> organization_id
      union all select t.id from things t join things p on p.id = t.parent_id where p.organization_id <> t.organization_id
      union all select d.id from drafts d join drafts p on p.id = d.parent_id where p.user_id <> d.user_id`);
    expect(strays).toEqual([]);
  });
});
