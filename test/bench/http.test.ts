/** The benchmark's own targets: each serves the right rows to the right people, or its figures mean nothing. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { prepareDatabases } from "../../bench/http/databases.js";
import { isolationFaults, type Send } from "../../bench/http/isolation.js";
import type { Connections, Open, Served } from "../../bench/http/target.js";
import * as betterAuthDrizzle from "../../bench/http/targets/better-auth-drizzle.js";
import * as drizzleRls from "../../bench/http/targets/drizzle-rls.js";
import * as hedgerowClaims from "../../bench/http/targets/hedgerow-claims.js";
import * as hedgerowSession from "../../bench/http/targets/hedgerow-session.js";
import * as unprotected from "../../bench/http/targets/reference.js";
import { reference, type Target, targets } from "../../bench/http/targets.js";
import type { Size } from "../../bench/http/world.js";
import { type FreshPostgres, freshPostgres } from "../support/databases.js";

const size: Size = { organizations: 4, users: 12, documents: 240 };
let server: FreshPostgres;
let connections: Connections;

beforeAll(async () => {
  server = await freshPostgres();
  connections = await prepareDatabases(server, size);
});
afterAll(() => server?.close());

const modules: Readonly<Record<string, Open>> = {
  reference: unprotected.open,
  "hedgerow-claims": hedgerowClaims.open,
  "drizzle-rls": drizzleRls.open,
  "hedgerow-session": hedgerowSession.open,
  "better-auth-drizzle": betterAuthDrizzle.open,
};

const open = async ({ name }: Target): Promise<Served> => {
  const found = modules[name];
  if (found === undefined) throw new Error(`Nothing opens ${name}.`);
  return found(connections);
};

const sendTo =
  ({ fetch }: Served): Send =>
  async ({ method, path, headers }) => {
    const answer = await fetch(new Request(`http://127.0.0.1${path}`, { method, headers: { ...headers } }));
    return { status: answer.status, text: await answer.text() };
  };

describe.each([reference, ...targets])("$name", (target) => {
  it("serves each caller the rows that the rule says, and no others", async () => {
    const served = await open(target);
    try {
      expect(await isolationFaults(target, sendTo(served), size)).toEqual([]);
    } finally {
      await served.close();
    }
  });

  it("serves nothing to somebody without a credential", async () => {
    const served = await open(target);
    try {
      const asked = target.ask("list", { user: 0, document: 0 }, size);
      const { status } = await sendTo(served)({ ...asked, headers: {} });
      expect(status).toBeGreaterThanOrEqual(400);
    } finally {
      await served.close();
    }
  });
});

describe("the isolation check", () => {
  it("finds a target that serves rows of another organization", async () => {
    const served = await open(reference);
    const everybody: Target = {
      ...reference,
      // Asks as a member of the organization that the document belongs to, whoever should be asking.
      ask: (operation, { document }, sizes) =>
        reference.ask(operation, { user: document % sizes.users, document }, sizes),
    };
    try {
      expect(await isolationFaults(everybody, sendTo(served), size)).toContainEqual(
        expect.stringMatching(/a row of another organization: 200/),
      );
    } finally {
      await served.close();
    }
  });

  it("finds a target whose members see what admins see", async () => {
    const { ignoresRoles: _, ...strict } = reference;
    const served = await open(reference);
    try {
      const faults = await isolationFaults(strict, sendTo(served), size);
      expect(faults).toHaveLength(2);
      expect(faults).toContainEqual(expect.stringMatching(/\(member\), a row of a colleague: 200/));
      expect(faults).toContainEqual(expect.stringMatching(/\(member\), the newest 20: 200/));
    } finally {
      await served.close();
    }
  });
});
