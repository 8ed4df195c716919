/**
 * The figures of the policies with their plans, as a document.
 *
 * Invariant: every plan is the one that Postgres ran for the figures beside it.
 */
import type { PoliciesReport, PolicyFigures } from "./run.js";

const micros = (value: number): string => (value < 100 ? value.toFixed(1) : value.toFixed(0));

const row = ({ identity, pattern, shape, guarded, handWritten, ...figures }: PolicyFigures): string =>
  `| ${[
    pattern.name,
    identity,
    shape,
    `${micros(guarded.p50)} / ${micros(guarded.p99)}`,
    `${micros(handWritten.p50)} / ${micros(handWritten.p99)}`,
    micros(figures.constant),
    `${figures.ratio.toFixed(2)} (${figures.spread.map((ratio) => ratio.toFixed(2)).join(" to ")})`,
    figures.evaluations,
    [...figures.calls].map(([helper, calls]) => `${helper} ${calls}`).join(", "),
  ].join(" | ")} |`;

const plan = ({ identity, pattern, shape, explained }: PolicyFigures): string =>
  `### ${pattern.name}, ${identity}, ${shape}

By hand: \`where ${pattern.where}\`

\`\`\`text
${explained.text}
\`\`\``;

/** @returns Markdown. */
export const policiesReport = ({ figures }: PoliciesReport): string => {
  const rows = figures[0]?.rows ?? 0;
  return `# What the policies cost

Made by \`npm run bench -- policies\`. Each table has ${rows.toLocaleString("en")} rows, one in a hundred of them the organization's. Times are in microseconds, p50 / p99, and
the server's own. \`page\` is the first 51 rows in the order of their ids, \`all\` looks at every row that the caller can see. The constant is what the helpers take
that the guarded statement ran, by themselves; the ratio is (guarded - constant) / by hand, with the least and the greatest of the rounds. "Evaluated" is how
often the helper was evaluated that was evaluated most often in one statement; behind it stands what was called, also by one another.

| pattern | caller | statement | guarded | by hand | constant | ratio | evaluated | calls |
|---|---|---|---|---|---|---|---|---|
${figures.map(row).join("\n")}

## Plans

${figures.map(plan).join("\n\n")}
`;
};
