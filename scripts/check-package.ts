/**
 * Looks at the package as those who install it will.
 *
 * Invariant: everything is checked on the packed tarball, in a project that has only what package.json declares. What is
 * published by mistake, imported but not declared, or found by one kind of resolution only, fails here.
 *
 * It reads the entry points from `exports`, so that a new one needs no change here. Run it after a build.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { subset } from "semver";

interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, unknown>>;
  readonly engines: { readonly node: string };
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

const repository = join(dirname(fileURLToPath(import.meta.url)), "..");
const manifest: Manifest = JSON.parse(readFileSync(join(repository, "package.json"), "utf8"));
const entryPoints = Object.keys(manifest.exports)
  .filter((path) => !path.endsWith(".json"))
  .map((path) => manifest.name + path.slice(1));

const problems: Array<string> = [];

/** Runs a program and keeps what it printed as a problem when it fails. */
const expectSuccess = (what: string, program: string, args: ReadonlyArray<string>, cwd: string): void => {
  const output = run(program, args, cwd);
  if (output !== null) problems.push(`${what}\n${output}`);
};

/** What a program that failed has printed; null when it did not fail. */
const run = (program: string, args: ReadonlyArray<string>, cwd: string): string | null => {
  try {
    execFileSync(program, args, { cwd, encoding: "utf8", stdio: "pipe" });
    return null;
  } catch (cause) {
    if (!(cause instanceof Error && "stdout" in cause && "stderr" in cause)) throw cause;
    return `${cause.stdout}${cause.stderr}`.trim();
  }
};

const project = realpathSync(mkdtempSync(join(tmpdir(), "hedgerow-package-")));
try {
  const installed = install();
  await checkMetadata(installed);
  checkEngines();
  checkLoading();
  checkTypes();
} finally {
  rmSync(project, { recursive: true, force: true });
}
for (const problem of problems) console.error(`${problem}\n`);
if (problems.length === 0) console.log(`${manifest.name}: ${entryPoints.length} entry points load and type-check`);
process.exitCode = problems.length === 0 ? 0 : 1;

/** Packs and unpacks, and links what a package manager would put beside it: no network, and nothing undeclared. */
function install(): string {
  const packed = execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", project], {
    cwd: repository,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [tarball]: ReadonlyArray<{ filename: string; files: ReadonlyArray<{ path: string }> }> = JSON.parse(packed);
  if (tarball === undefined) throw new Error("npm pack made no tarball");
  checkContents(tarball.files.map(({ path }) => path));

  const modules = join(project, "node_modules");
  const installed = join(modules, manifest.name);
  mkdirSync(installed, { recursive: true });
  execFileSync("tar", ["-xzf", join(project, tarball.filename), "--strip-components=1", "-C", installed]);

  // The types of the runtime and of pg do not come with them; whoever uses those from TypeScript installs these.
  const types = ["@types/node", "@types/pg"];
  for (const name of [...Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }), ...types]) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(repository, "node_modules", name), join(modules, name));
  }
  return installed;
}

function checkContents(paths: ReadonlyArray<string>): void {
  const documents = ["LICENSE", "README.md", "package.json"];
  for (const path of paths) {
    if (!path.startsWith("dist/") && !documents.includes(path)) problems.push(`${path} must not be published`);
  }
  for (const path of documents) if (!paths.includes(path)) problems.push(`${path} is not published`);
}

async function checkMetadata(installed: string): Promise<void> {
  const { messages, pkg } = await publint({ pkgDir: installed, pack: false, strict: true });
  for (const message of messages) problems.push(`publint: ${formatMessage(message, pkg)}`);
}

interface Locked {
  readonly engines?: { readonly node?: string };
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** Whoever installs the package on any Node that it names gets no warning about another one. */
function checkEngines(): void {
  const { packages }: { readonly packages: Readonly<Record<string, Locked>> } = JSON.parse(
    readFileSync(join(repository, "package-lock.json"), "utf8"),
  );
  const seen = new Set<string>();
  const visit = (name: string, from: string): void => {
    let place = from;
    while (place !== "" && packages[`${place}/node_modules/${name}`] === undefined) {
      place = place.slice(0, Math.max(0, place.lastIndexOf("/node_modules/")));
    }
    const path = place === "" ? `node_modules/${name}` : `${place}/node_modules/${name}`;
    const locked = packages[path];
    if (locked === undefined || seen.has(path)) return;
    seen.add(path);
    const wanted = locked.engines?.node;
    if (wanted !== undefined && !subset(manifest.engines.node, wanted)) {
      problems.push(`${path} needs Node ${wanted}, and package.json promises ${manifest.engines.node}`);
    }
    for (const dependency of Object.keys(locked.dependencies ?? {})) visit(dependency, path);
  };
  for (const name of Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })) visit(name, "");
  if (seen.size < 10) problems.push("package-lock.json does not name what the package needs");
}

/** One process for each, so that no entry point works only because another was loaded before it. */
function checkLoading(): void {
  for (const entryPoint of entryPoints) {
    const name = JSON.stringify(entryPoint);
    expectSuccess(`import ${name} fails`, "node", ["--input-type=module", "--eval", `await import(${name})`], project);
    expectSuccess(`require(${name}) fails`, "node", ["--input-type=commonjs", "--eval", `require(${name})`], project);
  }
}

/** The declarations are checked too, but only ours: those of drizzle-orm 0.45 do not type-check by themselves. */
function checkTypes(): void {
  writeFileSync(join(project, "package.json"), JSON.stringify({ private: true, type: "module" }));
  const esm = entryPoints.map((name, index) => `import * as entry${index} from ${JSON.stringify(name)};`);
  const cjs = entryPoints.map((name, index) => `import entry${index} = require(${JSON.stringify(name)});`);
  const uses = `export const entries = [${entryPoints.map((_, index) => `entry${index}`).join(", ")}];`;
  writeFileSync(join(project, "esm.ts"), `${[...esm, uses].join("\n")}\n`);
  writeFileSync(join(project, "cjs.cts"), `${[...cjs, uses].join("\n")}\n`);
  for (const { module, moduleResolution, files } of [
    { module: "nodenext", moduleResolution: "nodenext", files: ["esm.ts", "cjs.cts"] },
    { module: "esnext", moduleResolution: "bundler", files: ["esm.ts"] },
  ]) {
    const config = `tsconfig.${moduleResolution}.json`;
    const compilerOptions = { target: "es2022", module, moduleResolution, strict: true, noEmit: true, types: ["node"] };
    writeFileSync(join(project, config), JSON.stringify({ compilerOptions, files }));
    const tsc = join(repository, "node_modules", "typescript", "bin", "tsc");
    const output = run("node", [tsc, "-p", config, "--pretty", "false"], project) ?? "";
    const ours = output.split("\n").filter((line) => isOurs(line));
    if (ours.length > 0) problems.push(`Types under moduleResolution ${moduleResolution}:\n${ours.join("\n")}`);
  }
}

/** A line of the compiler's that starts with a file of ours, or with no file at all, because then nothing was checked. */
function isOurs(line: string): boolean {
  return /^(esm\.ts|cjs\.cts|error )/.test(line) || line.startsWith(`node_modules/${manifest.name}/`);
}
