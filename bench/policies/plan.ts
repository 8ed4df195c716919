/**
 * What `EXPLAIN` says of a guarded statement.
 *
 * Invariant: every mention of the caller is found, as a call of a helper or as the expression that took its place, as an
 * InitPlan of its own or in a filter, where each row evaluates it; how often it ran is what Postgres counted.
 */
import type { ClientBase } from "pg";

/** A node of a plan, as far as it is read here. */
export interface PlanNode {
  readonly "Subplan Name"?: string;
  readonly "Actual Loops": number;
  readonly "Actual Rows": number;
  readonly Output?: ReadonlyArray<string>;
  readonly Filter?: string;
  readonly "Join Filter"?: string;
  readonly "Rows Removed by Filter"?: number;
  readonly "Rows Removed by Join Filter"?: number;
  readonly Plans?: ReadonlyArray<PlanNode>;
}

export interface Evaluation {
  /** For example `hedgerow.get_user_id()`, or what stands in its place. */
  readonly expression: string;
  /** How often it ran; 0 where an earlier part of the rule had decided. */
  readonly loops: number;
  /** Whether it stands in a filter. */
  readonly perRow: boolean;
}

export interface Explained {
  /** Every mention of the caller, in the order of the plan. */
  readonly evaluations: ReadonlyArray<Evaluation>;
  readonly text: string;
}

const nodesOf = (node: PlanNode): ReadonlyArray<PlanNode> => [node, ...(node.Plans ?? []).flatMap(nodesOf)];

/** The helpers and the settings have the same prefix. */
const asksCaller = (expression: string): boolean => /\bhedgerow\./.test(expression);

const inNode = (node: PlanNode): ReadonlyArray<Evaluation> => {
  const loops = node["Actual Loops"];
  const asInitPlan = /^InitPlan/.test(node["Subplan Name"] ?? "") ? (node.Output ?? []) : [];
  const removed = (node["Rows Removed by Filter"] ?? 0) + (node["Rows Removed by Join Filter"] ?? 0);
  const rows = Math.round((node["Actual Rows"] + removed) * loops);
  return [
    ...asInitPlan.map((expression) => ({ expression, loops, perRow: false })),
    ...[node.Filter ?? "", node["Join Filter"] ?? ""].map((expression) => ({ expression, loops: rows, perRow: true })),
  ].filter(({ expression }) => asksCaller(expression));
};

export const evaluationsIn = (plan: PlanNode): ReadonlyArray<Evaluation> => nodesOf(plan).flatMap(inNode);

/** A plan as people read it. */
export const planText = async (client: ClientBase, statement: string): Promise<string> => {
  const { rows } = await client.query<{ "QUERY PLAN": string }>(`explain (analyze, buffers off) ${statement}`);
  return rows.map((row) => row["QUERY PLAN"]).join("\n");
};

export const explain = async (client: ClientBase, statement: string): Promise<Explained> => {
  const { rows } = await client.query<{ "QUERY PLAN": ReadonlyArray<{ readonly Plan: PlanNode }> }>(
    `explain (analyze, verbose, format json) ${statement}`,
  );
  return {
    evaluations: rows.flatMap((row) => row["QUERY PLAN"].flatMap(({ Plan }) => evaluationsIn(Plan))),
    text: await planText(client, statement),
  };
};

/** How often the mention that was evaluated most often was; 0 where nothing asks. */
export const mostEvaluations = (evaluations: ReadonlyArray<Evaluation>): number =>
  Math.max(0, ...evaluations.map(({ loops }) => loops));

/** What a statement asked of the caller once, as often as it asked, and nothing else. What each row asks is no constant. */
export const constantOf = (evaluations: ReadonlyArray<Evaluation>): string => {
  const ran = evaluations.flatMap(({ expression, loops, perRow }) =>
    perRow ? [] : Array.from({ length: loops }, () => `(select ${expression})`),
  );
  return ran.length === 0 ? "select 1" : `select ${ran.join(", ")}`;
};
