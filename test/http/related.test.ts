/** Rows of Better Auth's tables beside those of an application: by relation, and those of colleagues. */
import type { BetterAuthOptions } from "better-auth";
import { relations } from "drizzle-orm";
import { pgTable, text } from "drizzle-orm/pg-core";
import { id, organization, owner, table } from "hedgerow";
import { type Expose, sessionAuthenticator, sessionIdentity } from "hedgerow/better-auth";
import { type Acting, withCaller } from "hedgerow/hono";
import { Hono } from "hono";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { authOptions } from "../../examples/app/auth.js";
import { baseURL, type Kind, openWorld, type Person, type World } from "../support/world.js";

const identity = { expose: { user: { rows: "organization", fields: ["name", "image"] } } } as const;
/** As an application reads it. */
const user = pgTable("user", {
  id: text("id").primaryKey(),
  name: text("name").notNull(),
  email: text("email").notNull(),
  image: text("image"),
});
const members = { roles: ["member+"] } as const;
const posts = table("posts", {
  id: id(),
  organizationId: organization(),
  userId: owner(),
  title: text("title").notNull(),
})
  .firewall("organization")
  .access({ read: members, create: { ...members, record: { userId: { equals: "ctx.userId" } } } });
const remarks = table("remarks", {
  id: id(),
  organizationId: organization(),
  postId: text("post_id").references(() => posts.id),
  userId: owner(),
  text: text("text").notNull(),
})
  .firewall("organization")
  .access({ read: members, create: { ...members, record: { userId: { equals: "ctx.userId" } } } });
const related = {
  posts,
  remarks,
  user,
  postRelations: relations(posts, ({ one, many }) => ({
    author: one(user, { fields: [posts.userId], references: [user.id] }),
    remarks: many(remarks),
  })),
  remarkRelations: relations(remarks, ({ one }) => ({
    post: one(posts, { fields: [remarks.postId], references: [posts.id] }),
    author: one(user, { fields: [remarks.userId], references: [user.id] }),
  })),
};

describe.each<Kind>(["postgres", "pglite", "postgres-15"])("a colleague on %s", (kind) => {
  let world: World;
  let ada: Person;
  let ben: Person;
  let eve: Person;
  let acme: string;
  const errors: Array<unknown> = [];

  beforeAll(async () => {
    world = await openWorld(kind, { posts, remarks }, sessionIdentity(authOptions, identity));
    ada = await world.signUp("ada");
    ben = await world.signUp("ben");
    eve = await world.signUp("eve");
    acme = await world.createOrganization(ada, "acme");
    await world.join(ben, acme, "member");
    await world.createOrganization(eve, "globex");
    const post = await world.call(ada, "POST", "/posts", { title: "Hello" });
    await world.call(ben, "POST", "/remarks", { text: "Hi", postId: post.json.id });
  });
  afterAll(() => world.close());

  const query = async (who: Person, use: (acting: Acting<typeof related>) => Promise<unknown>) => {
    const acting = withCaller({
      schema: related,
      auth: sessionAuthenticator(world.auth),
      database: world.api,
      onError: (error) => void errors.push(error),
    });
    const app = new Hono().get("/", acting, async (c) => c.json({ data: await use(c.var.hedgerow) }));
    const answer = await app.request(`${baseURL}/`, { headers: { cookie: who.cookie, origin: baseURL } });
    const json = await answer.json();
    return json.data ?? json.code;
  };

  it("is shown by a relation whose columns are named, in every depth and order", async () => {
    const find = ({ db }: Acting<typeof related>) =>
      db.query.posts.findMany({
        columns: { title: true },
        limit: 5,
        orderBy: (post, { desc }) => desc(post.title),
        with: {
          author: { columns: { name: true } },
          remarks: {
            columns: { text: true },
            limit: 3,
            orderBy: (remark, { asc }) => asc(remark.id),
            with: { author: { columns: { name: true, image: true } } },
          },
        },
      });
    expect(await query(ben, find)).toEqual([
      {
        title: "Hello",
        author: { name: "ada" },
        remarks: [{ text: "Hi", author: { name: "ben", image: null } }],
      },
    ]);
    expect(await query(eve, find)).toEqual([]);
  });

  it("is refused with columns that nobody opened, named or meant by all", async () => {
    expect(
      await query(ben, ({ db }) => db.query.posts.findMany({ with: { author: { columns: { email: true } } } })),
    ).toBe("forbidden");
    expect(await query(ben, ({ db }) => db.query.posts.findMany({ with: { author: true } }))).toBe("forbidden");
    expect(
      await query(ben, ({ db }) =>
        db.query.user.findMany({ columns: { name: true }, where: (u, { like }) => like(u.email, "%") }),
      ),
    ).toBe("forbidden");
  });

  it("is whoever shares the organization that is active now, and nobody else", async () => {
    const names = async (who: Person) => {
      const [rows] = await world.as(who, `select name from "user" order by name`);
      return rows?.rows.map(({ name }) => name);
    };
    expect(await names(ada)).toEqual(["ada", "ben"]);
    expect(await names(ben)).toEqual(["ada", "ben"]);
    expect(await names(eve)).toEqual(["eve"]);
    // A member of two organizations sees the colleagues of one at a time.
    const globex = await world.truth("select id from organization where slug = 'globex'");
    await world.join(ben, String(globex[0]?.id), "member");
    expect(await names(ben)).toEqual(["ben", "eve"]);
    await world.activate(ben, null);
    expect(await names(ben)).toEqual(["ben"]);
    await world.activate(ben, acme);
    await world.truth("delete from member where user_id = $1 and organization_id = $2", ben.userId, acme);
    expect([await names(ben), await names(ada)]).toEqual([["ben"], ["ada"]]);
    await expect(world.as(null, `select name from "user"`)).rejects.toMatchObject({ sqlState: "42501" });
  });

  it.each(["email", "email_verified", "role", "banned", "created_at", "*"])(
    "shows nobody %s, not even of themselves, where it was not named",
    async (column) => {
      expect(await world.refusal(ada, `select ${column} from "user"`)).toBe("42501");
      expect(
        await world.refusal(
          ada,
          `select name from "user" where ${column === "*" ? '"user"::text' : `${column}::text`} <> ''`,
        ),
      ).toBe("42501");
    },
  );

  it("can be told by no function or setting that a caller could bend", async () => {
    expect(await world.refusal(ada, "select token from session")).toBe("42501");
    expect(await world.refusal(ada, `update "user" set name = 'x'`)).toBe("42501");
    const [own] = await world.as(
      eve,
      `select ${JSON.stringify(ada.userId).replaceAll('"', "'")} = any (hedgerow.colleagues()) as ada`,
    );
    expect(own?.rows).toEqual([{ ada: false }]);
    const [forged] = await world
      .as(
        eve,
        "select set_config('hedgerow.caller', '{}', true)",
        `select set_config('hedgerow.request', '', true)`,
        `select id from "user"`,
      )
      .then((results) => results.slice(2));
    expect(forged?.rows).toEqual([]);
  });

  it("was never an error for the log", () => {
    expect(errors).toEqual([]);
  });
});

describe("the columns of colleagues", () => {
  it("need organizations, and are no secrets", () => {
    const attempt = (expose: object, options: BetterAuthOptions = authOptions) => {
      return () => sessionIdentity(options, { expose: expose as Expose });
    };
    expect(attempt({ user: { rows: "organization", fields: ["nmae"] } })).toThrow(/no field "nmae"/);
    expect(attempt({ user: { rows: "user", fields: ["name"] } })).toThrow(/user: it takes a list of fields/);
    expect(attempt({ user: { rows: "organization", fields: ["name"] } }, { ...authOptions, plugins: [] })).toThrow(
      /nobody shares an organization/,
    );
    expect(attempt({ member: { rows: "organization", fields: ["role"] } })).toThrow(/member: it takes a list/);
    const named = { ...authOptions, user: { additionalFields: { resetToken: { type: "string" } } } } as const;
    expect(attempt({ user: { rows: "organization", fields: ["resetToken"] } }, named)).toThrow(
      /"resetToken" is a secret/,
    );
  });
});
