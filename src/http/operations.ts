/**
 * One table's operations: request in, response out.
 *
 * Invariant: every operation is one transaction of the same shape: the session's settings, the admission where the caller
 * is found live, the statement, and where needed one more that tells a missing row from a forbidden change. What is wrong
 * with a request is told only to whom the operation is open: where there is no statement to send, the admission goes alone.
 */
import * as Effect from "effect/Effect";
import type { Credential } from "../auth/authenticator.js";
import type { Caller } from "../condition/caller.js";
import { and, type Condition } from "../condition/condition.js";
import { keyOf, simplify } from "../condition/simplify.js";
import type { DatabaseError, DatabaseShape, Result, Statement } from "../database/database.js";
import { enterClaims, type Timeouts } from "../database/session.js";
import type { Target } from "../database/target.js";
import type { SchemaTable } from "../table/schema.js";
import { type Admission, admissionFor } from "./admission.js";
import { bodyParser } from "./body.js";
import { valueCheck } from "./column-check.js";
import { failureOf, failureScope, type WriteOperation } from "./failure.js";
import { knownCaller } from "./known-caller.js";
import type { Parameters } from "./parameters.js";
import { enterLive } from "./prelude.js";
import { problem, type RequestProblem } from "./problem.js";
import { type PageLimits, parseListQuery } from "./query.js";
import type { JsonBody } from "./read-json.js";
import { statementsFor } from "./statements.js";
import { rowWriter, type WireColumn, wireColumns } from "./wire.js";

export interface OperationOptions {
  readonly limits: PageLimits;
  readonly timeouts: Timeouts;
  readonly target: Target;
}

type Handled = Effect.Effect<Response, RequestProblem>;

/** What an operation needs of a request, already read. */
export interface OperationRequest {
  readonly database: DatabaseShape;
  readonly credential: Credential;
  /** Undefined where it is no text. */
  readonly id: string | undefined;
  readonly parameters: () => Parameters;
  readonly body: Effect.Effect<JsonBody, RequestProblem>;
}

/** Sends statements as the caller, after the admission; a failure of the database becomes a problem unless `failed` knows better. */
type Send = (
  own: ReadonlyArray<Statement>,
  failed?: (error: DatabaseError) => Effect.Effect<ReadonlyArray<Result>, RequestProblem>,
) => Effect.Effect<ReadonlyArray<Result>, RequestProblem>;

export type Handler = (request: OperationRequest) => Handled;

export interface Operations {
  readonly list?: Handler;
  readonly get?: Handler;
  readonly create?: Handler;
  readonly update?: Handler;
  readonly remove?: Handler;
}

const json = (text: string, status = 200): Response =>
  new Response(text, { status, headers: { "content-type": "application/json" } });

/** Whether whoever passes `stronger` passes `weaker` too, as far as the clauses show. */
const implies = (stronger: Condition, weaker: Condition): boolean =>
  keyOf(simplify(and(stronger, weaker))) === keyOf(simplify(stronger));

export const operationsFor = (table: SchemaTable, options: OperationOptions): Operations => {
  const { definition, source } = table;
  const { commands, primaryKey } = definition;
  const columns = wireColumns(source);
  const key = primaryKey.length === 1 ? columns.find((column) => column.key === primaryKey[0]) : undefined;
  const keys = columns.filter((column) => primaryKey.includes(column.key));
  const statements = statementsFor(definition, columns, key);
  const write = rowWriter(columns);
  const rowText = (result: Result | undefined): string | undefined => {
    const row = result?.texts?.[0];
    return row && write(row);
  };
  const scope = failureScope(source, definition);
  const checks = new Map(columns.map((column) => [column, valueCheck(column.source)]));
  const fault = (column: WireColumn, value: string): string | undefined => checks.get(column)?.(value);

  /** Sends statements as the caller; what comes back are the results behind the prelude's. */
  const transact = (
    { credential, database }: OperationRequest,
    admission: Admission,
    own: ReadonlyArray<Statement>,
  ): Effect.Effect<ReadonlyArray<Result>, DatabaseError> => {
    const { timeouts, target } = options;
    const prelude =
      credential._tag === "Session" || credential._tag === "ApiKey"
        ? [enterLive(credential, timeouts, target), admission.statement]
        : [enterClaims(knownCaller(credential, target) ?? null, timeouts, target)];
    return Effect.map(database.transact([...prelude, ...own]), (results) => results.slice(prelude.length));
  };

  /**
   * An operation for those to whom it is open. A caller who is known and cannot pass is refused before the request is read;
   * one who is found live, before they learn what is wrong with it.
   *
   * @param condition what it asks of a row.
   * @param read what it needs of the request.
   * @param act what it does with that.
   */
  const operation = <A>(
    name: WriteOperation,
    condition: Condition,
    read: (request: OperationRequest) => Effect.Effect<A, RequestProblem>,
    act: (input: A, send: Send, caller: Caller | undefined) => Handled,
  ): Handler => {
    const admission = admissionFor(condition);
    return (request) => {
      const caller = knownCaller(request.credential, options.target);
      const refusal = caller && admission.refusal(caller);
      if (refusal !== undefined) return problem(refusal);
      const failing = (during: WriteOperation) => (error: DatabaseError) => failureOf(error, during, scope);
      const send: Send = (own, failed = failing(name)) => Effect.catch(transact(request, admission, own), failed);
      const asked = Effect.catch(read(request), (wrong) =>
        // The admission alone changes nothing, whatever the operation would have.
        Effect.flatMap(caller === undefined ? send([], failing("read")) : Effect.void, () => wrong),
      );
      return Effect.flatMap(asked, (input) => act(input, send, caller));
    };
  };

  /** A key that cannot be one is a row that does not exist, not a fault of the request. */
  const keyIn = ({ id }: OperationRequest): Effect.Effect<string, RequestProblem> =>
    key && id !== undefined && fault(key, id) === undefined ? Effect.succeed(id) : problem("not_found");

  /** @param otherwise only called where there is no row: an error takes longer to make than the rest of an answer. */
  const found = (row: string | undefined, otherwise: () => RequestProblem): Handled =>
    row === undefined ? otherwise() : Effect.succeed(json(row));

  /** Nothing was changed: the row is not there for this caller, or it is there and not theirs to change. */
  const unchanged = (exists?: Result): RequestProblem => problem(exists?.texts?.length ? "forbidden" : "not_found");

  const list = (condition: Condition): Handler =>
    operation(
      "read",
      condition,
      ({ parameters }) => parseListQuery(parameters(), columns, keys, options.limits, fault),
      (query, send) =>
        Effect.map(
          send([statements.list(query), ...(query.total ? [statements.count(query)] : [])]),
          ([page, count]) => {
            const rows = page?.texts ?? [];
            const shown = rows.slice(0, query.limit).map(write);
            const pagination = {
              limit: query.limit,
              offset: query.offset,
              count: shown.length,
              hasMore: rows.length > query.limit,
              ...(query.total && { total: Number(count?.texts?.[0]?.[0]) }),
            };
            return json(`{"data":[${shown.join(",")}],"pagination":${JSON.stringify(pagination)}}`);
          },
        ),
    );

  const get = (condition: Condition): Handler =>
    operation("read", condition, keyIn, (id, send) =>
      Effect.flatMap(send([statements.get(id)]), ([row]) => found(rowText(row), () => problem("not_found"))),
    );

  const create = (condition: Condition): Handler => {
    const parse = bodyParser(definition, columns, "insert");
    const { select } = commands;
    const implied = select !== undefined && implies(condition, select);
    const reading = select && admissionFor(select);
    const read = ({ body }: OperationRequest) => Effect.flatMap(body, parse);
    return operation("create", condition, read, (values, send, caller) => {
      const unseen = Effect.suspend(() =>
        Effect.map(send([statements.insert(values, "nothing")]), () =>
          select === undefined ? new Response(null, { status: 201 }) : json("null", 201),
        ),
      );
      if (reading === undefined || (caller && reading.refusal(caller) !== undefined)) return unseen;
      const isInvisible = (error: DatabaseError): boolean => error._tag === "SqlError" && error.sqlState === "42501";
      const seen = send([statements.insert(values, "row")], (error) =>
        // RETURNING also needs the read rule; a row that may be made but not seen is made without it.
        !implied && isInvisible(error) ? Effect.succeed([]) : failureOf(error, "create", scope),
      );
      return Effect.flatMap(seen, ([created]) => {
        const row = rowText(created);
        return row === undefined ? unseen : Effect.succeed(json(row, 201));
      });
    });
  };

  const update = (using: Condition): Handler => {
    const parse = bodyParser(definition, columns, "update");
    const read = (request: OperationRequest) =>
      Effect.flatMap(keyIn(request), (id) =>
        Effect.map(Effect.flatMap(request.body, parse), (values) => ({ id, values })),
      );
    return operation("update", using, read, ({ id, values }, send) =>
      Effect.flatMap(send([statements.update(id, values), statements.exists(id)]), ([changed, exists]) =>
        found(rowText(changed), () => unchanged(exists)),
      ),
    );
  };

  const remove = (condition: Condition): Handler =>
    operation("delete", condition, keyIn, (id, send) =>
      Effect.flatMap(send([statements.remove(id), statements.exists(id)]), ([removed, exists]) =>
        removed && removed.count > 0 ? Effect.succeed(new Response(null, { status: 204 })) : unchanged(exists),
      ),
    );

  return {
    ...(commands.select && { list: list(commands.select), ...(key && { get: get(commands.select) }) }),
    ...(commands.insert && { create: create(commands.insert) }),
    ...(commands.update && key && { update: update(commands.update.using) }),
    ...(commands.delete && key && { remove: remove(commands.delete) }),
  };
};
