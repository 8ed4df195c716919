/**
 * What `EXPLAIN` says of a guarded statement.
 *
 * Invariant: a helper is an InitPlan of its own; how often it ran is what Postgres counted.
 */
import type { ClientBase } from "pg";

interface Node {
  readonly "Subplan Name"?: string;
  readonly "Actual Loops": number;
  readonly Output?: ReadonlyArray<string>;
  readonly Plans?: ReadonlyArray<Node>;
}

export interface Evaluation {
  /** For example `hedgerow.get_user_id()`. */
  readonly expression: string;
  /** How often it ran; 0 where an earlier part of the rule had decided. */
  readonly loops: number;
}

export interface Explained {
  /** Every mention of a helper, in the order of the plan. */
  readonly evaluations: ReadonlyArray<Evaluation>;
  readonly text: string;
}

const nodesOf = (node: Node): ReadonlyArray<Node> => [node, ...(node.Plans ?? []).flatMap(nodesOf)];

export const explain = async (client: ClientBase, statement: string): Promise<Explained> => {
  const { rows } = await client.query<{ "QUERY PLAN": ReadonlyArray<{ readonly Plan: Node }> }>(
    `explain (analyze, verbose, format json) ${statement}`,
  );
  const nodes = rows.flatMap((row) => row["QUERY PLAN"].flatMap(({ Plan }) => nodesOf(Plan)));
  const shown = await client.query<{ "QUERY PLAN": string }>(`explain (analyze, buffers off) ${statement}`);
  return {
    evaluations: nodes.flatMap((node) =>
      /^InitPlan/.test(node["Subplan Name"] ?? "")
        ? (node.Output ?? [])
            .filter((expression) => /\bhedgerow\./.test(expression))
            .map((expression) => ({ expression, loops: node["Actual Loops"] }))
        : [],
    ),
    text: shown.rows.map((row) => row["QUERY PLAN"]).join("\n"),
  };
};

/** How often the helper that ran most often did. */
export const mostEvaluations = (evaluations: ReadonlyArray<Evaluation>): number => {
  const counts = new Map<string, number>();
  for (const { expression, loops } of evaluations) counts.set(expression, (counts.get(expression) ?? 0) + loops);
  return Math.max(0, ...counts.values());
};

/** The helpers that a statement ran, as often as it ran them, and nothing else. */
export const constantOf = (evaluations: ReadonlyArray<Evaluation>): string => {
  const ran = evaluations.flatMap(({ expression, loops }) =>
    Array.from({ length: loops }, () => `(select ${expression})`),
  );
  return ran.length === 0 ? "select 1" : `select ${ran.join(", ")}`;
};
