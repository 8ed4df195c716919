/** What callers may be given to read beyond the usual, and what nobody can give them. */
import type { BetterAuthOptions } from "better-auth";
import { organization } from "better-auth/plugins";
import { authTables, type Expose, sessionIdentity } from "hedgerow/better-auth";
import { describe, expect, it } from "vitest";
import { basics } from "../support/better-auth.js";
import { catalog } from "../support/catalog.js";

const options = {
  ...basics,
  user: {
    additionalFields: {
      region: { type: "string", required: false },
      hidden: { type: "string", required: false, returned: false },
      resetToken: { type: "string", required: false },
    },
  },
  plugins: [
    organization({ teams: { enabled: true }, dynamicAccessControl: { enabled: true } }),
    {
      id: "billing",
      schema: {
        invoice: {
          fields: {
            organizationId: { type: "string", required: true, references: { model: "organization", field: "id" } },
            amount: { type: "number", required: true },
            paymentKey: { type: "string", required: true },
          },
        },
        note: { fields: { text: { type: "string", required: true } } },
        user: { fields: { plan: { type: "string", required: false } } },
      },
    },
  ],
} satisfies BetterAuthOptions;

const opened = (expose: Expose, of: BetterAuthOptions = options) =>
  Object.fromEntries(
    (sessionIdentity(of, { expose }).readable ?? []).map(({ table, columns }) => [table.name, columns]),
  );

const policy = (expose: Expose, name: string) =>
  sessionIdentity(options, { expose }).policies.find(
    (each) => each.table.name === name && each.name === "hedgerow_caller_select",
  )?.using;

describe("a column that a plugin or an option adds", () => {
  it("is not read by callers until somebody says so", () => {
    expect(opened({}).user).toEqual(["id", "name", "email", "email_verified", "image", "created_at", "updated_at"]);
    expect(opened({ user: ["region", "plan"] }).user).toEqual([...(opened({}).user ?? []), "region", "plan"]);
  });

  it("is not read although its name is known, where the options hide it", () => {
    const hiding: BetterAuthOptions = {
      ...basics,
      user: { additionalFields: { username: { type: "string", returned: false } } },
    };
    expect(opened({}, hiding).user).not.toContain("username");
  });

  it("is not read where a known name stands for a column that says it is a secret", () => {
    expect(opened({}, { ...basics, user: { fields: { image: "resetToken" } } }).user).not.toContain("reset_token");
  });
});

describe("a table that a plugin adds", () => {
  it("is read by nobody until somebody says whose rows and which columns", () => {
    expect(Object.keys(opened({})).sort()).toEqual(["invitation", "member", "organization", "session", "user"]);
    const expose = { invoice: { rows: "organization", fields: ["amount"] } } satisfies Expose;
    expect(opened(expose).invoice).toEqual(["id", "organization_id", "amount"]);
    expect(policy(expose, "invoice")).toBe("organization_id = any ((select hedgerow.member_organizations())::text[])");
  });

  it("of teams and of an organization's own roles needs one word", () => {
    const expose = { team: "organization", teamMember: "user", organizationRole: "organization" } satisfies Expose;
    expect(opened(expose)).toMatchObject({
      team: ["id", "name", "organization_id", "created_at", "updated_at"],
      team_member: ["id", "team_id", "user_id", "created_at"],
      organization_role: ["id", "organization_id", "role", "permission", "created_at", "updated_at"],
    });
    expect(policy(expose, "team_member")).toBe("user_id = (select hedgerow.get_user_id())");
  });
});

describe("a mistake", () => {
  it("is told with all others, and with what would be right", () => {
    const mistakes: object = {
      user: ["regoin", "hidden", "resetToken"],
      session: ["token"],
      organization: "organization",
      member: { rows: "user", fields: ["role"] },
      invoice: { rows: "organization", fields: ["paymentKey"] },
      note: { rows: "user", fields: ["text"] },
      account: { rows: "user", fields: ["scope"] },
      unknown: ["x"],
    };
    const expose = mistakes as Expose;
    expect(() => sessionIdentity(options, { expose })).toThrowErrorMatchingInlineSnapshot(`
      [Error: What callers cannot be given to read:
      - user: there is no field "regoin"; there are name, email, emailVerified, image, createdAt, updatedAt, plan, region, hidden, resetToken
      - user: "hidden" is a secret, because Better Auth never returns it
      - user: "resetToken" is a secret, by its name
      - session: "token" is a secret, by its name
      - organization: it takes a list of fields, because callers read the table anyway: ["region"]
      - member: it takes a list of fields, because callers read the table anyway: ["region"]
      - invoice: "paymentKey" is a secret, by its name
      - note: its rows belong to no user, because it has no field "userId" that holds an id
      - account: it holds credentials or leads to some, so callers never read it; ask Better Auth's API
      - unknown: Better Auth stores no such table; it stores user, session, account, verification, organization, organizationRole, team, teamMember, member, invitation, invoice, note]
    `);
    expect(() => authTables(options, { expose })).toThrow("What callers cannot be given to read");
  });

  it("is to open any table of the catalog that holds credentials", () => {
    const models = Object.keys(authTables(catalog));
    const open = ["user", "session", "organization", "member", "invitation"];
    const harmless = ["team", "teamMember", "organizationRole"];
    const closed = models.filter((name) => !open.includes(name) && !harmless.includes(name));
    expect(closed).toHaveLength(models.length - 8);
    for (const name of closed) {
      const attempt = () => sessionIdentity(catalog, { expose: { [name]: { rows: "user", fields: ["createdAt"] } } });
      expect(attempt, name).toThrow("ask Better Auth's API");
    }
  });
});
