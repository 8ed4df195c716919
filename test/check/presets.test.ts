/** `check` finds presets that only look as if they were the caller. */
import { boolean } from "drizzle-orm/pg-core";
import { id, organization, owner, table, team } from "hedgerow";
import { describe, expect, it } from "vitest";
import { codes, found, member, open, ownRow, signedIn } from "./findings.js";

describe("a preset outside of the firewall", () => {
  const notes = () =>
    table("notes", { id: id(), organizationId: organization(), userId: owner(), teamId: team() }).firewall([
      { field: "organizationId", equals: "ctx.activeOrgId" },
      { field: "teamId", equals: "ctx.activeTeamId" },
    ]);

  it("is found where somebody may create a row with another's value", () => {
    const loose = notes().access({ read: member, create: member });
    expect(codes({ loose })).toEqual(["unpinned_preset notes access.create"]);
    expect(found({ loose })[0]?.fix).toContain('record: { userId: { equals: "ctx.userId" } }');
    const some = notes().access({ read: member, create: { or: [{ roles: ["admin"] }, ownRow] } });
    expect(found({ some })[0]?.message).toMatch(/^"admin" may create/);
    expect(codes({ pinned: notes().access({ read: member, create: { ...member, ...ownRow } }) })).toEqual([]);
  });

  it("is found where an update that never speaks of it may change it", () => {
    const silent = notes().access({ read: member, update: member });
    expect(codes({ silent })).toEqual(["unpinned_preset notes access.update"]);
    const said = notes().access({ read: member, update: { or: [{ roles: ["admin+"] }, ownRow] } });
    expect(codes({ said })).toEqual([]);
    expect(codes({ own: notes().access({ read: ownRow, update: member }) })).toEqual([]);
  });

  it("is found for every preset, and for a second one of a kind", () => {
    const columns = {
      id: id(),
      organizationId: organization(),
      teamId: team(),
      userId: owner(),
      editorId: owner("editor_id"),
    };
    const both = table("both", columns).firewall("owner").access({ read: signedIn, create: signedIn });
    expect(codes({ both })).toEqual([
      "unpinned_preset both access.create",
      "unpinned_preset both access.create",
      "unpinned_preset both access.create",
    ]);
    expect(found({ both }).map(({ message }) => /any "(\w+)"/.exec(message)?.[1])).toEqual([
      "organizationId",
      "teamId",
      "editorId",
    ]);
  });

  it("is none where no request can set it, because it is the key; as a key it is judged like any other", () => {
    const settings = (read: typeof ownRow | typeof chosen) =>
      table("settings", { userId: owner().primaryKey(), shared: boolean("shared").notNull() })
        .firewall(open)
        .access({ read, create: ownRow });
    const chosen = { ...signedIn, record: { shared: { equals: true } } } as const;
    expect(codes({ own: settings(ownRow) })).toEqual([]);
    expect(codes({ some: settings(chosen) })).toEqual(["unreadable_conflict settings columns.userId"]);
  });

  it("is none where nobody may write", () => {
    expect(codes({ read: notes().access({ read: member, delete: member }) })).toEqual([]);
  });
});
