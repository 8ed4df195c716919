/** What the types of a table and its API are, with either line of Drizzle. Whoever compiles this file has tested it. */
import type { Client } from "hedgerow/client";
import type { InferRequestType, InferResponseType } from "hono/client";
import type * as schema from "./tables.js";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <T extends true>(..._: ReadonlyArray<T>): void => {};

type Row = typeof schema.documents.$inferSelect;
type New = typeof schema.documents.$inferInsert;

holds<Equal<Row["id"], string>>();
holds<Equal<Row["organizationId"], string>>();
holds<Equal<Row["tags"], string[]>>();
holds<Equal<Row["counts"], number[] | null>>();
holds<Equal<Row["status"], "draft" | "final">>();
holds<Equal<Row["size"], bigint | null>>();
holds<Equal<Row["views"], number | null>>();
holds<Equal<Row["price"], string | null>>();
holds<Equal<Row["at"], Date | null>>();
holds<Equal<New["title"], string>>();
holds<Equal<New["organizationId"], string | undefined>>();

type Documents = Client<typeof schema>["documents"];
type Sent = InferRequestType<Documents["$post"]>["json"];
type Given = InferResponseType<Documents["$get"], 200>["data"][number];

holds<Equal<Sent["title"], string>>();
holds<Equal<Extract<keyof Sent, "shout" | "id" | "organizationId">, never>>();
holds<Equal<Sent["tags"], string[] | undefined>>();
holds<Equal<Given["id"], string>>();
holds<Equal<Given["tags"], string[]>>();
holds<Equal<Given["counts"], number[] | null>>();
holds<Equal<Given["size"], string | null>>();
holds<Equal<Given["at"], string | null>>();
