/** What a router refuses to be built from or to serve through. */
import { text } from "drizzle-orm/pg-core";
import * as Effect from "effect/Effect";
import { DefinitionError, id, organization, table } from "hedgerow";
import { type Authenticator, createRouter, type DatabaseShape } from "hedgerow/hono";
import { describe, expect, it } from "vitest";
import { ConnectionError } from "../../src/database/database.js";

const auth: Authenticator = { identify: () => Promise.resolve({ _tag: "Anonymous" }) };
const unreachable: DatabaseShape = {
  driver: "none",
  rolesAreBoundary: true,
  transact: () => Effect.fail(new ConnectionError({ message: "connect ECONNREFUSED 10.0.0.1:5432" })),
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
});
