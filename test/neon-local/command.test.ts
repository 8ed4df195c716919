/** `hedgerow neon-local` as a process of the packed package. */
import * as Effect from "effect/Effect";
import { neon } from "hedgerow/neon";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type FreshPostgres, freshPostgres } from "../support/databases.js";
import { eventually } from "../support/eventually.js";
import { makeProject, type Project } from "../support/project.js";

let project: Project;
let postgres: FreshPostgres;
beforeAll(async () => {
  [project, postgres] = await Promise.all([makeProject(), freshPostgres()]);
});
afterAll(async () => {
  await project?.remove();
  await postgres?.close();
});

it("prints how to reach it, serves over HTTP and a WebSocket, and ends on SIGINT", async () => {
  const { child, ran } = project.start(["neon-local", "--url", postgres.ownerUrl, "--port", "0"]);
  let output = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  await eventually("how to reach it", () => expect(output).toContain("local: true }"));
  const endpoint = /fetchEndpoint = "(http:\/\/127\.0\.0\.1:(\d+)\/sql)"/.exec(output);
  const port = endpoint?.[2] ?? "";
  expect(output).toContain(`neonConfig.wsProxy = "127.0.0.1:${port}/v2"`);

  const { username, password, pathname } = new URL(postgres.ownerUrl);
  const url = `postgres://${username}:${password}@127.0.0.1:${port}${pathname}`;
  for (const mode of ["http", "websocket"] as const) {
    const database = neon({ url, mode, local: true });
    const [result] = await Effect.runPromise(database.transact([{ text: "select current_user::text as who" }]));
    expect(result?.rows).toEqual([{ who: username }]);
    await database.close();
  }
  child.kill("SIGINT");
  const { code, stderr } = await ran;
  expect({ code, stderr }).toEqual({ code: 130, stderr: "Stopped.\n" });
  await expect(fetch(endpoint?.[1] ?? "")).rejects.toThrow();
});
