/** A package of tables can have declarations: whatever inference shows has a name that an entry point exports. */
import { cp, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DrizzleLine, makeProject, type Project } from "../support/project.js";

const require = createRequire(import.meta.url);
const compilers = {
  "5.9": join(dirname(require.resolve("@tsd/typescript/package.json")), "typescript", "lib", "tsc.js"),
  "7": join(dirname(require.resolve("typescript/package.json")), "bin", "tsc"),
};
const manifest: { readonly exports: Readonly<Record<string, unknown>> } = JSON.parse(
  await readFile(new URL("../../package.json", import.meta.url), "utf8"),
);
const entries = Object.keys(manifest.exports).flatMap((key) =>
  key === "./package.json" ? [] : [`hedgerow${key.slice(1)}`],
);

/** Those whose types are made of Drizzle's are looked at on both of its lines. */
const ofDrizzle = ["hedgerow", "hedgerow/hono", "hedgerow/client"];

/** Each value of an entry point, and what each function returns, as somebody's own export. */
const reexport = (entry: string, values: ReadonlyArray<string>): string =>
  [
    `import * as entry from "${entry}";`,
    "declare const returned: { <R>(of: (...args: never) => R): R; (of: unknown): undefined };",
    ...values.map((name) => `export const value_${name} = entry.${name};`),
    ...values.map((name) => `export const returned_${name} = returned(entry.${name});`),
  ].join("\n");

const own = `
import { text } from "drizzle-orm/pg-core";
import { hc } from "hono/client";
import { defineHedgerow, id, organization, owner, team } from "hedgerow";
import { createClient } from "hedgerow/client";
import { createRouter, withCaller } from "hedgerow/hono";
import { auth0, jwt } from "hedgerow/jwt";
import { nodePostgres } from "hedgerow/node-postgres";
import pg from "pg";
import * as schema from "./tables.js";

export const own = defineHedgerow({ roles: ["reader", "writer"], claims: { region: "string" } });
export const { table } = own;
export const draft = table("notes", { id: id(), orgId: organization(), userId: owner(), teamId: team(), title: text() });
export const walled = draft.firewall(["organization", { field: "title", equals: "ctx.claims.region" }]);
export const notes = walled.access({ read: { roles: ["reader+"] }, create: { roles: ["writer"] } });
export const accepted = notes.accept({ write_without_read: "a test" });
export const children = table("children", { id: id(), noteId: text().references(() => notes.id) })
  .firewall({ field: "noteId", via: () => notes })
  .access({ read: { roles: ["reader+"] } });
export const database = nodePostgres(new pg.Pool());
export const auth = jwt(auth0({ domain: "acme.eu.auth0.com", audience: "https://api.acme.example" }));
export const api = createRouter({ schema, auth, database });
export const client = createClient<typeof schema>("http://localhost");
export const plainClient = hc<typeof api>("http://localhost");
export const middleware = withCaller({ schema, auth, database });
`;

const uses = `
import { createClient } from "hedgerow/client";
import { api, children, notes } from "./declared/own.js";
import * as tables from "./declared/tables.js";
export const title: string = tables.documents.$inferSelect.title;
export const known = createClient<{ notes: typeof notes; children: typeof children }>("http://localhost");
export const list = async () => (await (await known.notes.$get({ query: { limit: "5" } })).json());
export const served = api;
// @ts-expect-error there is no such column
export const wrong = tables.documents.nothing;
// @ts-expect-error a scope is never sent
known.notes.$post({ json: { orgId: "org", title: "a" } });
// @ts-expect-error nobody may delete
known.notes[":id"].$delete({ param: { id: "1" } });
`;

const options = [
  ["--strict", "--skipLibCheck", "--target", "es2022", "--types", "node"],
  ["--module", "nodenext"],
].flat();

describe.each<DrizzleLine>(["0.45", "1.0"])(
  "a project with declarations, and Drizzle %s",
  { timeout: 900_000 },
  (line) => {
    let project: Project;

    const compile = async (version: keyof typeof compilers, args: ReadonlyArray<string>) => {
      const { stdout } = await project.node(compilers[version], args);
      return stdout.split("\n").filter((text) => text.trim() !== "");
    };
    const declare = (version: keyof typeof compilers, files: ReadonlyArray<string>) => {
      const alone = version === "7" ? ["--ignoreConfig"] : [];
      const emit = ["--declaration", "--emitDeclarationOnly", "--outDir", "declared"];
      return compile(version, [...alone, ...options, ...emit, ...files]);
    };

    beforeAll(async () => {
      project = await makeProject(line);
      await project.write("package.json", '{ "type": "module" }');
      await cp("examples/app/tables.ts", join(project.directory, "tables.ts"));
      await cp("examples/claims/tables.ts", join(project.directory, "claims.ts"));
      await cp("examples/worker/tables.ts", join(project.directory, "worker.ts"));
      await project.write("own.ts", own);
      await project.write("uses.ts", uses);
    }, 240_000);
    afterAll(() => project?.remove());

    it.each(["5.9", "7"] as const)(
      "can name the types of its tables, routers and clients in TypeScript %s",
      async (version) => {
        expect(await declare(version, ["tables.ts", "claims.ts", "worker.ts", "own.ts"])).toEqual([]);
        // Another project sees the declarations alone.
        expect(
          await compile(version, [...(version === "7" ? ["--ignoreConfig"] : []), ...options, "--noEmit", "uses.ts"]),
        ).toEqual([]);
      },
    );

    it.each(line === "0.45" ? entries : ofDrizzle)("can name whatever %s gives it", async (entry) => {
      const file = `entry-${entry.replaceAll(/\W/g, "-")}.ts`;
      const values = Object.entries<unknown>(await import(entry)).flatMap(([name, value]) =>
        typeof value === "function" && /^class\b/.test(String(value)) ? [] : [name],
      );
      await project.write(file, reexport(entry, values));
      expect(await declare("5.9", [file])).toEqual([]);
    });
  },
);
