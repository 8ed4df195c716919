/**
 * The matrix for people and programs.
 *
 * Invariant: the three forms hold the same cells; Markdown escapes what would break a table.
 */
import type { MatrixCell, MatrixOperation } from "./matrix.js";

const operations: ReadonlyArray<MatrixOperation> = ["read", "create", "update", "delete"];

const unique = (values: ReadonlyArray<string>): ReadonlyArray<string> => [...new Set(values)];

const short: Readonly<Record<MatrixCell["answer"], string>> = {
  all: "all",
  firewall: "own scope",
  some: "some",
  none: "–",
};

interface Grid {
  readonly table: string;
  readonly identities: ReadonlyArray<string>;
  readonly rows: ReadonlyArray<{ readonly operation: string; readonly cells: ReadonlyArray<MatrixCell | undefined> }>;
}

const grids = (cells: ReadonlyArray<MatrixCell>): ReadonlyArray<Grid> =>
  unique(cells.map(({ table }) => table)).map((table) => {
    const own = cells.filter((cell) => cell.table === table);
    const identities = unique(own.map(({ identity }) => identity));
    return {
      table,
      identities,
      rows: operations.map((operation) => ({
        operation,
        cells: identities.map((identity) =>
          own.find((cell) => cell.operation === operation && cell.identity === identity),
        ),
      })),
    };
  });

/** Sentences of the cells that say `some`, each once with who it is for. */
const notes = (grid: Grid): ReadonlyArray<string> => {
  const some = grid.rows.flatMap(({ cells }) => cells.filter((cell) => cell?.answer === "some"));
  const sentences = unique(some.map((cell) => `${cell?.operation}: ${cell?.rows}`));
  return sentences.map((sentence) => {
    const who = some.filter((cell) => `${cell?.operation}: ${cell?.rows}` === sentence).map((cell) => cell?.identity);
    return `${unique(who.map(String)).join(", ")} may ${sentence.replace(": ", " a row when ")}`;
  });
};

const answer = (cell: MatrixCell | undefined): string => short[cell?.answer ?? "none"];

/** Aligned columns for a terminal. */
export const matrixText = (cells: ReadonlyArray<MatrixCell>): string =>
  grids(cells)
    .map((grid) => {
      const lines = [
        ["", ...grid.identities],
        ...grid.rows.map(({ operation, cells: row }) => [operation, ...row.map(answer)]),
      ];
      const body = aligned(lines).map((line) => `  ${line}`);
      return [grid.table, ...body, ...notes(grid).map((note) => `  ${note}`)].join("\n");
    })
    .join("\n\n");

/** Whoever may: everybody from a kind upwards as `member+`, platform roles by themselves. */
const whoMay = (cells: ReadonlyArray<MatrixCell | undefined>): string => {
  if (cells.length === 1) return answer(cells[0]);
  const may = cells.flatMap((cell) => (cell !== undefined && cell.answer !== "none" ? [cell.identity] : []));
  const ladder = cells.flatMap((cell) => (cell?.identity.startsWith("platform ") === false ? [cell.identity] : []));
  const climbing = ladder.slice(ladder.findIndex((identity) => may.includes(identity)));
  const isLadder = climbing.length > 1 && climbing.every((identity) => may.includes(identity));
  const [first] = climbing;
  if (may.length === 0) return "–";
  if (may.length === cells.length) return "everybody";
  if (!isLadder) return may.join(", ");
  return [`${first}+`, ...may.filter((identity) => !ladder.includes(identity))].join(", ");
};

const aligned = (lines: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<string> => {
  const widths = lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? [];
  return lines.map((line) =>
    line
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
};

/** A line for each table: who may do what with any row at all. */
export const matrixSummary = (cells: ReadonlyArray<MatrixCell>): string =>
  [
    ...aligned([
      ["", ...operations],
      ...grids(cells).map(({ table, rows }) => [table, ...rows.map(({ cells: row }) => whoMay(row))]),
    ]),
    "",
    "Who may with any row at all; `hedgerow matrix <table>` says with which.",
  ].join("\n");

const cellText = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");

/** A table for each table, for documentation and pull requests. */
export const matrixMarkdown = (cells: ReadonlyArray<MatrixCell>): string =>
  grids(cells)
    .map((grid) =>
      [
        `### ${cellText(grid.table)}`,
        "",
        `| | ${grid.identities.map(cellText).join(" | ")} |`,
        `|---|${grid.identities.map(() => "---|").join("")}`,
        ...grid.rows.map(({ operation, cells: row }) => `| ${operation} | ${row.map(answer).join(" | ")} |`),
        ...(notes(grid).length > 0 ? ["", ...notes(grid).map((note) => `- ${cellText(note)}`)] : []),
      ].join("\n"),
    )
    .join("\n\n");

export const matrixJson = (cells: ReadonlyArray<MatrixCell>): string => JSON.stringify(cells, null, 2);
