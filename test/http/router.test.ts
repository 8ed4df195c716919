/** What a router refuses to be built from or to serve through. */
import { text } from "drizzle-orm/pg-core";
import * as Effect from "effect/Effect";
import { DefinitionError, id, organization, table } from "hedgerow";
import { type Authenticator, createRouter, type DatabaseShape, IdentityUnavailable } from "hedgerow/hono";
import { jwt, selfSigned } from "hedgerow/jwt";
import { describe, expect, it } from "vitest";
import { ConnectionError } from "../../src/database/database.js";

const auth: Authenticator = { identify: () => Promise.resolve({ _tag: "Anonymous" }) };
const unreachable: DatabaseShape = {
  driver: "none",
  rolesAreBoundary: true,
  transact: () => Effect.fail(new ConnectionError({ message: "connect ECONNREFUSED 10.0.0.1:5432" })),
  interactive: { supported: false, reason: "it is no database" },
};

const guarded = (name: string) =>
  table(name, { id: id(), organizationId: organization(), title: text("title") })
    .firewall("organization")
    .access({ read: { roles: ["member+"] }, create: { roles: ["PUBLIC"] } });

const problemsOf = (schema: object): ReadonlyArray<string> => {
  try {
    createRouter<object>({ schema, auth, database: unreachable });
    return [];
  } catch (error) {
    if (error instanceof DefinitionError) return error.problems.map(({ code, table: name }) => `${code} ${name}`);
    throw error;
  }
};

describe("a router", () => {
  it("is not built while a table has no firewall", () => {
    expect(problemsOf({ notes: table("notes", { id: id() }) })).toEqual(["missing_firewall notes"]);
  });

  it("leaves everything in the module alone that is not a guarded table", () => {
    expect(problemsOf({ notes: guarded("notes"), number: 1, nothing: null, helper: () => 1 })).toEqual([]);
  });

  it("answers 503 and says when to come back while the database cannot be reached, without its address", async () => {
    const errors: Array<unknown> = [];
    const router = createRouter({
      schema: { notes: guarded("notes") },
      auth,
      database: unreachable,
      onError: (error) => errors.push(error),
    });
    const response = await router.request("/notes");
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "1"]);
    expect(await response.text()).not.toContain("10.0.0.1");
    expect(String(errors[0])).toContain("ECONNREFUSED");
  });

  const asking = (authenticator: Authenticator) => {
    const errors: Array<unknown> = [];
    const router = createRouter({
      schema: { notes: guarded("notes") },
      auth: authenticator,
      database: unreachable,
      onError: (error) => errors.push(error),
      dangerouslyServeWithoutRowLevelSecurity: true,
    });
    return { errors, router };
  };

  it("answers 503 while nobody can say what a credential is worth, and 500 when that fails otherwise", async () => {
    const unavailable = asking({
      identify: () =>
        Promise.reject(new IdentityUnavailable("The key set at https://10.0.0.1/jwks cannot be fetched.")),
    });
    const response = await unavailable.router.request("/notes");
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "1"]);
    const body = await response.text();
    expect(JSON.parse(body)).toMatchObject({ code: "unavailable" });
    expect(body).not.toContain("10.0.0.1");
    expect(unavailable.errors).toEqual([expect.any(IdentityUnavailable)]);

    const broken = asking({ identify: () => Promise.reject(new TypeError("10.0.0.1")) });
    const other = await broken.router.request("/notes");
    expect(other.status).toBe(500);
    expect(await other.text()).not.toContain("10.0.0.1");
    expect(broken.errors).toEqual([expect.any(TypeError)]);
  });

  it("answers a token that is worth nothing like none at all: 401, without asking the database", async () => {
    const { router, errors } = asking(
      jwt(selfSigned({ issuer: "acme", audience: "api", secret: "a-secret-of-this-test-0123456789" })),
    );
    const answers = await Promise.all(
      [undefined, "Bearer nothing", "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm4ifQ."].map(async (authorization) => {
        const response = await router.request("/notes", { headers: { ...(authorization && { authorization }) } });
        return [response.status, response.headers.get("www-authenticate"), await response.text()];
      }),
    );
    expect(answers[0]?.slice(0, 2)).toEqual([401, 'Bearer realm="api"']);
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(errors).toEqual([]);
  });
});
