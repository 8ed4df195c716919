/**
 * What Postgres does not combine with other statements in one transaction.
 *
 * Invariant: nobody can use a value in the transaction that adds it to an enum, as a default or in a policy, so the values come
 * in a transaction of their own, with what their types need to be found. It changes no table and no right: where the rest
 * then fails, or never comes, an enum has a value that nothing uses yet, and the next attempt finds it there.
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

/** An index is made beside readers and writers only outside of a transaction; inside of one it is made like any other. */
export const withoutConcurrently = (statement: string): string =>
  statement.replace(/^(\s*(?:CREATE (?:UNIQUE )?|DROP )INDEX) CONCURRENTLY\b/i, "$1");
