/**
 * New values of enums, before what uses them.
 *
 * Invariant: Postgres lets nobody use a value in the transaction that adds it, as a default or in a policy, so the values come
 * in a transaction of their own, with what their types need to be found. It changes no table and no right, so where the rest
 * then fails, or never comes, an enum has a value that nothing uses yet; the next attempt finds it there.
 */
const addsValue = /^\s*ALTER TYPE\b[\s\S]*\bADD VALUE\b/i;
/** A type is renamed or moved before it gets a value, and then has another name in the statement. */
const names = /^\s*(?:CREATE SCHEMA|ALTER SCHEMA|ALTER TYPE)\b/i;

export interface ValuesFirst {
  /** Empty where no enum gets a value. */
  readonly values: ReadonlyArray<string>;
  readonly rest: ReadonlyArray<string>;
}

export const valuesFirst = (statements: ReadonlyArray<string>): ValuesFirst => {
  const last = statements.findLastIndex((statement) => addsValue.test(statement));
  const isBefore = (statement: string, position: number): boolean => position <= last && names.test(statement);
  return {
    values: statements.filter(isBefore),
    rest: statements.filter((statement, position) => !isBefore(statement, position)),
  };
};
