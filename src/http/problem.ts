/**
 * Everything that can go wrong in a request, as RFC 9457 problem details.
 *
 * Invariant: the codes are a closed union, each with one status, and no text in here comes from the database: a
 * problem never shows SQL, a row, a constraint or a stack trace.
 */
import * as Data from "effect/Data";

export type Layer = "routing" | "authentication" | "access" | "firewall" | "validation" | "database";

interface Kind {
  readonly status: number;
  readonly layer: Layer;
  readonly title: string;
}

const kinds = {
  invalid_json: { status: 400, layer: "validation", title: "The body is not valid JSON." },
  validation_failed: { status: 400, layer: "validation", title: "The body does not fit the table." },
  invalid_query: { status: 400, layer: "validation", title: "The query parameters are not valid." },
  invalid_reference: { status: 400, layer: "validation", title: "A referenced row does not exist." },
  authentication_required: { status: 401, layer: "authentication", title: "Sign in first." },
  cross_site_request: {
    status: 403,
    layer: "authentication",
    title: "A request that rests on a cookie must come from a page of this site.",
  },
  forbidden: { status: 403, layer: "access", title: "You may not do this." },
  no_active_organization: { status: 403, layer: "access", title: "Choose an organization first." },
  not_found: { status: 404, layer: "firewall", title: "There is no such row." },
  route_not_found: { status: 404, layer: "routing", title: "There is nothing here." },
  method_not_allowed: { status: 405, layer: "routing", title: "The table does not offer this operation." },
  request_timeout: { status: 408, layer: "validation", title: "The body did not arrive in time." },
  // Nobody reads it but logs.
  request_aborted: { status: 408, layer: "routing", title: "The client has gone." },
  conflict: { status: 409, layer: "database", title: "A row with the same unique value exists." },
  still_referenced: { status: 409, layer: "database", title: "Other rows still refer to this one." },
  body_too_large: { status: 413, layer: "validation", title: "The body is too large." },
  unsupported_media_type: { status: 415, layer: "validation", title: "The body must be application/json." },
  internal: { status: 500, layer: "database", title: "Something went wrong on our side." },
  unsafe_database: { status: 500, layer: "database", title: "The server is not set up safely and refuses to serve." },
  unavailable: {
    status: 503,
    layer: "database",
    title: "Something that the answer depends on cannot be reached; try again soon.",
  },
  timeout: { status: 503, layer: "database", title: "The request took too long; try again." },
  try_again: { status: 503, layer: "database", title: "Two requests got in each other's way; try again." },
} as const satisfies Readonly<Record<string, Kind>>;

export type ProblemDetailsCode = keyof typeof kinds;
export type ProblemStatus = (typeof kinds)[ProblemDetailsCode]["status"];

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
    return this.detail ?? kinds[this.code].title;
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
  ...(kinds[failure.code].status === 503 && { "retry-after": "1" }),
  ...(failure.code === "authentication_required" && { "www-authenticate": 'Bearer realm="api"' }),
  ...(failure.allow && { allow: failure.allow.join(", ") }),
});

/** The same problem is the same bytes, whatever the reason behind it. */
export const problemResponse = (failure: RequestProblem): Response => {
  const { status, title, layer } = kinds[failure.code];
  const body: ProblemDetails = {
    type: `urn:hedgerow:problem:${failure.code}`,
    title,
    status,
    code: failure.code,
    layer,
    ...(failure.detail !== undefined && { detail: failure.detail }),
    ...(failure.errors && { errors: failure.errors }),
  };
  return new Response(JSON.stringify(body), { status, headers: headersOf(failure) });
};
