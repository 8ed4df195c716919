/** Whose code takes the time of a process. */
import { describe, expect, it } from "vitest";
import { type Profile, sharesOf } from "../../bench/http/profile.js";

const frame = (id: number, functionName: string, url: string) => ({ id, callFrame: { functionName, url } });

describe("the shares of a profile", () => {
  const nodes: Profile["nodes"] = [
    frame(1, "(idle)", ""),
    frame(2, "(garbage collector)", ""),
    frame(3, "runLoop", "file:///app/node_modules/effect/dist/internal/core.js"),
    frame(4, "query", "file:///app/node_modules/pg/node_modules/pg-protocol/dist/parser.js"),
    frame(5, "fetch", "file:///app/node_modules/@hono/node-server/dist/index.mjs"),
    frame(6, "handle", "file:///app/bench/http/.build/targets/hedgerow-claims.js"),
    frame(7, "writev", "node:net"),
  ];

  it("are of the package whose function ran, and none is of waiting", () => {
    expect(sharesOf({ nodes, samples: [1, 2, 3, 4, 5, 6, 7, 3], timeDeltas: [500, 1, 20, 3, 4, 50, 6, 7] })).toEqual({
      node: 7,
      effect: 27,
      "pg-protocol": 3,
      "@hono/node-server": 4,
      hedgerow: 50,
    });
  });

  it("are none where nothing was sampled", () => {
    expect(sharesOf({ nodes })).toEqual({});
  });
});
