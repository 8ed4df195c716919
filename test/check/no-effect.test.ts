/** What a declaration says in vain is a finding; what it repeats to be clear is none. */
import { integer, text } from "drizzle-orm/pg-core";
import { id, organization, owner, table } from "hedgerow";
import { describe, expect, it } from "vitest";
import { guard, withFirewall } from "../support/untyped.js";
import { codes, found } from "./findings.js";

const notes = () =>
  table("notes", { id: id(), organizationId: organization(), userId: owner(), state: text("state"), rank: integer() });
const everyone = { roles: ["PUBLIC"] };
const member = { roles: ["member+"] };
const idle = (source: unknown) => codes({ notes: source }).filter((line) => line.startsWith("no_"));
const read = (rule: unknown, firewall: unknown = "organization") => idle(guard(notes(), firewall, { read: rule }));

describe("a rule that opens nothing is found", () => {
  it("where PUBLIC stands behind a firewall that asks for somebody", () => {
    expect(read(everyone)).toEqual(["no_effect notes access.read"]);
    expect(read(everyone, "owner")).toEqual(["no_effect notes access.read"]);
    expect(read({ or: [{ ...everyone, record: { state: { equals: "open" } } }, { roles: ["admin+"] }] })).toEqual([
      "no_effect notes access.read",
    ]);
  });

  it("where PUBLIC may change what only members read", () => {
    const source = guard(notes(), { exception: "a test" }, { read: member, update: everyone, create: everyone });
    expect(idle(source)).toEqual(["no_effect notes access.update"]);
  });

  it("where a role is among those of another", () => {
    expect(read({ roles: ["member+", "admin"] })).toEqual(["no_effect notes access.read.roles[1]"]);
    expect(read({ roles: ["AUTHENTICATED"], userRoles: ["admin", "user"] })).toEqual([]);
  });

  it("where a role may change what it cannot read", () => {
    const access = {
      read: { roles: ["admin+"] },
      update: { roles: ["member", "admin"] },
      delete: { roles: ["member", "owner"] },
    };
    expect(idle(guard(notes(), "organization", access))).toEqual([
      "no_effect notes access.update",
      "no_effect notes access.delete",
    ]);
    const pair = { read: member, update: { before: { roles: ["admin", "owner", "admin+"] }, after: member } };
    expect(idle(guard(notes(), "organization", pair))).toEqual([
      "no_effect notes access.update.before.roles[0]",
      "no_effect notes access.update.before.roles[1]",
      "no_effect notes access.update.before.roles[2]",
    ]);
  });

  it("where an alternative is within another, or can never hold beside the rest", () => {
    const few = { ...member, record: { state: { equals: "open" } } };
    expect(read({ or: [member, few] })).toEqual(["no_effect notes access.read.or[1]"]);
    const open = { field: "state", equals: "open" };
    const closed = { roles: ["admin+"], record: { state: { equals: "closed" } } };
    expect(read({ or: [few, closed] }, ["organization", open])).toEqual(["no_effect notes access.read.or[1]"]);
  });

  it("where nobody has said who may do what", () => {
    expect(idle(withFirewall(notes(), "organization"))).toEqual(["no_access notes access"]);
    expect(idle(guard(notes(), "organization", {}))).toEqual([]);
  });

  it("with what would be right", () => {
    const [finding] = found({ notes: guard(notes(), "organization", { read: everyone }) });
    expect(finding).toMatchObject({
      message: 'Nobody gets in by "PUBLIC" alone: the firewall or the read rule asks for more.',
      fix: "Name those who do get in, or correct the firewall or the read rule.",
    });
  });
});

describe("a rule that says again what must hold anyway is none", () => {
  it.each([
    [
      "the roles of the read rule",
      { read: member, update: { ...member, record: { userId: { equals: "ctx.userId" } } } },
    ],
    ["a scope of the firewall", { read: { ...member, record: { organizationId: { equals: "ctx.activeOrgId" } } } }],
    ["being signed in", { read: { roles: ["AUTHENTICATED"] } }],
    ["roles of two kinds", { read: { or: [member, { userRoles: ["admin"] }] } }],
    [
      "an alternative for what is empty",
      { read: { ...member, or: [{ record: { state: { isNull: true } } }, { record: { state: { equals: "open" } } }] } },
    ],
  ])("%s", (_, access) => {
    expect(idle(guard(notes(), "organization", access))).toEqual([]);
  });

  it("PUBLIC where everybody sees rows", () => {
    expect(read(everyone, { exception: "a test" })).toEqual([]);
    expect(
      read({ or: [{ ...everyone, record: { state: { equals: "open" } } }, member] }, { exception: "a test" }),
    ).toEqual([]);
  });
});
