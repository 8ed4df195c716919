/** `explain`, without and with a database. */
import * as Effect from "effect/Effect";
import { understand } from "hedgerow";
import { sessionIdentity } from "hedgerow/better-auth";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { authOptions } from "../../examples/app/auth.js";
import * as tables from "../../examples/app/tables.js";
import { explain, explanationText } from "../../src/cli/explain/explain.js";
import { type Why, type WhyOptions, why, whyText } from "../../src/cli/explain/why.js";
import { type Kind, openWorld, type Person, type World } from "../support/world.js";

const schema = Effect.runSync(understand(tables));

describe("an explanation", () => {
  it("says what the rule says, who the caller must be, and which policies decide", () => {
    const explanation = explain(schema, "documents", "update");
    expect(explanation).toMatchObject({
      table: "documents",
      sentence:
        "organizationId is the caller's active organization and (the caller has the role admin or owner or userId is the caller)",
      afterwards:
        "organizationId is the caller's active organization and (the caller has the role admin or owner or userId is the caller)",
    });
    expect(explanation.policies.map((policy) => policy.split(" ")[2])).toEqual([
      "documents_firewall_update",
      "documents_update",
    ]);
    expect(explanationText(explanation)).toContain("update on documents");
  });

  it("says that nobody may do what no rule allows, and why a table has no firewall", () => {
    expect(explain(schema, "comments", "update")).toMatchObject({
      sentence: "never: no rule allows it",
      caller: "nobody",
    });
    expect(explain(schema, "contactMessages", "insert").exception).toBe("written by people who have no account");
  });

  it("names the nearest table for one that does not exist", () => {
    expect(() => explain(schema, "document", "select")).toThrow('Did you mean "documents"?');
  });
});

describe.each<Kind>(["postgres", "pglite"])("why, on %s", (kind) => {
  let world: World;
  let ada: Person;
  let ben: Person;
  let eve: Person;
  let document: string;
  let comment: string;

  beforeAll(async () => {
    world = await openWorld(kind, tables);
    ada = await world.signUp("ada");
    ben = await world.signUp("ben");
    eve = await world.signUp("eve");
    await world.join(ben, await world.createOrganization(ada, "acme"), "member");
    document = (await world.call(ada, "POST", "/documents", { title: "x" })).json.id;
    comment = (await world.call(ada, "POST", "/comments", { documentId: document, body: "x" })).json.id;
  });
  afterAll(() => world.close());

  const ask = (as: string | null, table: string, id: string, command: WhyOptions["command"] = "select"): Promise<Why> =>
    Effect.runPromise(
      why({ schema, identity: sessionIdentity(authOptions), database: world.superuser, table, command, id, as }),
    );

  it("says yes where the caller sees the row, as Postgres does", async () => {
    const answer = await ask(ada.email, "documents", document);
    expect(answer).toMatchObject({ exists: true, admitted: true, visible: true, reasons: [] });
    expect(whyText(answer)).toContain("Yes.");
  });

  it("names the clauses that were not true", async () => {
    const answer = await ask(ben.userId, "documents", document);
    expect(answer).toMatchObject({ admitted: false, visible: false });
    expect(answer.reasons.map(({ clause }) => clause)).toEqual([
      "the caller has the role admin or owner",
      "userId is the caller",
    ]);
  });

  it("names the value of the caller that was missing", async () => {
    const answer = await ask(eve.email, "documents", document);
    expect(answer.reasons.flatMap(({ missing }) => missing)).toContain("the caller has no activeOrgId");
    expect(whyText(answer)).toContain("with no active organization");
    expect(whyText(await ask(null, "documents", document))).toContain("nobody");
  });

  it("follows a row to its parent as the caller sees it", async () => {
    expect((await ask(ada.email, "comments", comment)).admitted).toBe(true);
    expect((await ask(ben.email, "comments", comment)).reasons.map(({ clause }) => clause)).toEqual([
      "the caller can read the row of documents that documentId points to",
    ]);
  });

  it("tells a row that does not exist from one that is hidden", async () => {
    expect(whyText(await ask(ada.email, "documents", "doc_0"))).toContain("There is no such row.");
    expect(whyText(await ask(ada.email, "comments", comment, "update"))).toContain("no rule allows it");
  });

  it("says so when the database's policies are not the declared ones", async () => {
    await world.truth("alter policy documents_select on documents using (false)");
    expect(whyText(await ask(ada.email, "documents", document))).toContain("But Postgres says no");
  });

  it("cannot answer for a user who never signed in", async () => {
    await expect(ask("nobody@example.com", "documents", document)).rejects.toThrow("has no session");
  });
});
