/** Over what Neon is reached, where nobody said it. */
import { modeOfRuntime, neon } from "hedgerow/neon";
import { neon as neonOverHttp } from "hedgerow/neon-http";
import { startNeonLocal } from "hedgerow/neon-local";
import { Miniflare } from "miniflare";
import { describe, expect, it } from "vitest";
import { bundleWorker } from "../../scripts/bundle-worker.js";
import { freshPostgres } from "../support/databases.js";

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

describe("neon() of hedgerow/neon-http", () => {
  it("speaks HTTP, wherever it runs", () => {
    expect(neonOverHttp({ url }).driver).toBe("neon-http");
    expect(neonOverHttp({ url, mode: "auto" }).driver).toBe("neon-http");
    expect(neonOverHttp({ url, mode: "http" }).driver).toBe("neon-http");
  });

  it("says where a WebSocket is to be had", () => {
    // @ts-expect-error a mode that it does not have
    expect(() => neonOverHttp({ url, mode: "websocket" })).toThrow(
      new TypeError('neon() of "hedgerow/neon-http" has no mode "websocket": import it from "hedgerow/neon"'),
    );
    const { interactive } = neonOverHttp({ url });
    expect(interactive.supported ? "" : interactive.reason).toMatch(
      /use neon\(\{ url, mode: "websocket" \}\) of hedgerow\/neon$/,
    );
  });

  it("refuses the urls that hedgerow/neon refuses, in the same words", () => {
    const other = { url, authorize: { url: "postgres://authenticated@ep-2.eu-central-1.aws.neon.tech/app" } };
    for (const options of [{ url: "mysql://role@host/app" }, other]) {
      const refusals = [neon, neonOverHttp].map((make) => {
        try {
          return make(options);
        } catch (error) {
          return error;
        }
      });
      expect(refusals[0]).toBeInstanceOf(TypeError);
      expect(refusals[1]).toEqual(refusals[0]);
    }
  });
});

describe("neon() in workerd", () => {
  it("reaches neon-local over HTTP by either import, and over a WebSocket within one request", async () => {
    const postgres = await freshPostgres();
    const local = await startNeonLocal({ target: { url: postgres.ownerUrl } });
    const { username, password, pathname } = new URL(postgres.ownerUrl);
    const { code } = await bundleWorker({
      text: `import { neon } from "hedgerow/neon";
        import { neon as overHttp } from "hedgerow/neon-http";
        import * as Effect from "effect/Effect";
        export default {
          fetch: async (request, env) => {
            const mode = new URL(request.url).pathname.slice(1);
            const database = mode === "" ? overHttp({ url: env.URL, local: true }) : neon({ url: env.URL, mode, local: true });
            const statements = [{ text: "create temporary table t (id int)" }, { text: "select current_user::text as who" }];
            const [, result] = await Effect.runPromise(database.transact(statements));
            await database.close();
            return Response.json({ driver: database.driver, rows: result.rows });
          },
        };`,
    });
    const worker = new Miniflare({
      modules: [{ type: "ESModule", path: "worker.js", contents: code }],
      compatibilityDate: "2026-04-01",
      bindings: { URL: local.url(username, password, pathname.slice(1)) },
    });
    const address = await worker.ready;
    const rows = [{ who: username }];
    for (const mode of ["http", "websocket", "http", "websocket"]) {
      expect(await (await fetch(new URL(mode, address))).json()).toEqual({ driver: `neon-${mode}`, rows });
    }
    expect(await (await fetch(address)).json()).toEqual({ driver: "neon-http", rows });
    await worker.dispose();
    await local.close();
    await postgres.close();
  });
});
