/** What a credential is worth after something happened to it, asked by the victim's very next request. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import * as schema from "../../examples/app/tables.js";
import { type Kind, openWorld, type Person, type World } from "../support/world.js";

describe.each<Kind>(["postgres", "pglite"])("a credential on %s", (kind) => {
  let world: World;
  let ada: Person;
  let ben: Person;
  let acme: string;
  let number = 0;

  beforeAll(async () => {
    world = await openWorld(kind, schema);
    ada = await world.signUp("ada");
    acme = await world.createOrganization(ada, "acme");
    await world.call(ada, "POST", "/projects", { name: "Apollo" });
  });
  afterAll(() => world.close());
  beforeEach(async () => {
    ben = await world.signUp(`ben${++number}`);
    await world.join(ben, acme, "admin");
    expect((await world.call(ben, "GET", "/projects")).json.data).toHaveLength(1);
  });

  const projects = async (who: Pick<Person, "cookie"> | null = ben): Promise<number | string> => {
    const { status, json } = await world.call(who, "GET", "/projects");
    return status === 200 ? json.data.length : json.code;
  };
  /** How many projects raw SQL with the same identity sees. */
  const rawProjects = async (): Promise<number> => (await world.as(ben, "select 1 from projects"))[0]?.count ?? -1;

  it("is needed", async () => {
    expect(await projects(null)).toBe("authentication_required");
    expect((await world.call(null, "POST", "/projects", { name: "x" })).status).toBe(401);
    expect((await world.call(null, "DELETE", "/projects/x")).status).toBe(401);
  });

  it("is worth nothing when the signature is wrong", async () => {
    const [name, value = ""] = ben.cookie.split("=");
    expect(await projects({ cookie: `${name}=${value.slice(0, -8)}AAAAAA%3D` })).toBe("authentication_required");
    expect(await projects({ cookie: `${name}=${value.split(".")[0]}` })).toBe("authentication_required");
  });

  it("is worth nothing once signed out", async () => {
    await world.auth.api.signOut({ headers: world.headersOf(ben) });
    expect(await projects()).toBe("authentication_required");
    expect(await rawProjects()).toBe(0);
  });

  it("is worth nothing once expired", async () => {
    await world.truth("update session set expires_at = now() - interval '1 second' where user_id = $1", ben.userId);
    expect(await projects()).toBe("authentication_required");
    expect(await rawProjects()).toBe(0);
  });

  it("is worth nothing while its user is banned, and something again when the ban has lapsed", async () => {
    await world.truth('update "user" set banned = true where id = $1', ben.userId);
    expect(await projects()).toBe("authentication_required");
    expect(await rawProjects()).toBe(0);
    await world.truth("update \"user\" set ban_expires = now() - interval '1 second' where id = $1", ben.userId);
    expect(await projects()).toBe(1);
  });

  it("shows nothing of an organization that its user was removed from", async () => {
    await world.auth.api.removeMember({
      body: { memberIdOrEmail: ben.email, organizationId: acme },
      headers: world.headersOf(ada),
    });
    expect(await projects()).toBe("no_active_organization");
    expect(await rawProjects()).toBe(0);
  });

  it("may do only what the new role may do after a demotion", async () => {
    expect((await world.call(ben, "POST", "/projects", { name: "Before" })).status).toBe(201);
    await world.truth("update member set role = 'member' where user_id = $1", ben.userId);
    expect((await world.call(ben, "POST", "/projects", { name: "After" })).status).toBe(403);
    expect(await world.refusal(ben, "insert into projects (name) values ('After')")).toBe("42501");
    await world.truth("delete from projects where name <> 'Apollo'");
  });

  it("shows nothing while no organization is active", async () => {
    await world.activate(ben, null);
    expect(await projects()).toBe("no_active_organization");
    expect(await rawProjects()).toBe(0);
  });

  it("keeps two devices of one user apart", async () => {
    const phone = await world.signIn(ben.email);
    expect(await projects(phone)).toBe("no_active_organization");
    expect(await projects()).toBe(1);
  });

  it("still reads what is public, whatever became of it", async () => {
    await world.truth("delete from session where user_id = $1", ben.userId);
    expect((await world.call(ben, "GET", "/categories")).status).toBe(200);
    expect((await world.call(null, "GET", "/categories")).status).toBe(200);
  });
});
