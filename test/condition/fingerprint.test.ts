import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { policyHash, recordOf, shortDigest } from "../../src/condition/fingerprint.js";
import { createPolicy, type PolicyStatement } from "../../src/condition/policy-statement.js";
import { sha256 } from "../../src/condition/sha256.js";

const policy: PolicyStatement = {
  table: { schema: "public", name: "notes" },
  name: "notes_select",
  command: "select",
  permissive: true,
  roles: ["authenticated"],
  using: "true",
  check: undefined,
};

describe("the fingerprint of a declaration", () => {
  it("is the SHA-256 that everybody else computes, for any text of any length", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
        expect(sha256(text)).toBe(createHash("sha256").update(text, "utf8").digest("hex"));
      }),
    );
    const long = "é".repeat(100_000);
    expect(sha256(long)).toBe(createHash("sha256").update(long).digest("hex"));
  });

  it("is the same where Web Crypto computes it, for any policy", async () => {
    const text = fc.string({ unit: "grapheme", maxLength: 200 }).filter((each) => !each.includes("\0"));
    await fc.assert(
      fc.asyncProperty(text, text, fc.option(text, { nil: undefined }), async (name, using, check) => {
        const other = { ...policy, name, using, check };
        expect(await shortDigest(createPolicy(other))).toBe(policyHash(other));
      }),
    );
  });

  it("changes with every part of a policy", () => {
    const others: ReadonlyArray<PolicyStatement> = [
      { ...policy, table: { schema: "public", name: "memos" } },
      { ...policy, name: "notes_read" },
      { ...policy, command: "all" },
      { ...policy, permissive: false },
      { ...policy, roles: ["authenticated", "anonymous"] },
      { ...policy, using: "false" },
      { ...policy, check: "true" },
    ];
    expect(new Set([policy, ...others].map(policyHash)).size).toBe(others.length + 1);
  });

  it("stays what it is from one release to the next, or every database would differ", () => {
    expect(recordOf("Everyone.", policyHash(policy))).toMatchInlineSnapshot(`
      "Everyone.
      hedgerow:ffc99b8ee7309404"
    `);
  });
});
