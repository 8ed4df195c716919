/**
 * What an editor offers inside a declaration. The types of rules are cut down for the compiler's sake; names must survive that.
 *
 * One language service for the file, as an editor has one: each case is a new text of the same module.
 */
import { fileURLToPath } from "node:url";
import ts from "@tsd/typescript";
import { afterAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const path = `${root}test/types/completed.ts`;

const preamble = `import { integer, text } from "drizzle-orm/pg-core";
import { defineHedgerow, id, organization, table } from "hedgerow";
const documents = table("documents", { id: id(), organizationId: organization(), level: integer("level"), title: text("title") });
const guarded = documents.firewall("organization");
const own = defineHedgerow({ roles: ["viewer", "editor"], userRoles: ["support"] })
  .table("own", { id: id() })
  .firewall({ exception: "a test" });
`;

let text = preamble;
let version = 0;
const { config } = ts.readConfigFile(`${root}tsconfig.source.json`, ts.sys.readFile);
const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: ["src/index.ts"] }, ts.sys, root);
const service = ts.createLanguageService({
  getCompilationSettings: () => options,
  getScriptFileNames: () => [path],
  getScriptVersion: (name) => (name === path ? String(version) : "0"),
  getScriptSnapshot: (name) => {
    const content = name === path ? text : ts.sys.readFile(name);
    return content === undefined ? undefined : ts.ScriptSnapshot.fromString(content);
  },
  getCurrentDirectory: () => root,
  getDefaultLibFileName: ts.getDefaultLibFilePath,
  fileExists: (name) => name === path || ts.sys.fileExists(name),
  readFile: (name) => (name === path ? text : ts.sys.readFile(name)),
  directoryExists: ts.sys.directoryExists,
  getDirectories: ts.sys.getDirectories,
});
afterAll(() => service.dispose());

/** @param code with a `|` where the cursor is. */
const offered = (code: string): ReadonlyArray<string> => {
  text = preamble + code.replace("|", "");
  version += 1;
  const completions = service.getCompletionsAtPosition(path, preamble.length + code.indexOf("|"), {});
  return (completions?.entries ?? []).map(({ name }) => name).sort();
};

const columns = ["id", "level", "organizationId", "title"];
const values = ["ctx.activeOrgId", "ctx.activeTeamId", "ctx.sessionId", "ctx.userId"];
const parts = ["and", "not", "or", "record", "roles", "userRoles"];
const roles = ["AUTHENTICATED", "PUBLIC", "admin", "admin+", "member", "member+", "owner", "owner+"];
const operators = [
  "equals",
  "greaterThan",
  "greaterThanOrEqual",
  "in",
  "isNull",
  "lessThan",
  "lessThanOrEqual",
  "notEquals",
  "notIn",
];

describe("an editor offers", () => {
  it.each([
    ["the scopes that the table has", 'documents.firewall("|")', ["organization"]],
    ["the columns for a field", 'documents.firewall({ field: "|" })', columns],
    ["the caller's values in a firewall", 'documents.firewall({ field: "title", equals: "|" })', values],
    ["the operations", "guarded.access({ | })", ["create", "delete", "read", "update"]],
    ["the parts of a rule", "guarded.access({ read: { | } })", parts],
    ["the parts of a rule in a list", "guarded.access({ read: { or: [{ | }] } })", parts],
    ["before and after", "guarded.access({ update: { | } })", ["after", "before", ...parts].sort()],
    ["the roles", 'guarded.access({ read: { roles: ["|"] } })', roles],
    ["the roles deep inside", 'guarded.access({ read: { or: [{ not: { roles: ["member", "|"] } }] } })', roles],
    [
      "the roles of a vocabulary",
      'own.access({ read: { roles: ["|"] } })',
      ["AUTHENTICATED", "PUBLIC", "editor", "editor+", "viewer", "viewer+"],
    ],
    ["the platform roles", 'own.access({ read: { userRoles: ["|"] } })', ["support"]],
    ["the columns of a record", "guarded.access({ read: { record: { | } } })", columns],
    ["the columns of a record in a list", "guarded.access({ read: { or: [{ record: { | } }] } })", columns],
    ["the operators", "guarded.access({ read: { record: { level: { | } } } })", operators],
    ["the caller's values", 'guarded.access({ read: { record: { title: { equals: "|" } } } })', values],
    ["the caller's values in a list", 'guarded.access({ read: { record: { title: { in: ["|"] } } } })', values],
  ])("%s", (_, code, names) => {
    expect(offered(code)).toEqual(names);
  });
});
