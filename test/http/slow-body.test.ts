/** A body arrives in time or is given up: every request is answered, and nothing of it stays behind. */
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { getRequestListener } from "@hono/node-server";
import { text } from "drizzle-orm/pg-core";
import * as Effect from "effect/Effect";
import { id, table } from "hedgerow";
import { type Authenticator, createRouter, type DatabaseShape } from "hedgerow/hono";
import { Miniflare } from "miniflare";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { bundleWorker } from "../../scripts/bundle-worker.js";
import { ConnectionError } from "../../src/database/database.js";
import { eventually, hangMs } from "../support/eventually.js";

const notes = table("notes", { id: id("note"), title: text("title").notNull() })
  .firewall({ exception: "a test" })
  .access({ read: { roles: ["PUBLIC"] }, create: { roles: ["PUBLIC"] } });
const letters = table("letters", { id: id("let"), title: text("title").notNull() })
  .firewall({ exception: "a test" })
  .access({ create: { roles: ["AUTHENTICATED"] } });

const auth: Authenticator = { identify: () => Promise.resolve({ _tag: "Anonymous" }) };
/** Whatever reaches the database is a 503. */
const database: DatabaseShape = {
  driver: "none",
  rolesAreBoundary: true,
  transact: () => Effect.fail(new ConnectionError({ message: "asked" })),
  interactive: { supported: false, reason: "it is no database" },
};
const reported: Array<unknown> = [];
const routerWith = (bodyMs?: number) =>
  createRouter({
    schema: { notes, letters },
    auth,
    database,
    dangerouslyServeWithoutRowLevelSecurity: true,
    timeouts: { statementMs: 1_000, lockMs: 0, ...(bodyMs !== undefined && { bodyMs }) },
    onError: (error) => reported.push(error),
  });

afterEach(() => {
  reported.length = 0;
});

/** Far more than a client that is slow and in time needs, on any machine. */
const bodyMs = 1_500;

describe("over a socket", () => {
  let server: Server;
  let port: number;
  beforeAll(async () => {
    server = createServer(getRequestListener(routerWith(bodyMs).fetch));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    ({ port } = server.address() as AddressInfo);
  });
  afterAll(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });

  const head = (length: string, path = "/notes"): string =>
    `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n${length}\r\n\r\n`;

  /** What comes back for what is written, and when. */
  const answered = async (write: (socket: Socket) => void) => {
    const socket = connect(port, "127.0.0.1");
    const start = performance.now();
    let received = "";
    let ms = 0;
    let isDone = false;
    socket.on("data", (chunk) => {
      received += chunk;
      ms ||= performance.now() - start;
      isDone ||= /\r\n\r\n.*\}/s.test(received);
    });
    for (const end of ["close", "error"]) {
      socket.on(end, () => {
        isDone = true;
      });
    }
    socket.on("connect", () => write(socket));
    await eventually("an answer, or the end of the connection", () => expect(isDone).toBe(true));
    socket.destroy();
    return { status: Number(received.split(" ")[1]), received, ms };
  };

  const isTimeout = ({ status, received, ms }: Awaited<ReturnType<typeof answered>>): void => {
    expect(status).toBe(408);
    expect(received).toContain('"code":"request_timeout"');
    expect(received).toContain('"layer":"validation"');
    expect(received).toContain(String(bodyMs));
    expect(ms).toBeGreaterThan(bodyMs - 50);
    expect(ms).toBeLessThan(hangMs);
  };

  it("a client that stops sending is answered 408 in time, whatever length it named", async () => {
    isTimeout(await answered((socket) => socket.write(`${head("content-length: 100")}{"title":`)));
    isTimeout(await answered((socket) => socket.write(head("content-length: 100"))));
    isTimeout(await answered((socket) => socket.write(`${head("transfer-encoding: chunked")}3\r\n{"t\r\n`)));
  });

  it("a client that sends a byte now and then has no more time", async () => {
    let drip: ReturnType<typeof setInterval> | undefined;
    const answer = await answered((socket) => {
      socket.write(`${head("content-length: 10000")}{"title":"`);
      drip = setInterval(() => socket.write("x"), 20);
    });
    clearInterval(drip);
    isTimeout(answer);
  });

  it("a client that is slow and in time is served", async () => {
    const answer = await answered(async (socket) => {
      socket.write(head("content-length: 13"));
      for (const piece of ['{"tit', 'le":"', 'a"}']) {
        await sleep(50);
        socket.write(piece);
      }
    });
    expect([answer.status, answer.received.includes('"unavailable"')]).toEqual([503, true]);
  });

  it("a client that may not write is refused at once", async () => {
    const answer = await answered((socket) => socket.write(head("content-length: 100", "/letters")));
    // Its body never comes: whoever waited for it would say 408.
    expect(answer.status).toBe(401);
  });

  it("a client that goes away in the middle is nobody's error, and the next is served", async () => {
    for (let i = 0; i < 5; i += 1) {
      const socket = connect(port, "127.0.0.1", () => socket.write(`${head("content-length: 100")}{"title":`));
      await sleep(30);
      socket.destroy();
    }
    await sleep(bodyMs + 100);
    expect(reported).toEqual([]);
    const answer = await answered((socket) => socket.write(`${head("content-length: 13")}{"title":"a"}`));
    expect(answer.status).toBe(503);
  });

  it("bytes in an address that are no ASCII are not taken for other text", async () => {
    const answer = await answered((socket) => {
      socket.write(
        Buffer.from("GET /notes?title=\u00c3\u00a4 HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n", "latin1"),
      );
    });
    // Node may refuse them before anybody sees them.
    expect(answer.status).toBe(400);
  });
});

describe("as a stream", () => {
  const post = (source: UnderlyingDefaultSource<Uint8Array>, router = routerWith(500)) =>
    router.request("/notes", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: new ReadableStream(source),
      duplex: "half",
    } as RequestInit);
  const bytes = (piece: string): Uint8Array => new TextEncoder().encode(piece);

  it("a body that never ends is cancelled, whether or not that is taken notice of", async () => {
    let cancelled = 0;
    const cancels = [
      () => {
        cancelled += 1;
      },
      () => new Promise<void>(() => {}),
      () => Promise.reject(new Error("no")),
      () => {
        throw new Error("no");
      },
    ];
    for (const cancel of cancels) {
      const response = await post({ start: (controller) => controller.enqueue(bytes("{")), cancel });
      expect(response.status).toBe(408);
      const large = await post({ start: (controller) => controller.enqueue(new Uint8Array(2_000_000)), cancel });
      expect(large.status).toBe(413);
    }
    expect(cancelled).toBe(2);
    expect(reported).toEqual([]);
  });

  it("a body that breaks off is a 400, whatever it breaks off with", async () => {
    for (const error of [new Error("aborted"), new DOMException("gone", "AbortError"), undefined, "text"]) {
      const broken = await post({
        start: (controller) => controller.enqueue(bytes('{"title":')),
        pull: (controller) => controller.error(error),
      });
      expect([broken.status, (await broken.json()).code]).toEqual([400, "invalid_json"]);
    }
    const cut = await post({
      start: (controller) => {
        controller.enqueue(Uint8Array.of(0x22, 0xc3));
        controller.close();
      },
    });
    expect([cut.status, (await cut.json()).code]).toEqual([400, "invalid_json"]);
    expect(reported).toEqual([]);
  });

  it("a body that the application has read past Hono is a 500, which the log hears of", async () => {
    const read = new Request("http://localhost/notes", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"title":"a"}',
    });
    await read.text();
    expect((await routerWith().request(read)).status).toBe(500);
    expect(reported).toMatchObject([expect.any(TypeError)]);
  });

  it("a body may take as long as it likes where there is no limit", async () => {
    const response = await post(
      {
        start: async (controller) => {
          await sleep(600);
          controller.enqueue(bytes('{"title":"a"}'));
          controller.close();
        },
      },
      routerWith(0),
    );
    expect(response.status).toBe(503);
  });

  it("a body in 300,000 pieces is read, and one that never stops coming is given up in time", async () => {
    let left = 300_000;
    const pieces = await post(
      {
        start: (controller) => controller.enqueue(bytes('{"title":"')),
        pull: (controller) => {
          left -= 1;
          controller.enqueue(bytes(left > 0 ? "x" : '"}'));
          if (left <= 0) controller.close();
        },
      },
      routerWith(60_000),
    );
    expect(pieces.status).toBe(503);
    const start = performance.now();
    const endless = await post({
      pull: async (controller) => {
        await sleep(1);
        controller.enqueue(bytes(" "));
      },
    });
    expect(endless.status).toBe(408);
    expect(performance.now() - start).toBeLessThan(hangMs);
  });

  it("no timer outlives its body", async () => {
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    const router = routerWith(60_000);
    const before = timers();
    await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const body = index % 2 === 0 ? '{"title":"a"}' : "{";
        await router.request("/notes", { method: "POST", headers: { "content-type": "application/json" }, body });
        await post({ start: (controller) => controller.error(new Error("gone")) }, router);
        await post({ start: (controller) => controller.enqueue(new Uint8Array(2_000_000)) }, router);
      }),
    );
    expect(timers()).toBeLessThanOrEqual(before);
  });
});

it("in a Worker a body is read, refused and given up as elsewhere", async () => {
  const { code } = await bundleWorker({
    text: `import { text } from "drizzle-orm/pg-core";
      import { id, table } from "hedgerow";
      import { createRouter } from "hedgerow/hono";
      import * as Effect from "effect/Effect";
      const notes = table("notes", { id: id("note"), title: text("title").notNull() })
        .firewall({ exception: "a test" })
        .access({ create: { roles: ["PUBLIC"] } });
      const answers = (statements) => Effect.succeed(statements.map(() => ({ rows: [], count: 1, texts: [] })));
      const api = createRouter({
        schema: { notes },
        auth: { identify: () => Promise.resolve({ _tag: "Anonymous" }) },
        database: { driver: "none", rolesAreBoundary: true, transact: answers, interactive: { supported: false, reason: "" } },
        timeouts: { statementMs: 1_000, lockMs: 0, bodyMs: ${bodyMs} },
        dangerouslyServeWithoutRowLevelSecurity: true,
      });
      export default { fetch: (request) => api.fetch(request) };`,
  });
  const worker = new Miniflare({
    modules: [{ type: "ESModule", path: "worker.js", contents: code }],
    compatibilityDate: "2026-04-01",
  });
  const address = new URL("/notes", await worker.ready);
  const send = (body: string) =>
    fetch(address, { method: "POST", headers: { "content-type": "application/json" }, body });
  const made = await send('{"title":"a"}');
  expect([made.status, made.headers.get("cache-control"), made.headers.get("vary")]).toEqual([
    201,
    "private, no-store",
    "*",
  ]);
  expect([(await send('{"title":"\\ud800"}')).status, (await send("[".repeat(5_000))).status]).toEqual([400, 400]);

  const socket = connect(Number(address.port), address.hostname);
  let received = "";
  socket.on("data", (chunk) => {
    received += chunk;
  });
  socket.write(
    `POST /notes HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"t`,
  );
  await eventually("an answer", () => expect(received).toContain("request_timeout"));
  expect(received).toMatch(/^HTTP\/1\.1 408 /);
  socket.destroy();
  await worker.dispose();
});

it.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31])("bodyMs of %d is refused", (ms) => {
  expect(() => routerWith(ms)).toThrow(
    new RangeError("timeouts.bodyMs must be a whole number of milliseconds; 0 is no limit"),
  );
});
