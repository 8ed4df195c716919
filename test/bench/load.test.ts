/** The client that makes the load: counts what a server answered, and takes nothing else for an answer. */
import { createServer, type RequestListener } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { type Client, encode, openClient } from "../../bench/http/load.js";

let open: Array<() => void> = [];
afterEach(() => {
  for (const close of open) close();
  open = [];
});

const serve = async (listener: RequestListener): Promise<number> => {
  const server = createServer(listener);
  open.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return new Promise((resolve, reject) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      if (address !== null && typeof address === "object") resolve(address.port);
      else reject(new Error("No port."));
    });
  });
};

const clientOf = async (port: number, minimumBytes = 1, connections = 4): Promise<Client> => {
  const requests = ["/a", "/b"].map((path) => encode({ method: "GET", path, headers: { "x-who": "me" } }));
  const client = await openClient(port, requests, minimumBytes, connections);
  open.push(client.close);
  return client;
};

/** Long enough to come in several pieces. */
const body = "row ".repeat(100_000);

describe("an answer", () => {
  const answers: ReadonlyArray<readonly [string, RequestListener]> = [
    ["with a length", (_, response) => response.setHeader("content-length", body.length).end(body)],
    [
      "in chunks",
      (_, response) => {
        response.write(body.slice(0, 10));
        setImmediate(() => response.end(body.slice(10)));
      },
    ],
  ];
  it.each(answers)("%s is counted once, when it is complete", async (_, listener) => {
    let served = 0;
    const asked = new Set<string>();
    const port = await serve((request, response) => {
      served += 1;
      asked.add(`${request.method} ${request.url} ${request.headers["x-who"]}`);
      listener(request, response);
    });
    const client = await clientOf(port, body.length);
    const first = await client.run(0.1);
    const { requests, latencies } = await client.run(0.1);
    expect(first.requests + requests).toBe(served);
    expect(latencies.length).toBe(requests);
    expect(requests).toBeGreaterThanOrEqual(4);
    expect(latencies).toEqual(latencies.slice().sort());
    expect([...asked].sort()).toEqual(["GET /a me", "GET /b me"]);
  });
});

it("has one request under way on each connection", async () => {
  let under = 0;
  let most = 0;
  const port = await serve((_, response) => {
    under += 1;
    most = Math.max(most, under);
    setTimeout(() => {
      under -= 1;
      response.end("row");
    }, 50);
  });
  await (await clientOf(port, 1, 3)).run(0.5);
  expect(most).toBe(3);
});

it("sends a body with its length", async () => {
  const bodies: Array<string> = [];
  const port = await serve(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    bodies.push(text);
    response.end("row");
  });
  const client = await openClient(port, [encode({ method: "POST", path: "/", headers: {}, body: '{"ü":1}' })], 1, 1);
  open.push(client.close);
  await client.run(0.01);
  expect(new Set(bodies)).toEqual(new Set(['{"ü":1}']));
});

describe("fails", () => {
  const faults: ReadonlyArray<readonly [string, RequestListener, RegExp]> = [
    ["for a status that is no success", (_, response) => response.writeHead(404).end("gone"), /Not a success.*404/],
    ["for less than the rows have", (_, response) => response.end("[]"), /Only 2 bytes/],
    ["for a connection that is closed", (request) => request.socket.destroy(), /closed a connection/],
  ];
  it.each(faults)("%s", async (_, listener, message) => {
    const client = await clientOf(await serve(listener), 10);
    await expect(client.run(1)).rejects.toThrow(message);
  });
});
