/**
 * Everything that can go wrong in a request, as RFC 9457 problem details.
 *
 * Invariant: the codes are a closed union, each with one status, and no text in here comes from the database: a
 * problem never shows SQL, a row, a constraint or a stack trace.
 */
import * as Data from "effect/Data";

export type Layer = "routing" | "authentication" | "access" | "firewall" | "validation" | "database";

/** The status, the layer that refuses, the title. */
type Kind = readonly [number, Layer, string];

const kinds = {
  invalid_json: [400, "validation", "The body is not valid JSON."],
  validation_failed: [400, "validation", "The body does not fit the table."],
  invalid_query: [400, "validation", "The query parameters are not valid."],
  invalid_reference: [400, "validation", "A referenced row does not exist."],
  authentication_required: [401, "authentication", "Sign in first."],
  cross_site_request: [403, "authentication", "A request that rests on a cookie must come from a page of this site."],
  forbidden: [403, "access", "You may not do this."],
  no_active_organization: [403, "access", "Choose an organization first."],
  not_found: [404, "firewall", "There is no such row."],
  route_not_found: [404, "routing", "There is nothing here."],
  method_not_allowed: [405, "routing", "The table does not offer this operation."],
  request_timeout: [408, "validation", "The body did not arrive in time."],
  // Nobody reads it but logs.
  request_aborted: [408, "routing", "The client has gone."],
  conflict: [409, "database", "A row with the same unique value exists."],
  still_referenced: [409, "database", "Other rows still refer to this one."],
  body_too_large: [413, "validation", "The body is too large."],
  unsupported_media_type: [415, "validation", "The body must be application/json."],
  rejected: [422, "database", "A rule of the database rejects this."],
  internal: [500, "database", "Something went wrong on our side."],
  unsafe_database: [500, "database", "The server is not set up safely."],
  database_differs: [503, "database", "The database does not fit this version; try again soon."],
  unavailable: [503, "database", "Something needed cannot be reached; try again soon."],
  timeout: [503, "database", "The request took too long; try again."],
  try_again: [503, "database", "Two requests got in each other's way; try again."],
} as const satisfies Readonly<Record<string, Kind>>;

export type ProblemDetailsCode = keyof typeof kinds;
export type ProblemStatus = (typeof kinds)[ProblemDetailsCode][0];

/** One thing that is wrong with a body or a query, and where. */
export interface FieldProblem {
  /** A field of the body or the name of a query parameter. */
  readonly field: string;
  readonly message: string;
}

/** The body of every answer that is not a success: https://www.rfc-editor.org/rfc/rfc9457 */
export interface ProblemDetails {
  readonly type: `urn:hedgerow:problem:${ProblemDetailsCode}`;
  readonly title: string;
  readonly status: ProblemStatus;
  readonly code: ProblemDetailsCode;
  readonly layer: Layer;
  readonly detail?: string;
  readonly errors?: ReadonlyArray<FieldProblem>;
}

/** A request that ends in a problem. */
export class RequestProblem extends Data.TaggedError("RequestProblem")<{
  readonly code: ProblemDetailsCode;
  readonly detail?: string | undefined;
  readonly errors?: ReadonlyArray<FieldProblem> | undefined;
  readonly allow?: ReadonlyArray<string> | undefined;
  /** What the log should have and the client must not. */
  readonly hidden?: unknown;
}> {
  override get message(): string {
    return this.detail ?? kinds[this.code][2];
  }
}

export const problem = (
  code: ProblemDetailsCode,
  more: Omit<ConstructorParameters<typeof RequestProblem>[0], "code"> = {},
): RequestProblem => new RequestProblem({ code, ...more });

/** By its tag and not by its class, of which an application may have loaded two. */
export const hasTag = (error: unknown, tag: string): boolean =>
  typeof error === "object" && error !== null && "_tag" in error && error._tag === tag;

const headersOf = (failure: RequestProblem): Record<string, string> => ({
  "content-type": "application/problem+json",
  ...(kinds[failure.code][0] === 503 && { "retry-after": "1" }),
  ...(failure.code === "authentication_required" && { "www-authenticate": 'Bearer realm="api"' }),
  ...(failure.allow && { allow: failure.allow.join(", ") }),
});

/** The same problem is the same bytes, whatever the reason behind it. */
export const problemResponse = (failure: RequestProblem): Response => {
  const { code, detail, errors } = failure;
  const [status, layer, title] = kinds[code];
  // JSON leaves out what is undefined.
  const body = { type: `urn:hedgerow:problem:${code}`, title, status, code, layer, detail, errors } satisfies {
    readonly [K in keyof ProblemDetails]-?: ProblemDetails[K] | undefined;
  };
  return new Response(JSON.stringify(body), { status, headers: headersOf(failure) });
};
