/**
 * The chart of the README: requests a second, and round trips.
 *
 * Invariant: an SVG of its own, without a font or a script from elsewhere, that can be read on a light and on a dark page.
 */
import type { Measure } from "./report.js";
import { type RoundTripsRow, roundTripsDrivers, roundTripsRows, type Throughput, throughputs } from "./summary.js";

const width = 880;
const left = 250;
const bar = { height: 18, gap: 8 };
const lineHeight = 24;

const style = `
  text { font: 13px ui-sans-serif, system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #57606a }
  .title { font-weight: 600; fill: #1f2328 }
  .ours { font-weight: 600 }
  .number { font-variant-numeric: tabular-nums }
  rect { fill: #afb8c1 }
  rect.ours { fill: #2c8a4b }
  line { stroke: #d0d7de }
  @media (prefers-color-scheme: dark) {
    text { fill: #9da7b1 } .title { fill: #e6edf3 } rect { fill: #57606a } rect.ours { fill: #3fb068 } line { stroke: #373e47 }
  }`;

const escaped = (text: string): string => text.replace(/[&<>"]/g, (character) => `&#${character.codePointAt(0)};`);

const label = (text: string, x: number, y: number, classes: string, anchor = "start"): string =>
  `<text x="${x}" y="${y}" class="${classes.trim()}" text-anchor="${anchor}">${escaped(text)}</text>`;

/** A part of the chart, and how high it is. */
interface Block {
  readonly height: number;
  readonly draw: (top: number) => ReadonlyArray<string>;
}

const bars = (title: string, rows: ReadonlyArray<Throughput>): Block => {
  const most = Math.max(1, ...rows.map(({ perSecond }) => perSecond));
  const space = width - left - 80;
  return {
    height: rows.length === 0 ? 0 : lineHeight + rows.length * (bar.height + bar.gap) + 16,
    draw: (top) =>
      rows.length === 0
        ? []
        : [
            label(title, 0, top + 14, "title"),
            ...rows.flatMap((row, index) => {
              const y = top + lineHeight + index * (bar.height + bar.gap);
              const length = Math.max(1, (row.perSecond / most) * space);
              const classes = row.ours ? "ours" : "";
              return [
                label(row.label, left - 10, y + 14, classes, "end"),
                `<rect x="${left}" y="${y}" width="${length.toFixed(1)}" height="${bar.height}" rx="2" class="${classes}"/>`,
                label(Math.round(row.perSecond).toLocaleString("en"), left + length + 8, y + 14, `number ${classes}`),
              ];
            }),
          ],
  };
};

const grid = (title: string, rows: ReadonlyArray<RoundTripsRow>): Block => {
  const measured = rows.filter(({ cells }) => cells.some((cell) => cell !== undefined));
  const columnAt = (index: number): number => 330 + index * 130 + 60;
  return {
    height: measured.length === 0 ? 0 : lineHeight * (measured.length + 1) + 16,
    draw: (top) =>
      measured.length === 0
        ? []
        : [
            label(title, 0, top + 14, "title"),
            ...roundTripsDrivers.map((driver, index) => label(driver, columnAt(index), top + 14, "", "middle")),
            ...measured.flatMap((row, index) => {
              const y = top + lineHeight * (index + 1);
              const classes = row.ours ? "ours" : "";
              return [
                `<line x1="0" x2="${width}" y1="${y - 2}" y2="${y - 2}"/>`,
                label(row.label, 0, y + 15, classes),
                ...row.cells.map((cell, column) =>
                  label(cell ?? "–", columnAt(column), y + 15, `number ${classes}`, "middle"),
                ),
              ];
            }),
          ],
  };
};

/** @returns an SVG. */
export const chart = (measures: ReadonlyArray<Measure>): string => {
  const blocks = [
    bars("A row by its id, requests a second", throughputs(measures, "get")),
    bars("A list of 20 rows, requests a second", throughputs(measures, "list")),
    grid("Round trips to the database", roundTripsRows(measures)),
  ];
  const parts: Array<string> = [];
  let top = 8;
  for (const { height, draw } of blocks) {
    parts.push(...draw(top));
    top += height;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${top}" width="${width}" height="${top}" role="img" aria-label="Requests a second and round trips to the database">
<style>${style}
</style>
${parts.join("\n")}
</svg>
`;
};
