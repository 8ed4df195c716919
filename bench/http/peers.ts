/**
 * What others use, installed by the benchmark alone.
 *
 * Invariant: one that cannot be installed, generated or started is left out with a reason; it never stops the rest.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { lastWords } from "./last-words.js";
import { at, claimed, type Operation, pageSize, rest, type Target } from "./targets.js";
import { documentId } from "./world.js";

const folder = fileURLToPath(new URL("peers/", import.meta.url));
const modules = "../peers";

const list = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : [value]);

export interface Peer extends Target {
  /** The script of `peers/package.json` that generates what its module imports. */
  readonly generate?: string;
}

/** Hono and a mapper: the routes are the benchmark's own. */
const mapper = (name: string): Peer => ({ ...rest(name, claimed), module: `${modules}/${name}` });

const remult: Peer = {
  name: "remult",
  module: `${modules}/remult`,
  ask: (operation, pick, size) => ({
    method: "GET",
    path:
      operation === "get"
        ? `/api/documents/${documentId(pick.document)}`
        : `/api/documents?_limit=${pageSize}&_sort=createdAt&_order=desc`,
    headers: claimed(pick, size),
  }),
  rows: (_operation, json) => list(json),
};

const zenstack: Peer = {
  name: "zenstack",
  generate: "zenstack",
  module: `${modules}/zenstack`,
  ask: (operation, pick, size) => {
    const [name, query] =
      operation === "get"
        ? ["findUnique", { where: { id: documentId(pick.document) } }]
        : ["findMany", { orderBy: { createdAt: "desc" }, take: pageSize }];
    return {
      method: "GET",
      path: `/model/document/${name}?q=${encodeURIComponent(JSON.stringify(query))}`,
      headers: claimed(pick, size),
    };
  },
  rows: (_operation, json) => list(at(json, "data")),
};

const fields = "id: rowId organizationId userId title status body pages createdAt";
const queries: Readonly<Record<Operation, string>> = {
  get: `query ($id: String!) { documentByRowId(rowId: $id) { ${fields} } }`,
  list: `query ($first: Int!) { allDocuments(orderBy: CREATED_AT_DESC, first: $first) { nodes { ${fields} } } }`,
};

const postgraphile: Peer = {
  name: "postgraphile",
  module: `${modules}/postgraphile`,
  ask: (operation, pick, size) => ({
    method: "POST",
    path: "/graphql",
    headers: { ...claimed(pick, size), "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify({
      query: queries[operation],
      variables: operation === "get" ? { id: documentId(pick.document) } : { first: pageSize },
    }),
  }),
  rows: (operation, json) =>
    list(operation === "get" ? at(json, "data", "documentByRowId") : at(json, "data", "allDocuments", "nodes")),
};

export const peers: ReadonlyArray<Peer> = [
  { ...mapper("prisma-rls"), generate: "prisma" },
  mapper("mikro-orm"),
  remult,
  zenstack,
  postgraphile,
];

const npm = (...parameters: ReadonlyArray<string>): Promise<void> =>
  new Promise((resolve, reject) => {
    // Prisma would load an engine that nothing here needs; none of them shall report that it was used.
    const env = { PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, CHECKPOINT_DISABLE: "1", DO_NOT_TRACK: "1" };
    execFile(
      "npm",
      [...parameters, "--silent", "--prefix", folder],
      { env: { ...process.env, ...env }, maxBuffer: 16 * 1024 * 1024 },
      (error, stdout, stderr) => {
        if (error === null) resolve();
        else reject(new Error(`npm ${parameters.join(" ")} failed: ${lastWords(`${stdout}\n${stderr}`)}`));
      },
    );
  });

/**
 * Installs what is not installed yet, which takes minutes.
 *
 * @returns the Node.js that comes with the peers, because some need a newer one than Hedgerow does.
 * @throws Error where it cannot be installed.
 */
export const installPeers = async (): Promise<string> => {
  const node = join(folder, "node_modules", "node", "bin", "node");
  if (!existsSync(node)) await npm("ci");
  if (!existsSync(node)) throw new Error("npm did not run the script that installs the peers' Node.js");
  return node;
};

/** @throws Error where it cannot be generated. */
export const generateFor = async ({ generate }: Peer): Promise<void> => {
  if (generate !== undefined) await npm("run", generate);
};
