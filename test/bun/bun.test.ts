/** What runs on Bun: the drivers with their own conformance, the example and its tour. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { cp, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { freePort } from "../support/cluster.js";
import { eventually } from "../support/eventually.js";
import { makeProject } from "../support/project.js";

const bun = resolve("node_modules", "bun", "bin", "bun.exe");
const run = promisify(execFile);

const version = async (): Promise<string> => (await run(bun, ["--version"])).stdout.trim();

describe("on Bun", () => {
  it("is what package.json names", async () => {
    expect(existsSync(bun), "npm has brought no Bun for this machine").toBe(true);
    const installed: { readonly version: string } = (await import("bun/package.json", { with: { type: "json" } }))
      .default;
    expect(await version()).toBe(installed.version);
  });

  it("every driver keeps its promises", async () => {
    const report = join(await mkdtemp(join(tmpdir(), "hedgerow-bun-")), "report.json");
    const vitest = join("node_modules", "vitest", "vitest.mjs");
    const args = [
      "--bun",
      vitest,
      "run",
      "test/database/conformance.test.ts",
      "--reporter=json",
      `--outputFile=${report}`,
    ];
    await run(bun, args, { maxBuffer: 1e8 }).catch((cause: unknown) => {
      throw new Error(`The conformance suite fails on Bun: ${report}`, { cause });
    });
    const { default: told } = await import(report, { with: { type: "json" } });
    expect(told).toMatchObject({ success: true, numFailedTests: 0 });
    const names: ReadonlyArray<string> = told.testResults.flatMap(
      ({ assertionResults }: { readonly assertionResults: ReadonlyArray<{ readonly fullName: string }> }) =>
        assertionResults.map(({ fullName }) => fullName),
    );
    for (const driver of ["node-postgres", "postgres.js", "neon over a WebSocket", "pglite"]) {
      expect(names.filter((name) => name.toLowerCase().includes(driver.toLowerCase())).length, driver).toBeGreaterThan(
        20,
      );
    }
  });

  it("the example serves from its folder, and the tour is told", async () => {
    const project = await makeProject();
    await project.write("package.json", '{ "type": "module" }');
    await cp("examples/app", join(project.directory, "examples", "app"), { recursive: true });
    const env = { ...process.env, DATA_DIR: join(project.directory, "data"), PORT: String(await freePort()) };
    const cwd = project.directory;
    const server = spawn(bun, ["--bun", "examples/app/server.ts"], { cwd, env });
    const ended = once(server, "exit");
    let output = "";
    for (const stream of [server.stdout, server.stderr]) {
      stream.on("data", (data: Buffer) => {
        output += data.toString();
      });
    }
    try {
      await eventually("the example runs", () => expect(output).toContain("total=true"));
      const tour = await run(bun, ["--bun", "examples/app/tour.ts"], { cwd, env });
      expect(tour.stdout).toContain("Ada: DELETE /documents/doc_… → 204");
      expect(tour.stderr).toBe("");
    } finally {
      server.kill("SIGTERM");
      await ended;
      await project.remove();
    }
  });
});
