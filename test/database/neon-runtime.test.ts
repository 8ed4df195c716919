/** Over what Neon is reached, where nobody said it. */
import { modeOfRuntime, neon } from "hedgerow/neon";
import { Miniflare } from "miniflare";
import { describe, expect, it } from "vitest";
import { bundleWorker } from "../../scripts/bundle-worker.js";

const url = "postgres://role:password@ep-1.eu-central-1.aws.neon.tech/app";
const node = { versions: { node: "22.0.0" } };

describe("modeOfRuntime", () => {
  it.each([
    ["Node", { process: node, navigator: { userAgent: "Node.js/22" } }, "websocket"],
    ["Bun", { process: { versions: { node: "22.0.0", bun: "1.3.0" } }, Bun: {} }, "websocket"],
    ["a Worker", { navigator: { userAgent: "Cloudflare-Workers" } }, "http"],
    ["a Worker with Node's process", { navigator: { userAgent: "Cloudflare-Workers" }, process: node }, "http"],
    ["Vercel's edge", { EdgeRuntime: "edge-runtime", process: { env: {} } }, "http"],
    ["Deno", { Deno: {}, process: node, navigator: { userAgent: "Deno/2.0.0" } }, "http"],
    ["a browser", { navigator: { userAgent: "Mozilla/5.0" } }, "http"],
    ["what has neither", {}, "http"],
  ])("finds what suits %s", (_, globals, mode) => {
    expect(modeOfRuntime(globals)).toBe(mode);
  });

  it("finds a WebSocket in this Node", async () => {
    const database = neon({ url });
    expect(database.driver).toBe("neon-websocket");
    await database.close();
  });

  it.each([[["nodejs_compat"]], [[]]])("finds HTTP in workerd with the flags %j", async (compatibilityFlags) => {
    const { code } = await bundleWorker({
      text: `import { neon } from "hedgerow/neon";
        export default { fetch: () => new Response(neon({ url: "${url}" }).driver) };`,
    });
    const worker = new Miniflare({
      modules: [{ type: "ESModule", path: "worker.js", contents: code }],
      compatibilityDate: "2026-04-01",
      compatibilityFlags,
    });
    expect(await (await fetch(await worker.ready)).text()).toBe("neon-http");
    await worker.dispose();
  });
});
