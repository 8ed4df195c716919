/** What a rule means, in words: the interpreters agree with each other on whatever this says, right or wrong. */
import { integer, text } from "drizzle-orm/pg-core";
import { organization, table } from "hedgerow";
import { sessionIdentity } from "hedgerow/better-auth";
import { compile } from "hedgerow/postgres";
import { describe, expect, it } from "vitest";
import { describe as sentence } from "../../src/condition/describe.js";
import { guard } from "../support/untyped.js";

const identity = sessionIdentity({});
const draft = () =>
  table("documents", {
    id: text("id").primaryKey().default("made"),
    organizationId: organization(),
    userId: text("user_id"),
    level: integer("level"),
  });

const commandsOf = (access: unknown, firewall: unknown = { exception: "a test" }) => {
  const [found] = compile({ documents: guard(draft(), firewall, access) }, identity).schema.tables;
  if (!found) throw new Error("There is no table.");
  return found.definition.commands;
};
const read = (rule: unknown, firewall?: unknown): string => {
  const { select } = commandsOf({ read: rule }, firewall);
  return select ? sentence(select) : "nobody";
};

const own = { record: { userId: { equals: "ctx.userId" } } };
const low = { record: { level: { lessThan: 5 } } };

describe("a rule", () => {
  it.each<{ readonly rule: unknown; readonly says: string }>([
    { rule: { roles: ["PUBLIC"] }, says: "always" },
    { rule: { roles: ["AUTHENTICATED"] }, says: "the caller is signed in" },
    { rule: { roles: ["admin+"] }, says: "the caller has the role admin or owner" },
    { rule: { roles: ["owner", "member"] }, says: "the caller has the role member or owner" },
    { rule: { roles: ["member", "PUBLIC"] }, says: "always" },
    { rule: { userRoles: ["admin"] }, says: "the caller has the platform role admin" },
    {
      rule: { roles: ["admin"], userRoles: ["user"] },
      says: "the caller has the role admin and the caller has the platform role user",
    },
    { rule: own, says: "userId is the caller" },
    {
      rule: { record: { level: { greaterThan: 1, lessThan: 5 } }, roles: ["PUBLIC"] },
      says: "level is greater than 1 and level is less than 5",
    },
    { rule: { or: [{ roles: ["admin"] }, own] }, says: "the caller has the role admin or userId is the caller" },
    { rule: { and: [{ roles: ["admin"] }, own] }, says: "the caller has the role admin and userId is the caller" },
  ])("$rule says: $says", ({ rule, says }) => {
    expect(read(rule)).toBe(says);
  });

  // A rule that says nothing of the caller is not meant for everybody on the internet.
  it.each<{ readonly rule: unknown; readonly says: string }>([
    { rule: low, says: "level is less than 5 and the caller is signed in" },
    { rule: { not: low }, says: "not level is less than 5 and the caller is signed in" },
    { rule: { not: { roles: ["admin"] } }, says: "not the caller has the role admin and the caller is signed in" },
    { rule: { and: [low, low] }, says: "level is less than 5 and the caller is signed in" },
    {
      rule: { or: [low, { roles: ["admin"] }] },
      says: "(level is less than 5 and the caller is signed in) or the caller has the role admin",
    },
    { rule: { and: [{ roles: ["PUBLIC"] }, low] }, says: "level is less than 5" },
    { rule: { roles: ["PUBLIC"], or: [low, { not: low }] }, says: "level is less than 5 or not level is less than 5" },
    { rule: { not: { not: { roles: ["PUBLIC"] } } }, says: "the caller is signed in" },
  ])("$rule asks for a signed-in caller unless it says PUBLIC: $says", ({ rule, says }) => {
    expect(read(rule)).toBe(says);
  });

  it("stands beside the firewall, which every command repeats", () => {
    const commands = commandsOf(
      { read: { roles: ["member+"] }, create: { roles: ["admin"] }, update: own, delete: { roles: ["owner"] } },
      "organization",
    );
    const inside = "organizationId is the caller's active organization";
    const member = "the caller has the role member, admin or owner";
    expect(commands.select && sentence(commands.select)).toBe(`${inside} and ${member}`);
    expect(commands.insert && sentence(commands.insert)).toBe(`${inside} and the caller has the role admin`);
    expect(commands.update && sentence(commands.update.using)).toBe(`${inside}, userId is the caller and ${member}`);
    expect(commands.update && sentence(commands.update.check)).toBe(`${inside}, userId is the caller and ${member}`);
    expect(commands.delete && sentence(commands.delete)).toBe(`${inside} and the caller has the role owner`);
  });

  it("that is absent denies", () => {
    expect(commandsOf({ read: { roles: ["PUBLIC"] } })).toEqual({ select: { _tag: "Constant", value: true } });
    expect(commandsOf({})).toEqual({});
  });

  it("for update may differ before and after, and both need what read needs", () => {
    const { update } = commandsOf({ read: { roles: ["member"] }, update: { before: own, after: low } });
    expect(update && sentence(update.using)).toBe("userId is the caller and the caller has the role member");
    expect(update && sentence(update.check)).toBe(
      "level is less than 5, the caller is signed in and the caller has the role member",
    );
  });

  it("may spell a value of the caller with or without a dollar sign", () => {
    expect(read({ record: { userId: { equals: "$ctx.userId" } } })).toBe(read(own));
  });
});
