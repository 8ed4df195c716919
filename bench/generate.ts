/**
 * How the making of migrations grows with the number of tables.
 *
 *     npm run bench:generate
 *
 * Invariant: figures of one run only; what counts is the growth from one size to the next. `first` writes everything,
 * `nothing` finds nothing to write, `rule` writes the row-level security anew after one rule has changed.
 */
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { id, organization, table } from "hedgerow";
import { sessionIdentity } from "hedgerow/better-auth";
import { generate } from "hedgerow/drizzle-kit";
import { compile } from "hedgerow/postgres";
import { schemaOf } from "./tables.js";

const identity = sessionIdentity({});

const milliseconds = async (work: () => Promise<unknown> | unknown): Promise<number> => {
  const start = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
};

const extra = (role: "admin+" | "owner") =>
  table("extra", { id: id(), organizationId: organization() })
    .firewall("organization")
    .access({ read: { roles: [role] } });

const measure = async (size: number): Promise<void> => {
  const out = await mkdtemp(join(tmpdir(), "hedgerow-bench-"));
  const schema = { ...schemaOf(size), extra: extra("admin+") };
  const changed = { ...schema, extra: extra("owner") };
  let files: ReadonlyArray<string> = [];
  try {
    const figures = [
      await milliseconds(() => compile(schema, identity)),
      await milliseconds(async () => {
        files = await generate({ schema, identity, out });
      }),
      await milliseconds(() => generate({ schema, identity, out })),
      await milliseconds(() => generate({ schema: changed, identity, out })),
    ];
    const sizes = await Promise.all(files.map(async (file) => (await stat(join(out, file))).size));
    console.log(
      String(size).padStart(6),
      ...figures.map((ms) => `${ms.toFixed(0).padStart(8)} (${(ms / size).toFixed(2).padStart(5)})`),
      `  ${(sizes.reduce((sum, each) => sum + each, 0) / 1024).toFixed(0).padStart(6)} KiB`,
    );
  } finally {
    await rm(out, { recursive: true });
  }
};

// The first run of all loads drizzle-kit.
const warm = await mkdtemp(join(tmpdir(), "hedgerow-bench-"));
await generate({ schema: schemaOf(5), identity, out: warm });
await rm(warm, { recursive: true });
console.log(
  "tables     compile           first            nothing          rule              SQL   (CPU ms; per table in brackets)",
);
for (const size of [10, 100, 1000]) await measure(size);
