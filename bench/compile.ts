/**
 * How compilation grows with the number of tables.
 *
 *     npm run bench:compile
 *
 * Invariant: figures of one run only; what counts is the growth from one size to the next.
 */
import { index, text, timestamp } from "drizzle-orm/pg-core";
import * as Effect from "effect/Effect";
import { id, organization, owner, table, understand } from "hedgerow";
import { sessionIdentity } from "hedgerow/better-auth";
import { compile } from "hedgerow/postgres";
import { check } from "../src/cli/check/check.js";
import { matrix } from "../src/cli/matrix/matrix.js";

const identity = sessionIdentity({});

/** Tables as a product has them: scoped, owned, related to the one before. */
const schemaOf = (size: number): Readonly<Record<string, unknown>> => {
  const tables: Array<ReturnType<typeof make>> = [];
  const make = (number: number) =>
    table(
      `table_${String(number).padStart(4, "0")}`,
      {
        id: id("row"),
        organizationId: organization(),
        userId: owner(),
        title: text("title").notNull(),
        createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
      },
      (t) => [index().on(t.organizationId, t.userId)],
    )
      .firewall("organization")
      .access({
        read: { or: [{ roles: ["admin+"] }, { record: { userId: { equals: "ctx.userId" } } }] },
        create: { roles: ["member+"] },
        update: { roles: ["admin+"] },
        delete: { roles: ["owner"] },
      });
  for (let number = 0; number < size; number++) tables.push(make(number));
  return Object.fromEntries(tables.map((each, number) => [`table${number}`, each]));
};

const milliseconds = (work: () => unknown): number => {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
};

milliseconds(() => compile(schemaOf(50), identity));
console.log("tables   understand   compile     check    matrix   (CPU ms; per table in brackets)");
for (const size of [10, 100, 1000]) {
  const schema = schemaOf(size);
  const understood = Effect.runSync(understand(schema));
  const figures = [
    milliseconds(() => Effect.runSync(understand(schema))),
    milliseconds(() => compile(schema, identity)),
    milliseconds(() => check(schema)),
    milliseconds(() => matrix(understood)),
  ];
  console.log(
    String(size).padStart(6),
    ...figures.map((ms) => `${ms.toFixed(0).padStart(7)} (${(ms / size).toFixed(2)})`),
  );
}
