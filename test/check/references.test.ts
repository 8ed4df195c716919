/** `check` finds references that list or lock accounts. */
import { foreignKey, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import { id, owner, table } from "hedgerow";
import { describe, expect, it } from "vitest";
import { codes, everyone, found, member, open, ownRow, signedIn } from "./findings.js";

const user = pgTable("user", { id: text("id").primaryKey(), email: text("email").notNull().unique() });

describe("a reference to a table without rules", () => {
  const columns = () => ({ id: id(), userId: owner() });
  const rules = { read: member, create: ownRow, update: ownRow } as const;

  it("is found where a caller may write any value", () => {
    const invites = table("invites", {
      ...columns(),
      email: text("email").references(() => user.email, { onDelete: "cascade", onUpdate: "cascade" }),
    })
      .firewall(open)
      .access(rules);
    expect(codes({ user, invites })).toEqual(["unguarded_reference invites columns.email"]);
    expect(found({ user, invites })[0]?.message).toContain('"user"');
  });

  it("is none where the rules name what may be written, or the database writes it", () => {
    const cascade = { onDelete: "cascade" } as const;
    const pinned = table("notes", { id: id(), userId: owner().references(() => user.id, cascade) })
      .firewall(open)
      .access(rules);
    expect(codes({ user, pinned })).toEqual([]);
    const scoped = table("notes", { id: id(), userId: owner().references(() => user.id, cascade) })
      .firewall("owner")
      .access({ read: signedIn, create: signedIn, update: signedIn });
    expect(codes({ user, scoped })).toEqual([]);
    const unwritten = table("notes", { id: id(), userId: text("user_id").references(() => user.id, cascade) })
      .firewall(open)
      .access({ read: signedIn, delete: ownRow });
    expect(codes({ user, unwritten })).toEqual([]);
  });

  it("is found where one of two alternatives, or the update alone, leaves the value open", () => {
    const notes = () =>
      table("notes", {
        id: id(),
        userId: text("user_id")
          .notNull()
          .references(() => user.id, { onDelete: "cascade" }),
      }).firewall(open);
    const either = { or: [{ roles: ["admin+"] }, ownRow] } as const;
    const made = notes().access({ read: signedIn, create: either });
    expect(codes({ user, made })).toEqual(["unguarded_reference notes columns.userId"]);
    const changed = notes().access({ read: signedIn, create: ownRow, update: { before: ownRow, after: member } });
    expect(codes({ user, changed })).toEqual(["unguarded_reference notes columns.userId"]);
  });

  it("of several columns is found where one of them is open", () => {
    const seats = pgTable("seats", { userId: text("user_id"), place: text("place") }, (t) => [
      primaryKey({ columns: [t.userId, t.place] }),
    ]);
    const bookings = table("bookings", { ...columns(), place: text("place").notNull() }, (t) => [
      foreignKey({ columns: [t.userId, t.place], foreignColumns: [seats.userId, seats.place] }).onDelete("cascade"),
    ])
      .firewall("owner")
      .access({ read: signedIn, create: signedIn });
    expect(codes({ seats, bookings })).toEqual(["unguarded_reference bookings foreignKey(userId, place)"]);
  });

  it("is found where it keeps an account from being deleted", () => {
    const notes = (actions: { onDelete?: "restrict" | "no action" | "set null" | "cascade" }) =>
      table("notes", { id: id(), userId: owner().references(() => user.id, actions) })
        .firewall("owner")
        .access({ read: signedIn, create: signedIn });
    for (const actions of [
      {},
      { onDelete: "restrict" },
      { onDelete: "no action" },
      { onDelete: "set null" },
    ] as const) {
      expect(codes({ user, notes: notes(actions) })).toEqual(["blocking_reference notes columns.userId"]);
    }
    expect(codes({ user, notes: notes({ onDelete: "cascade" }) })).toEqual([]);
    const empty = table("notes", {
      id: id(),
      userId: text("user_id").references(() => user.id, { onDelete: "set null" }),
    })
      .firewall(open)
      .access({ read: signedIn, create: ownRow });
    expect(codes({ user, empty })).toEqual([]);
  });

  it("is found where it keeps an address from being changed", () => {
    const notes = table("notes", {
      ...columns(),
      email: text("email").references(() => user.email, { onDelete: "cascade" }),
    })
      .firewall(open)
      .access({
        read: member,
        create: { record: { userId: { equals: "ctx.userId" }, email: { isNull: true } } },
      });
    expect(codes({ user, notes })).toEqual(["blocking_reference notes columns.email"]);
    expect(found({ user, notes })[0]?.fix).toContain('onUpdate: "cascade"');
  });

  it("is found where a row below what goes with the account blocks it", () => {
    const posts = table("posts", { id: id(), userId: owner().references(() => user.id, { onDelete: "cascade" }) })
      .firewall(open)
      .access({ read: everyone, create: ownRow });
    const likes = (onDelete: "cascade" | "restrict") =>
      table("likes", {
        ...columns(),
        postId: text("post_id")
          .notNull()
          .references(() => posts.id, { onDelete }),
      })
        .firewall("owner")
        .access({ read: signedIn, create: signedIn });
    expect(codes({ user, posts, likes: likes("restrict") })).toEqual(["blocking_reference likes columns.postId"]);
    expect(codes({ user, posts, likes: likes("cascade") })).toEqual([]);
  });
});
