/** `npm start`, as a stranger meets it. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "hedgerow/client";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { titles } from "../../examples/app/client.js";
import type * as schema from "../../examples/app/tables.js";

const folder = mkdtempSync(join(tmpdir(), "hedgerow-example-"));
const running = new Set<ChildProcess>();

interface Started {
  readonly output: string;
  readonly url: string;
  readonly stop: () => Promise<void>;
}

const run = (
  environment: Record<string, string>,
): { child: ChildProcess; output: () => string; exit: Promise<number | null> } => {
  const child = spawn(process.execPath, ["node_modules/tsx/dist/cli.mjs", "examples/app/server.ts"], {
    env: { ...process.env, DATA_DIR: folder, ...environment },
  });
  running.add(child);
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (data: Buffer) => (text += data.toString()));
  const exit = new Promise<number | null>((resolve) => {
    child.once("exit", (code) => {
      running.delete(child);
      resolve(code);
    });
  });
  return { child, output: () => text, exit };
};

/** Waits for the three lines to try, which are the last that it prints. */
const start = async (environment: Record<string, string> = {}): Promise<Started> => {
  const { child, output, exit } = run({ PORT: "0", ...environment });
  for (;;) {
    const url = /runs at (http:\/\/localhost:\d+)/.exec(output())?.[1];
    if (url && output().includes("total=true")) {
      return {
        output: output(),
        url,
        stop: async () => {
          child.kill("SIGTERM");
          await exit;
        },
      };
    }
    const ended = await Promise.race([
      exit.then(() => true),
      new Promise<false>((r) => setTimeout(() => r(false), 50)),
    ]);
    if (ended) throw new Error(`The example ended:\n${output()}`);
  }
};

afterEach(async () => {
  for (const child of running) child.kill("SIGKILL");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the example application", () => {
  const password = "correct horse battery staple";
  let transcript: ReadonlyArray<string> = [];

  const signIn = async (url: string, email: string): Promise<string> => {
    const response = await fetch(`${url}/auth/v1/sign-in/email`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ email, password }),
    });
    expect(response.status).toBe(200);
    return response.headers
      .getSetCookie()
      .map((cookie) => cookie.split(";")[0])
      .join("; ");
  };

  const choose = async (url: string, cookie: string, organizationSlug: string): Promise<void> => {
    const response = await fetch(`${url}/auth/v1/organization/set-active`, {
      method: "POST",
      headers: { "content-type": "application/json", cookie, origin: url },
      body: JSON.stringify({ organizationSlug }),
    });
    expect(response.status).toBe(200);
  };

  beforeAll(async () => {
    const first = await start();
    transcript = first.output.split("\n");
    await first.stop();
  });

  it("prints its URL, who can sign in and three lines to try", () => {
    expect(transcript.filter((line) => line.includes("@example.com ")).length).toBe(4);
    expect(transcript.filter((line) => line.trim().startsWith("curl ")).length).toBe(3);
    expect(transcript.join("\n")).toContain("freshly seeded");
  });

  it("keeps its data and its sessions' secret over a restart, and shows each organization its own rows", async () => {
    const app = await start();
    expect(app.output).not.toContain("freshly seeded");
    const ben = await signIn(app.url, "ben@example.com");
    const api = createClient<typeof schema>(`${app.url}/api/v1`, { headers: { cookie: ben } });

    expect((await api.documents.$get()).status).toBe(403);
    await choose(app.url, ben, "acme");
    expect(await titles(app.url, ben)).toEqual([]);
    const own = await api.documents.$post({ json: { title: "Ben's own" } });
    expect(own.status).toBe(201);
    expect(await titles(app.url, ben)).toEqual(["Ben's own"]);

    await choose(app.url, ben, "globex");
    expect(await titles(app.url, ben)).toEqual(["Globex merger"]);
    const acme = own.ok ? await own.json() : null;
    const id = acme?.id ?? "";
    const hidden = await api.documents[":id"].$get({ param: { id } });
    expect(hidden.status).toBe(404);
    expect((await api.documents[":id"].$patch({ param: { id }, json: { title: "x" } })).status).toBe(404);
    expect((await api.documents[":id"].$delete({ param: { id } })).status).toBe(404);

    const ada = await signIn(app.url, "ada@example.com");
    await choose(app.url, ada, "acme");
    expect([...(await titles(app.url, ada))].sort()).toEqual(["Acme budget", "Acme roadmap", "Ben's own"]);
    await app.stop();
  });

  it("says so when the port is taken", async () => {
    const server = createServer().listen(0);
    await new Promise((resolve) => server.once("listening", resolve));
    const address = server.address();
    const port = typeof address === "object" && address ? address.port : 0;
    const { output, exit } = run({ PORT: String(port) });
    expect(await exit).toBe(1);
    expect(output()).toContain(`Port ${port} is taken.`);
    server.close();
  });

  it("says so when PORT is not a port", async () => {
    const { output, exit } = run({ PORT: "http" });
    expect(await exit).toBe(1);
    expect(output().trim()).toBe("PORT=http is not a port; use 0 to 65535.");
  });
});
