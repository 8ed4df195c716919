/** `hedgerow/check`: what a schema says, what is risky in it, and who may do what. */

export type { DatabaseError } from "../../database/database.js";
export type { Target } from "../../database/target.js";
export type { Acceptances, Finding, FindingCode } from "../../table/finding.js";
export type { Schema } from "../../table/schema.js";
export { type Explanation, explain, explanationText, type SqlCommand } from "../explain/explain.js";
export { CannotExplain, type Why, type WhyOptions, why, whyText } from "../explain/why.js";
export { matrixJson, matrixMarkdown, matrixText } from "../matrix/format.js";
export { type MatrixCell, type MatrixOperation, matrix } from "../matrix/matrix.js";
export { check, checkSchema } from "./check.js";
export { findingsJson, findingsSarif, findingsText } from "./format.js";
