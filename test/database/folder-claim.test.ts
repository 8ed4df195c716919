/** A folder of PGlite's has one process at a time, whoever opens it and however. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { FolderTaken, openPglite, pglite } from "hedgerow/pglite";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Claim, claimFolder } from "../../src/database/folder-claim.js";
import { makeProject, type Project } from "../support/project.js";

let base: string;
let folder: string;
let lock: string;
const children: Array<ChildProcess> = [];
const claims: Array<Claim | undefined> = [];

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), "hedgerow-claim-"));
  folder = join(base, "data");
  lock = `${folder}.lock`;
});
afterEach(async () => {
  for (const claim of claims.splice(0)) claim?.release();
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  }
  await rm(base, { recursive: true, force: true });
});

const said = async (child: ChildProcess): Promise<string> => String((await once(child, "message"))[0]);

const start = async (): Promise<ChildProcess> => {
  const child = fork("test/support/folder-worker.ts", { execArgv: ["--import", "tsx"] });
  children.push(child);
  await said(child);
  return child;
};

const tell = (child: ChildProcess, message: { claim: string } | { open: string }): Promise<string> => {
  const answer = said(child);
  child.send(message);
  return answer;
};

const kill = async (child: ChildProcess, signal: NodeJS.Signals): Promise<void> => {
  const gone = once(child, "exit");
  child.kill(signal);
  await gone;
};

const claim = (dataDir = folder): Claim | undefined => {
  const made = claimFolder(dataDir);
  claims.push(made);
  return made;
};

const current = async (): Promise<string> => {
  const numbers = (await readdir(lock)).map(Number);
  return join(lock, String(Math.max(...numbers)));
};

/** Makes of a claim that was made here one of somebody else. */
const pretend = async (change: Record<string, unknown>): Promise<string> => {
  const made = claim();
  const file = await current();
  const content = await readFile(file, "utf8");
  made?.release();
  await writeFile(file, JSON.stringify({ ...JSON.parse(content), ...change }));
  return file;
};

const minutesAgo = async (file: string, minutes: number): Promise<void> => {
  const then = new Date(Date.now() - minutes * 60_000);
  await utimes(file, then, then);
};

describe("a folder that a process has open", () => {
  it("is refused to every other one, which is told the process and what to do", async () => {
    const other = await start();
    expect(await tell(other, { open: folder })).toBe("claimed");
    const message = new RegExp(`data is open in process ${other.pid} \\(folder-worker\\.ts\\) since 20.*End it first`);
    await expect(openPglite(folder)).rejects.toThrow(message);
    await expect(openPglite(folder)).rejects.toBeInstanceOf(FolderTaken);
    await kill(other, "SIGTERM");
    const client = await openPglite(folder);
    expect((await client.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
    await client.close();
  });

  it("names the program and nothing that it was given, which may be a secret", async () => {
    const child = fork("test/support/folder-worker.ts", ["--password=hunter2"], { execArgv: ["--import", "tsx"] });
    children.push(child);
    await said(child);
    expect(await tell(child, { claim: folder })).toBe("claimed");
    expect(await readFile(await current(), "utf8")).not.toContain("hunter2");
    expect(() => claim()).toThrow("(folder-worker.ts) since");
  });

  it("is refused to a PGlite that its user has opened, before anything is asked", async () => {
    expect(await tell(await start(), { claim: folder })).toBe("claimed");
    const client = new PGlite(folder);
    expect(() => pglite(client)).toThrow(FolderTaken);
    await client.close();
  });

  it("is the same by whatever path", async () => {
    claim();
    await symlink(folder, join(base, "link"));
    for (const path of [join(base, "link"), `${folder}/`, relative(process.cwd(), folder), `file://${folder}`]) {
      expect(() => claimFolder(path), path).toThrow(FolderTaken);
    }
  });

  it("is refused to a second PGlite of the same process until the first is closed", async () => {
    const first = await openPglite(folder);
    pglite(first);
    pglite(first);
    await expect(openPglite(folder)).rejects.toThrow("is open in this process");
    const second = new PGlite(folder);
    expect(() => pglite(second)).toThrow("is open in this process");
    await second.close();
    await first.close();
    const third = new PGlite(folder);
    pglite(third);
    await third.close();
    // It was closed by its user, who knows nothing of claims.
    await (await openPglite(folder)).close();
  });

  it("is free again when it could not be opened", async () => {
    await mkdir(folder);
    await writeFile(join(folder, "PG_VERSION"), "9.1\n");
    await expect(openPglite(folder)).rejects.toThrow();
    claim();
  });
});

describe("a claim that a process has left behind", () => {
  it.each(["SIGKILL", "SIGTERM"] as const)("by %s is taken over", async (signal) => {
    const other = await start();
    expect(await tell(other, { claim: folder })).toBe("claimed");
    await kill(other, signal);
    claim();
  });

  it("is taken over by exactly one of those who see it", async () => {
    const contenders = await Promise.all([1, 2, 3, 4].map(start));
    const dead = await start();
    await kill(dead, "SIGKILL");
    for (let round = 0; round < 20; round += 1) {
      const place = join(base, `round${round}`);
      claim(place)?.release();
      const file = join(`${place}.lock`, "1");
      await writeFile(file, (await readFile(await currentOf(place), "utf8")).replace("free", "{}"));
      await minutesAgo(file, 1);
      const answers = await Promise.all(contenders.map((each) => tell(each, { claim: place })));
      expect(answers.filter((answer) => answer === "claimed")).toHaveLength(1);
      expect(await readdir(`${place}.lock`)).toHaveLength(1);
    }
  });

  it("is that of a dead process where its number belongs to another one now", async () => {
    await pretend({ started: "1" });
    claim();
  });

  it("is that of a dead process where the machine was restarted", async () => {
    const file = await pretend({ where: "another boot" });
    await minutesAgo(file, 11);
    claim();
  });

  it("in another container is believed while it gives signs of life", async () => {
    const file = await pretend({ where: "another machine" });
    await minutesAgo(file, 9);
    expect(() => claim()).toThrow(`of another container or machine`);
    expect(() => claim()).toThrow(`If it has ended, remove ${file}`);
  });

  it("that was not written to its end is believed for a moment", async () => {
    await mkdir(lock);
    await writeFile(join(lock, "7"), "");
    expect(() => claim()).toThrow("Others are just opening");
    await minutesAgo(join(lock, "7"), 1);
    claim();
    expect(await readdir(lock)).toEqual(["8"]);
  });
});

const currentOf = async (place: string): Promise<string> =>
  join(`${place}.lock`, String(Math.max(...(await readdir(`${place}.lock`)).map(Number))));

describe("a claim", () => {
  it("is not made where nobody could see it, and that is no permission", async () => {
    await writeFile(lock, "");
    expect(() => claim()).toThrow(`${lock} must be a folder that this process can write`);
  });

  it("is given back by whoever made it and by nobody else", async () => {
    const made = claim();
    made?.release();
    const other = await start();
    expect(await tell(other, { claim: folder })).toBe("claimed");
    made?.release();
    expect(() => claim()).toThrow(FolderTaken);
  });

  it.each([undefined, "", "memory://", "memory://name", "idb://name", "opfs-ahp://name"])(
    "is not needed for %s",
    (dataDir) => {
      expect(claimFolder(dataDir)).toBeUndefined();
    },
  );
});

describe("a command", () => {
  let project: Project;
  beforeAll(async () => {
    project = await makeProject();
  }, 120_000);
  afterAll(() => project.remove());

  it.each([["push"], ["doctor"], ["migrate", "--wait=1"], ["neon-local", "--port=0", `--pglite=data`]])(
    "%s is refused while a server has the folder open, and changes nothing",
    async (...args) => {
      await project.write(
        "schema.ts",
        `import { id, organization, table } from "hedgerow";
        export const notes = table("notes", { id: id(), organizationId: organization() }).firewall("organization").access({ read: { roles: ["member+"] } });`,
      );
      await project.write(
        "hedgerow.config.ts",
        `import { organization } from "better-auth/plugins";
        import { defineConfig } from "hedgerow/config";
        import * as schema from "./schema.js";
        export default defineConfig({
          name: "notes",
          schema: { path: "./schema.ts", module: schema },
          out: "./migrations",
          providers: {
            runtime: "node",
            database: { type: "pglite", dataDir: "data" },
            auth: { type: "better-auth", options: { plugins: [organization()] } },
          },
        });`,
      );
      if (args[0] === "migrate") expect((await project.hedgerow(["generate"])).code).toBe(0);
      const other = await start();
      expect(await tell(other, { open: join(project.directory, "data") })).toBe("claimed");
      const ran = await project.hedgerow(args);
      expect(ran.code, ran.stderr).toBe(1);
      expect(ran.stderr).toContain(`data is open in process ${other.pid} (folder-worker.ts`);
    },
    240_000,
  );
});
