/** The process of one target: `serve.js <module> <connections as JSON>`; tells its parent the port. */
import { serve } from "@hono/node-server";
import { answerProfiler } from "./profile.js";
import type { Open } from "./target.js";

const [module = "", connections = ""] = process.argv.slice(2);
const { open }: { readonly open: Open } = await import(new URL(`${module}.js`, import.meta.url).href);
const { fetch } = await open(JSON.parse(connections));
answerProfiler();
serve({ fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) => process.send?.({ port }));
// Its parent is gone, so nobody asks any more.
process.once("disconnect", () => process.exit());
