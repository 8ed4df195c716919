/** How an issuer's keys are fetched, kept, renewed, and gone without. */
import { IdentityUnavailable, jwt, type KeySetOptions } from "hedgerow/jwt";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { eventually } from "../../support/eventually.js";
import { bearer, type KeyServer, keyServer, type SigningKey, seconds, sign, signingKey } from "../../support/issuer.js";

const issuer = "https://id.example.com";
const audience = "https://api.example.com";

let first: SigningKey;
let second: SigningKey;
let server: KeyServer;
let failures: Array<unknown>;

beforeAll(async () => {
  [first, second] = await Promise.all([signingKey("ES256", "first"), signingKey("ES256", "second")]);
});

beforeEach(async () => {
  // The clock alone: what goes over the wire takes its own time.
  vi.useFakeTimers({ toFake: ["Date"] });
  failures = [];
  server = await keyServer(first.jwk);
});

afterEach(async () => {
  vi.useRealTimers();
  await server.close();
});

const later = (elapsed: number): void => {
  vi.setSystemTime(Date.now() + elapsed * 1000);
};

const start = (keySet: KeySetOptions = {}, jwksUri = server.url) => {
  const { identify } = jwt({
    issuer,
    audience,
    jwksUri,
    keySet: { onError: (error) => failures.push(error), ...keySet },
  });
  /** What becomes of a token that a key signs now. */
  return async (key: SigningKey, header?: object): Promise<"caller" | "anonymous" | "unavailable"> => {
    const token = await sign(key, { iss: issuer, aud: audience, exp: seconds(60), sub: "ann" }, header);
    try {
      return (await identify(bearer(token)))._tag === "Claims" ? "caller" : "anonymous";
    } catch (error) {
      if (error instanceof IdentityUnavailable) return "unavailable";
      throw error;
    }
  };
};

/** Waits for a fetch that no request waits for. */
const fetched = (times: number): Promise<void> =>
  eventually(`the keys are asked for ${times} times`, () => expect(server.asked()).toBe(times));

describe("keys", () => {
  it("are fetched once for a crowd and then kept", async () => {
    const present = start();
    expect(await Promise.all(Array.from({ length: 20 }, () => present(first)))).toEqual(Array(20).fill("caller"));
    later(299);
    expect(await present(first)).toBe("caller");
    expect(server.asked()).toBe(1);
  });

  it("are renewed beside the request that notices their age", async () => {
    const present = start();
    await present(first);
    later(301);
    server.answer(() => undefined);
    expect(await present(first)).toBe("caller");
    await fetched(2);
  });

  it("are awaited when they are old, so that a removed key is good for ten minutes at most", async () => {
    const present = start();
    await present(first);
    server.publish(second.jwk);
    later(601);
    expect(await present(first)).toBe("anonymous");
    expect(await present(second)).toBe("caller");
    expect(server.asked()).toBe(2);
  });

  it("can be published before they are used", async () => {
    const present = start();
    await present(first);
    server.publish(first.jwk, second.jwk);
    later(301);
    await present(first);
    await fetched(2);
    // An unknown key is no reason to ask again before the cool-down is over.
    await eventually("the second key is known", async () => expect(await present(second)).toBe("caller"));
    expect(await present(first)).toBe("caller");
    expect(server.asked()).toBe(2);
  });

  it("can be changed without notice: a new one is good after the cool-down", async () => {
    const present = start();
    await present(first);
    server.publish(second.jwk);
    later(29);
    expect(await present(second)).toBe("anonymous");
    later(1);
    expect(await Promise.all([present(second), present(second)])).toEqual(["caller", "caller"]);
    expect(server.asked()).toBe(2);
    expect(await present(first)).toBe("anonymous");
  });

  it("are asked for once per cool-down, however many unknown ids arrive", async () => {
    const present = start();
    await present(first);
    for (let minute = 0; minute < 3; minute += 1) {
      later(31);
      const flood = Array.from({ length: 50 }, (_, index) => present(second, { alg: "ES256", kid: `random-${index}` }));
      expect(new Set(await Promise.all(flood))).toEqual(new Set(["anonymous"]));
      expect(await present(first)).toBe("caller");
    }
    expect(server.asked()).toBe(4);
  });

  it("do not make a request wait that has a known one", async () => {
    const present = start({ timeoutSeconds: 1 });
    await present(first);
    later(31);
    server.answer(() => undefined);
    const unknown = present(second);
    expect(await present(first)).toBe("caller");
    expect(await unknown).toBe("unavailable");
  });
});

describe("an issuer that is down", () => {
  it("is an error while nothing is known, and is asked again soon, not at once", async () => {
    const present = start();
    await server.close();
    expect(await present(first)).toBe("unavailable");
    await server.open();
    expect(await present(first)).toBe("unavailable");
    later(5);
    expect(await present(first)).toBe("caller");
    expect([server.asked(), failures.length]).toEqual([1, 1]);
  });

  it("is gone without for a day, and then not", async () => {
    const present = start();
    await present(first);
    await server.close();
    for (const hours of [1, 11, 11]) {
      later(hours * 3600);
      expect(await present(first)).toBe("caller");
    }
    later(3600);
    expect(await present(first)).toBe("unavailable");
    await server.open();
    later(5);
    expect(await present(first)).toBe("caller");
  });

  it("is not asked with each request", async () => {
    const present = start();
    await present(first);
    server.answer((_, response) => response.writeHead(500).end());
    later(601);
    for (let count = 0; count < 10; count += 1) expect(await present(first)).toBe("caller");
    expect(server.asked()).toBe(2);
    for (let count = 0; count < 10; count += 1) expect(await present(second)).toBe("unavailable");
    expect([server.asked(), failures.length]).toEqual([2, 1]);
  });

  it("leaves it open what a token with an unknown key is worth", async () => {
    const present = start();
    await present(first);
    await server.close();
    later(31);
    expect(await present(second)).toBe("unavailable");
    expect(await present(second)).toBe("unavailable");
    expect(await present(first)).toBe("caller");
  });
});

describe("an answer is refused when", () => {
  const answering = async (
    answer: Parameters<KeyServer["answer"]>[0],
    options: KeySetOptions = {},
  ): Promise<string> => {
    const present = start(options);
    server.answer(answer);
    expect(await present(first)).toBe("unavailable");
    return String(failures[0] instanceof Error ? failures[0].cause : failures[0]);
  };
  const keys = () => JSON.stringify({ keys: [first.jwk] });

  it("it leads elsewhere", async () => {
    const other = await keyServer(first.jwk);
    for (const status of [301, 302, 303, 307, 308]) {
      expect(await answering((_, response) => response.writeHead(status, { location: other.url }).end())).toContain(
        `status ${status}`,
      );
      failures = [];
    }
    expect(other.asked()).toBe(0);
    await other.close();
  });

  it.each([201, 204, 206, 400, 404, 500, 503])("its status is %i", async (status) => {
    expect(await answering((_, response) => response.writeHead(status).end(status === 204 ? "" : keys()))).toContain(
      `status ${status}`,
    );
  });

  it("it is larger than 64 KiB, whatever its length says", async () => {
    let sent = 0;
    const message = await answering((_, response) => {
      response.writeHead(200, { "transfer-encoding": "chunked" });
      const more = (): void => {
        if (response.destroyed || sent > 50_000_000) return void response.end();
        sent += 16_384;
        response.write(" ".repeat(16_384), () => setImmediate(more));
      };
      more();
    });
    expect(message).toContain("more than 65536 bytes");
    expect(sent).toBeLessThan(50_000_000);
  });

  it("it is small only while it is compressed", async () => {
    const { gzipSync } = await import("node:zlib");
    const bomb = gzipSync(Buffer.alloc(5_000_000, " "));
    expect(bomb.byteLength).toBeLessThan(65_536);
    expect(
      await answering((_, response) => response.writeHead(200, { "content-encoding": "gzip" }).end(bomb)),
    ).toContain("more than 65536 bytes");
  });

  it("it takes too long to begin", async () => {
    expect(await answering(() => undefined, { timeoutSeconds: 0.2 })).toContain("TimeoutError");
  });

  it("it takes too long to end", async () => {
    expect(
      await answering((_, response) => void response.writeHead(200).write('{"keys":['), { timeoutSeconds: 0.2 }),
    ).toContain("TimeoutError");
  });

  it("what it is fetched with does not come back", async () => {
    expect(
      await answering(() => undefined, { timeoutSeconds: 0.2, fetch: () => new Promise(() => undefined) }),
    ).toContain("TimeoutError");
  });

  it.each(["", "{", "[]", "null", '"keys"', "{}", '{"keys":{}}', '{"keys":null}', "<html></html>"])(
    "it is %j",
    async (body) => {
      expect(await answering((_, response) => response.end(body))).toMatch(/not a key set|SyntaxError/);
    },
  );

  it("it is not text", async () => {
    expect(await answering((_, response) => response.end(Buffer.from([0x7b, 0xff, 0x7d])))).toContain("TypeError");
  });
});

describe("a published key", () => {
  const publishing = async (...keys: ReadonlyArray<unknown>): Promise<string> => {
    const present = start();
    server.answer((_, response) => response.end(JSON.stringify({ keys })));
    return present(first);
  };

  it.each<[string, () => object]>([
    ["is private", () => ({ ...first.jwk, d: "AQAB" })],
    ["is for encryption", () => ({ ...first.jwk, use: "enc" })],
    ["is for signing only", () => ({ ...first.jwk, key_ops: ["sign"] })],
    ["is a secret", () => ({ kty: "oct", kid: "first", k: "c2VjcmV0", alg: "HS256" })],
    ["is of no known type", () => ({ ...first.jwk, kty: "XYZ" })],
    ["is for another algorithm", () => ({ ...first.jwk, alg: "ES384" })],
    ["is not on its curve", () => ({ ...first.jwk, x: "AAAA" })],
    ["lacks a part", () => ({ kty: "EC", crv: "P-256", kid: "first" })],
  ])("that %s is none", async (_, key) => {
    expect(await publishing(key())).toBe("anonymous");
  });

  it("is found beside others that cannot be used", async () => {
    const odd = [null, 7, "key", [], {}, { kty: 7 }, { kty: "oct", k: "x" }, { ...second.jwk, use: "enc" }];
    expect(await publishing(...odd, first.jwk)).toBe("caller");
  });

  it("counts for nothing when two have its id", async () => {
    expect(await publishing(first.jwk, { ...second.jwk, kid: "first" })).toBe("anonymous");
  });

  it("is found where the issuer has none for a while", async () => {
    expect(await publishing()).toBe("anonymous");
  });
});

describe("on a Cloudflare Worker", () => {
  beforeEach(() => {
    vi.stubGlobal("navigator", { userAgent: "Cloudflare-Workers" });
  });
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it("no request waits for a fetch of another, and a crowd does not make many once there are keys", async () => {
    const present = start();
    expect(await Promise.all([present(first), present(first)])).toEqual(["caller", "caller"]);
    // One where the first was done before the second began to look.
    const before = server.asked();
    expect([1, 2]).toContain(before);
    later(301);
    expect(await Promise.all(Array.from({ length: 20 }, () => present(first)))).toEqual(Array(20).fill("caller"));
    expect(server.asked()).toBe(before + 1);
    later(31);
    await Promise.all(Array.from({ length: 20 }, () => present(second)));
    expect(server.asked()).toBe(before + 2);
  });

  it("the request that notices the age of the keys fetches new ones before it answers", async () => {
    const present = start();
    await present(first);
    server.publish(second.jwk);
    later(301);
    expect(await present(first)).toBe("anonymous");
  });
});
