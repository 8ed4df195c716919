/**
 * `hedgerow/client`: a typed client whose types cost little.
 *
 * Invariant: the same calls as `hc<typeof router>`, but typed from the schema directly, so an editor does not have to
 * take a router's type apart. Imports nothing of the server.
 */
import { type ClientRequestOptions, type ClientResponse, hc } from "hono/client";
import type { AnyParent } from "../condition/rule.js";
import type { Guard } from "../table/types.js";
import type { Kebab } from "./paths.js";
import type { ProblemDetails, ProblemStatus } from "./problem.js";
import type { CreateOf, GuardOf, ListQueryOf, Page, RowOf, UpdateOf } from "./routes.js";

type Failed = ClientResponse<ProblemDetails, ProblemStatus, "json">;
type Answer<O, S extends 200 | 201> = Promise<ClientResponse<O, S, "json"> | Failed>;
type Nothing<S extends 201 | 204> = Promise<ClientResponse<null, S, "body"> | Failed>;
type ById = { readonly param: { readonly id: string } };

interface Lists<G extends Guard> {
  $get(args?: { readonly query?: ListQueryOf<G> }, options?: ClientRequestOptions): Answer<Page<RowOf<G>>, 200>;
}
interface Creates<G extends Guard> {
  $post(args: { readonly json: CreateOf<G> }, options?: ClientRequestOptions): Answer<RowOf<G> | null, 201>;
}
interface CreatesUnseen<G extends Guard> {
  $post(args: { readonly json: CreateOf<G> }, options?: ClientRequestOptions): Nothing<201>;
}
interface Gets<G extends Guard> {
  $get(args: ById, options?: ClientRequestOptions): Answer<RowOf<G>, 200>;
}
interface Updates<G extends Guard> {
  $patch(args: ById & { readonly json: UpdateOf<G> }, options?: ClientRequestOptions): Answer<RowOf<G>, 200>;
}
interface Deletes {
  $delete(args: ById, options?: ClientRequestOptions): Nothing<204>;
}

type When<Condition extends string, Ops, A> = Condition extends Ops ? A : unknown;

type Resource<G extends Guard> = When<"read", G["operations"], Lists<G>> &
  ("create" extends G["operations"] ? ("read" extends G["operations"] ? Creates<G> : CreatesUnseen<G>) : unknown) & {
    readonly ":id": When<"read", G["operations"], Gets<G>> &
      When<"update", G["operations"], Updates<G>> &
      When<"delete", G["operations"], Deletes>;
  };

/** A client for every guarded table of a schema, by kebab-case path. */
export type Client<S> = {
  readonly [K in keyof S & string as S[K] extends AnyParent ? Kebab<K> : never]: Resource<GuardOf<S[K]>>;
};

/**
 * @param url where the router is mounted.
 * @param options as of Hono's `hc`: headers, fetch, …
 *
 * @example
 * ```ts
 * import type * as schema from "./schema.js";
 * const client = createClient<typeof schema>("https://example.com/api/v1");
 * const response = await client["job-postings"].$get({ query: { limit: "20" } });
 * ```
 */
export const createClient = <S>(url: string, options?: ClientRequestOptions): Client<S> =>
  // Hono's client is a proxy that turns any property path into a request; only the types differ.
  hc(url, options) as never;
