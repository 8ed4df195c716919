/**
 * Findings for people and programs.
 *
 * Invariant: all three forms hold every finding, accepted ones marked as such.
 */
import type { Finding } from "../../table/finding.js";

const textOf = ({ code, table, path, message, fix, accepted }: Finding): string =>
  [
    `${accepted === undefined ? "✗" : "·"} ${table} ${path} [${code}]`,
    `    ${message}`,
    accepted === undefined ? `    ${fix}` : `    Accepted: ${accepted}`,
  ].join("\n");

/** Lines for a terminal, with a sum at the end. */
export const findingsText = (findings: ReadonlyArray<Finding>): string => {
  const open = findings.filter(({ accepted }) => accepted === undefined).length;
  const sum = `${open} finding${open === 1 ? "" : "s"}, ${findings.length - open} accepted`;
  return [...findings.map(textOf), sum].join("\n");
};

export const findingsJson = (findings: ReadonlyArray<Finding>): string => JSON.stringify(findings, null, 2);

/** SARIF 2.1.0, https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html */
export const findingsSarif = (findings: ReadonlyArray<Finding>, version: string): string => {
  const codes = [...new Set(findings.map(({ code }) => code))].sort();
  return JSON.stringify(
    {
      $schema: "https://json.schemastore.org/sarif-2.1.0.json",
      version: "2.1.0",
      runs: [
        {
          tool: { driver: { name: "hedgerow", version, rules: codes.map((id) => ({ id })) } },
          results: findings.map(({ code, table, path, message, fix, accepted }) => ({
            ruleId: code,
            level: "error",
            message: { text: `${message} ${fix}` },
            locations: [{ logicalLocations: [{ fullyQualifiedName: `${table}.${path}` }] }],
            ...(accepted !== undefined && { suppressions: [{ kind: "inSource", justification: accepted }] }),
          })),
        },
      ],
    },
    null,
    2,
  );
};
