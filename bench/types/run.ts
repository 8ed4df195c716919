/**
 * What the compiler does for each table.
 *
 *     npm run bench -- types
 *
 * Invariant: the figure of a table is the growth from one size to the next, so that nothing that is there once has a part in
 * it. Instantiations are TypeScript's own count (5.9); they do not depend on the machine, the time does.
 */
import { fileURLToPath } from "node:url";
import ts from "@tsd/typescript";
import { type Measure, measure } from "../report.js";
import { moduleOf, type Part } from "./source.js";

const root = fileURLToPath(new URL("../../", import.meta.url));

export interface TypesOptions {
  /** Two numbers of tables. */
  readonly sizes: readonly [few: number, many: number];
}

export interface Checked {
  readonly instantiations: number;
  readonly milliseconds: number;
}

const options = (): ts.CompilerOptions => {
  const path = `${root}tsconfig.source.json`;
  const { config } = ts.readConfigFile(path, ts.sys.readFile);
  const parsed = ts.parseJsonConfigFileContent({ ...config, include: [], files: ["src/index.ts"] }, ts.sys, root);
  return parsed.options;
};

/** @throws Error with what the compiler says, where the module is wrong. */
export const checkModule = (part: Part, size: number): Checked => {
  const compilerOptions = options();
  const path = `${root}bench/types/generated.ts`;
  const text = moduleOf(part, size);
  const host = ts.createCompilerHost(compilerOptions);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (name) => name === path || fileExists(name);
  host.readFile = (name) => (name === path ? text : readFile(name));
  host.getSourceFile = (name, language, ...rest) =>
    name === path ? ts.createSourceFile(name, text, language) : getSourceFile(name, language, ...rest);
  const program = ts.createProgram([path], compilerOptions, host);
  const file = program.getSourceFile(path);
  const start = performance.now();
  const diagnostics = program.getSemanticDiagnostics(file);
  const milliseconds = performance.now() - start;
  if (diagnostics.length > 0) throw new Error(ts.formatDiagnostics(diagnostics.slice(0, 5), host));
  return { instantiations: program.getInstantiationCount(), milliseconds };
};

const goals: Readonly<Partial<Record<Part, number>>> = { router: 400, client: 600 };

/** Of one part: the growth for each table, and the whole. */
const measuresOf = (part: Part, [few, many]: TypesOptions["sizes"]): ReadonlyArray<Measure> => {
  const [small, large] = [checkModule(part, few), checkModule(part, many)];
  const perTable = (of: (checked: Checked) => number): number => (of(large) - of(small)) / (many - few);
  const goal = goals[part];
  return [
    measure(
      `types/${part}/instantiations`,
      perTable(({ instantiations }) => instantiations),
      "per table",
      {
        ...(goal !== undefined && { goal, atMost: true }),
        note: `${small.instantiations} with ${few} tables, ${large.instantiations} with ${many}`,
      },
    ),
    measure(
      `types/${part}/time`,
      perTable(({ milliseconds }) => milliseconds),
      "ms per table",
      {
        note: `${small.milliseconds.toFixed(0)} ms with ${few} tables, ${large.milliseconds.toFixed(0)} ms with ${many}`,
      },
    ),
  ];
};

export const typesBenchmark = ({ sizes }: TypesOptions): ReadonlyArray<Measure> => {
  // The compiler itself gets faster while it runs.
  checkModule("client", sizes[0]);
  return (["schema", "router", "client", "hc"] as const).flatMap((part) => measuresOf(part, sizes));
};
