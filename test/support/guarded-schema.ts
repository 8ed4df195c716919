/** A schema with both kinds of tables, as objects and as the files of a project. */
import { organization as organizationPlugin } from "better-auth/plugins";
import { text, unique } from "drizzle-orm/pg-core";
import { id, organization, table } from "hedgerow";
import { authTables, sessionIdentity } from "hedgerow/better-auth";

const options = { plugins: [organizationPlugin()], emailAndPassword: { enabled: true } };

export const identity = sessionIdentity(options);
export const auth: Readonly<Record<string, unknown>> = authTables(options);

export const projects = table("projects", {
  id: id("prj"),
  organizationId: organization(),
  name: text("name").notNull(),
})
  .firewall("organization")
  .access({ read: { roles: ["member+"] }, create: { roles: ["admin+"] }, update: { roles: ["admin+"] } });

export const tasks = table(
  "tasks",
  {
    id: id(),
    organizationId: organization(),
    projectId: text("project_id")
      .notNull()
      .references(() => projects.id),
    title: text("title").notNull(),
  },
  (self) => [unique().on(self.organizationId, self.title)],
)
  .firewall("organization")
  .access({ read: { roles: ["member+"] }, create: { roles: ["member+"] }, delete: { roles: ["admin+"] } });

export const schema: Readonly<Record<string, unknown>> = { ...auth, projects, tasks };

/** The same, as a user writes it. */
export const files = {
  "auth.ts": `
import { organization } from "better-auth/plugins";
import { authTables } from "hedgerow/better-auth";
export const authOptions = { plugins: [organization()], emailAndPassword: { enabled: true } };
export const { user, session, account, verification, organization: organizations, member, invitation } = authTables(authOptions);
`,
  "drizzle.config.ts": `
import { sessionIdentity } from "hedgerow/better-auth";
import { withHedgerow } from "hedgerow/drizzle-kit";
import { authOptions } from "./auth";
import * as schema from "./schema";
export default withHedgerow(
  { dialect: "postgresql", schema: "./schema.ts", dbCredentials: { url: process.env.DATABASE_URL! } },
  { schema, identity: sessionIdentity(authOptions) },
);
`,
} as const;

/** `schema.ts` of a project with the table `notes` and, where given, more columns and more tables. */
export const schemaFile = (columns = "", tables = ""): string => `
import { sql } from "drizzle-orm";
import { integer, text } from "drizzle-orm/pg-core";
import { id, organization, table } from "hedgerow";
export * from "./auth";
export const used = [sql, integer];
const guard = { read: { roles: ["member+"] }, create: { roles: ["member+"] } } as const;
export const notes = table("notes", { id: id(), organizationId: organization(), body: text("body").notNull(), ${columns} })
  .firewall("organization")
  .access(guard);
${tables}
`;

/** As the superuser: Ada with a live session in organization `o1`; her token is `ada`. */
export const seed = `
insert into "user" (id, name, email, email_verified, created_at, updated_at) values ('ada', 'Ada', 'ada@example.com', true, now(), now());
insert into organization (id, name, slug, created_at) values ('o1', 'One', 'one', now()), ('o2', 'Two', 'two', now());
insert into member (id, organization_id, user_id, role, created_at) values ('m1', 'o1', 'ada', 'member', now());
insert into session (id, token, user_id, expires_at, created_at, updated_at, active_organization_id)
  values ('s1', 'ada', 'ada', now() + interval '1 day', now(), now(), 'o1');
`;
