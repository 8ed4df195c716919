/** What the router's type knows, and what it refuses to be built from. */
import { bigint, integer, jsonb, text, timestamp } from "drizzle-orm/pg-core";
import { id, organization, owner, table } from "hedgerow";
import { createClient } from "hedgerow/client";
import {
  type Authenticator,
  type CreateOf,
  createRouter,
  type DatabaseShape,
  type GuardOf,
  type RoutesOf,
  type RowOf,
  type UpdateOf,
} from "hedgerow/hono";
import { hc } from "hono/client";
import { expectAssignable, expectError, expectNotAssignable, expectType } from "tsd";

declare const auth: Authenticator;
declare const database: DatabaseShape;

const jobPostings = table("job_postings", {
  id: id("job"),
  organizationId: organization(),
  userId: owner(),
  title: text("title").notNull(),
  salary: integer("salary"),
  views: bigint("views", { mode: "bigint" }),
  data: jsonb("data").$type<{ a: number }>(),
  createdAt: timestamp("created_at").notNull().defaultNow(),
})
  .firewall("organization")
  .access({ read: { roles: ["member+"] }, create: { roles: ["member+"] }, update: { roles: ["admin"] } });

const countries = table("countries", { code: text("code").primaryKey(), name: text("name").notNull() })
  .firewall({ exception: "the same for everyone" })
  .access({ read: { roles: ["PUBLIC"] }, create: { userRoles: ["admin"] } });

const inbox = table("inbox", { id: id(), body: text("body").notNull() })
  .firewall({ exception: "anyone may write" })
  .access({ create: { roles: ["PUBLIC"] } });

type Job = GuardOf<typeof jobPostings>;

// ── rows and bodies ─────────────────────────────────────────────────────────────────────────────────────────────────

expectType<{
  readonly id: string;
  readonly organizationId: string;
  readonly userId: string;
  readonly title: string;
  readonly salary: number | null;
  readonly views: string | null;
  readonly data: { a: number } | null;
  readonly createdAt: string;
}>({} as RowOf<Job>);

const tickets = table("tickets", {
  id: text("id")
    .primaryKey()
    .$defaultFn(() => "t"),
  code: text("code")
    .notNull()
    .$default(() => "c"),
  changed: integer("changed")
    .notNull()
    .$onUpdate(() => 1),
})
  .firewall({ exception: "a test" })
  .access({ read: { roles: ["PUBLIC"] }, create: { roles: ["PUBLIC"] }, update: { roles: ["PUBLIC"] } });
// What the application computes may be left out; a key that it makes is not a request's to choose.
expectAssignable<CreateOf<GuardOf<typeof tickets>>>({});
expectAssignable<CreateOf<GuardOf<typeof tickets>>>({ code: "x", changed: 2 });
expectError<CreateOf<GuardOf<typeof tickets>>>({ id: "t" });
expectAssignable<CreateOf<Job>>({ title: "x" });
expectAssignable<CreateOf<Job>>({ title: "x", userId: "u", salary: null, views: "1", createdAt: "2026-01-01" });
expectNotAssignable<CreateOf<Job>>({});
expectError<CreateOf<Job>>({ title: "x", organizationId: "o" });
expectError<CreateOf<Job>>({ title: "x", id: "job_1" });
expectAssignable<UpdateOf<Job>>({});
expectError<UpdateOf<Job>>({ organizationId: "o" });
expectError<UpdateOf<Job>>({ title: null });
expectAssignable<CreateOf<GuardOf<typeof countries>>>({ code: "de", name: "Germany" });
expectError<UpdateOf<GuardOf<typeof countries>>>({ code: "de" });

// ── the router ──────────────────────────────────────────────────────────────────────────────────────────────────────

const router = createRouter({ schema: { jobPostings, countries, inbox, anything: 1 }, auth, database });
const viaHono = hc<typeof router>("");
const client = createClient<{ jobPostings: typeof jobPostings; countries: typeof countries; inbox: typeof inbox }>("");

viaHono["job-postings"].$get({ query: { title: "x", sort: "-createdAt", limit: "1", total: "true" } });
viaHono["job-postings"].$post({ json: { title: "x" } });
viaHono["job-postings"][":id"].$patch({ param: { id: "x" }, json: { title: "y" } });
expectError(viaHono["job-postings"].$post({ json: { titel: "x" } }));
expectError(viaHono["job-postings"][":id"].$delete({ param: { id: "x" } }));
expectError(viaHono.jobPostings);
expectError(viaHono.anything);
expectError(viaHono.inbox.$get());

client["job-postings"].$get({ query: { title: "x", sort: "-createdAt", limit: "1", total: "true" } });
client["job-postings"][":id"].$patch({ param: { id: "x" }, json: { title: "y" } });
client.inbox.$post({ json: { body: "x" } });
expectError(client["job-postings"].$get({ query: { titel: "x" } }));
expectError(client["job-postings"].$get({ query: { data: "x" } }));
expectError(client["job-postings"].$post({ json: { titel: "x" } }));
expectError(client["job-postings"][":id"].$delete({ param: { id: "x" } }));
expectError(client.inbox.$get());

const response = await client["job-postings"].$get();
if (response.ok) expectType<ReadonlyArray<RowOf<Job>>>((await response.json()).data);
else expectAssignable<string>((await response.json()).code);

// ── a table without a firewall ──────────────────────────────────────────────────────────────────────────────────────

const open = table("open", { id: id() });
expectError(createRouter({ schema: { open }, auth, database }));
// Nor does an export that could be anything hide it.
declare const unknownExport: unknown;
const anyExport = JSON.parse("{}");
expectError(createRouter({ schema: { unknownExport, open }, auth, database }));
expectError(createRouter({ schema: { anyExport, open }, auth, database }));
expectError(createRouter({ schema: { jobPostings, open }, auth, database }));
createRouter({ schema: { jobPostings, unknownExport }, auth, database });

// ── what is no route ────────────────────────────────────────────────────────────────────────────────────────────────

const keyless = table("keyless", { organizationId: organization(), body: text("body") })
  .firewall("organization")
  .access({ read: { roles: ["member"] }, delete: { roles: ["admin"] } });
const unfinished = table("unfinished", { id: id(), organizationId: organization() }).firewall("organization");
const data_points = countries;
type Routes = RoutesOf<{
  keyless: typeof keyless;
  unfinished: typeof unfinished;
  inbox: typeof inbox;
  data_points: typeof data_points;
  userProfiles: typeof jobPostings;
}>;
expectType<"/keyless" | "/inbox" | "/data-points" | "/data-points/:id" | "/user-profiles" | "/user-profiles/:id">(
  {} as keyof Routes,
);
expectType<"$get" | "$patch">({} as keyof Routes["/user-profiles/:id"]);
expectType<"$get" | "$post">({} as keyof Routes["/data-points"]);
expectType<"$post">({} as keyof Routes["/inbox"]);
