/**
 * The figures of the policies with their plans, as a document.
 *
 * Invariant: every plan is the one that Postgres ran for the figures beside it.
 */
import { type ContextFigures, type PoliciesReport, type PolicyFigures, ratioGoal } from "./run.js";

const micros = (value: number): string => (value < 100 ? value.toFixed(1) : value.toFixed(0));

const contextRow = ({ identity, prelude, enter, together }: ContextFigures): string =>
  `| ${identity} | ${micros(prelude)} | ${enter === 0 ? "" : micros(enter)} | ${micros(together)} |`;

const row = ({ identity, pattern, shape, guarded, handWritten, ...figures }: PolicyFigures): string =>
  `| ${[
    pattern.name,
    identity,
    shape,
    `${micros(guarded.p50)} / ${micros(guarded.p99)}`,
    `${micros(handWritten.p50)} / ${micros(handWritten.p99)}`,
    micros(figures.constant),
    `${figures.ratio.toFixed(2)} (${figures.spread.map((ratio) => ratio.toFixed(2)).join(" to ")})`,
    figures.reads.lookups,
    figures.evaluations,
    figures.explained.evaluations.length,
    figures.reads.sealChecks,
  ].join(" | ")} |`;

const fenced = (plan: string): string => `\`\`\`text\n${plan}\n\`\`\``;

const plans = ({ identity, pattern, shape, ratio, explained, handWrittenPlan }: PolicyFigures): string =>
  `### ${pattern.name}, ${identity}, ${shape}

By hand: \`where ${pattern.where}\`

${fenced(explained.text)}${ratio > ratioGoal ? `\n\nRatio ${ratio.toFixed(2)}; by hand:\n\n${fenced(handWrittenPlan)}` : ""}`;

/** @returns Markdown. */
export const policiesReport = ({ contexts, figures }: PoliciesReport): string => {
  const rows = figures[0]?.rows ?? 0;
  return `# What the policies cost

Made by \`npm run bench -- policies\`. Times are in microseconds and the server's own; the network and the driver have no part in them.

## The context: once a request

Every request sends a prelude ahead, which sets the role and who is calling. Where the caller is found live, \`hedgerow.enter()\` follows: it looks the caller up in
Better Auth's tables once, and seals what it found for the rest of the transaction. A caller whom a verified token names is in the prelude, and nothing is looked up.
Both are medians of transactions of their own, on a connection that has run them before. They are in none of the ratios below.

| caller | prelude | enter() | together |
|---|---|---|---|
${contexts.map(contextRow).join("\n")}

## The statement

Each table has ${rows.toLocaleString("en")} rows, one in a hundred of them the organization's. \`page\` is the first 51 rows in the order of their ids, \`all\` looks at every row that the
caller can see. The guarded statement is the third of the request's transaction (for claims the second), and it alone is timed; times are p50 / p99. The same
\`WHERE\` by hand has the caller's values as parameters.

- The *constant* is what the policies asked of the caller, as often as this statement did, as a statement without a table. For a live caller each question checks
  the seal, and looks nobody up.
- The *ratio* is (guarded - constant) / by hand, with the least and the greatest of the rounds: what the policies do to the statement itself. The goal is
  at most ${ratioGoal}; where it is missed, the plan by hand stands below the guarded one.
- *Lookups* is how often the whole request, with its prelude and enter(), read the table of the identity that it read most often, as Postgres counts reads
  (\`pg_stat_xact_user_tables\`), on a connection that has its plans: before that the planner reads the ends of indexes too. The goal is at most 1 for live
  callers and 0 for claims, however many rules ask.
- *Evaluated* is how often the mention of the caller that was evaluated most often was. A mention is a call of a helper in a policy, or the expression that Postgres
  puts in its place. The goal is at most 1: once a statement, and never once a row.
- *Mentions* is how many of them the plan has, and *seal* how often the statement checked the seal. Both grow with the rules and have no goal: a policy asks for the
  organization twice, because a restrictive policy repeats the firewall.

| pattern | caller | statement | guarded | by hand | constant | ratio | lookups | evaluated | mentions | seal |
|---|---|---|---|---|---|---|---|---|---|---|
${figures.map(row).join("\n")}

## Plans

${figures.map(plans).join("\n\n")}
`;
};
