/**
 * One table's operations: request in, response out.
 *
 * Invariant: every operation is one transaction of the same shape: the session's settings, the admission where the caller
 * is found live, the statement, and where needed one more that tells a missing row from a forbidden change.
 */
import * as Effect from "effect/Effect";
import type { Credential } from "../auth/authenticator.js";
import { and, type Condition } from "../condition/condition.js";
import { keyOf, simplify } from "../condition/simplify.js";
import { Database, type DatabaseError, type Result, type Statement } from "../database/database.js";
import { enterClaims, type Timeouts } from "../database/session.js";
import type { Target } from "../database/target.js";
import type { SchemaTable } from "../table/schema.js";
import { type Admission, admissionFor } from "./admission.js";
import { createParser, updateParser, valueCheck } from "./body.js";
import { failureOf, failureScope, type WriteOperation } from "./failure.js";
import { knownCaller } from "./known-caller.js";
import { enterLive } from "./prelude.js";
import { problem, type RequestProblem } from "./problem.js";
import { type PageLimits, parseListQuery } from "./query.js";
import { statementsFor } from "./statements.js";
import { rowWriter, type WireColumn, wireColumns } from "./wire.js";

export interface OperationOptions {
  readonly limits: PageLimits;
  readonly timeouts: Timeouts;
  readonly target: Target;
}

type Handled = Effect.Effect<Response, RequestProblem, Database>;

/** What an operation needs of a request, already read. */
export interface OperationRequest {
  readonly credential: Credential;
  readonly id: string;
  readonly queries: () => Readonly<Record<string, ReadonlyArray<string>>>;
  readonly body: Effect.Effect<unknown, RequestProblem>;
}

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

  /** A caller who is known and cannot pass needs neither the body nor the database. */
  const requireAdmission = (credential: Credential, admission: Admission): Effect.Effect<void, RequestProblem> => {
    const caller = knownCaller(credential, options.target);
    const refusal = caller && admission.refusal(caller);
    return refusal === undefined ? Effect.void : Effect.fail(problem(refusal));
  };

  /** Sends an operation's statements as the caller; what comes back are the results behind the prelude's. */
  const run = (
    credential: Credential,
    admission: Admission,
    operation: WriteOperation,
    ...own: ReadonlyArray<Statement>
  ): Effect.Effect<ReadonlyArray<Result>, RequestProblem, Database> =>
    Effect.catch(transact(credential, admission, ...own), (error) =>
      Effect.fail(error._tag === "RequestProblem" ? error : failureOf(error, operation, scope)),
    );

  const transact = (
    credential: Credential,
    admission: Admission,
    ...own: ReadonlyArray<Statement>
  ): Effect.Effect<ReadonlyArray<Result>, RequestProblem | DatabaseError, Database> => {
    const { timeouts, target } = options;
    const prelude =
      credential._tag === "Session" || credential._tag === "ApiKey"
        ? [enterLive(credential, timeouts, target), admission.statement]
        : [enterClaims(knownCaller(credential, target) ?? null, timeouts, target)];
    return Effect.flatMap(requireAdmission(credential, admission), () =>
      Effect.flatMap(Database, (database) =>
        Effect.map(database.transact([...prelude, ...own]), (results) => results.slice(prelude.length)),
      ),
    );
  };

  /** A key that cannot be one is a row that does not exist, not a fault of the request. */
  const withKey = (id: string, then: (column: WireColumn) => Handled): Handled =>
    key && fault(key, id) === undefined ? then(key) : Effect.fail(problem("not_found"));

  const list = (condition: Condition): Handler => {
    const admission = admissionFor(condition);
    return ({ credential, queries }) =>
      Effect.gen(function* () {
        const query = yield* parseListQuery(queries(), columns, keys, options.limits, fault);
        const [page, count] = yield* run(
          credential,
          admission,
          "read",
          statements.list(query),
          ...(query.total ? [statements.count(query)] : []),
        );
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
      });
  };

  const get = (condition: Condition): Handler => {
    const admission = admissionFor(condition);
    return ({ credential, id }) =>
      withKey(id, () =>
        Effect.flatMap(run(credential, admission, "read", statements.get(id)), ([found]) => {
          const row = rowText(found);
          return row === undefined ? Effect.fail(problem("not_found")) : Effect.succeed(json(row));
        }),
      );
  };

  const create = (condition: Condition): Handler => {
    const admission = admissionFor(condition);
    const parse = createParser(definition, columns);
    const { select } = commands;
    const implied = select !== undefined && implies(condition, select);
    const reading = select && admissionFor(select);
    const readableBy = (credential: Credential): "always" | "perhaps" | "never" => {
      const caller = knownCaller(credential, options.target);
      if (reading === undefined || (caller && reading.refusal(caller) !== undefined)) return "never";
      return implied ? "always" : "perhaps";
    };
    return ({ credential, body }) =>
      Effect.gen(function* () {
        const readable = readableBy(credential);
        yield* requireAdmission(credential, admission);
        const values = yield* Effect.flatMap(body, parse);
        if (readable !== "never") {
          const attempt = transact(credential, admission, statements.insert(values, "row"));
          const answer = yield* Effect.catch(
            Effect.map(attempt, ([created]) => rowText(created)),
            (error): Effect.Effect<undefined, RequestProblem> => {
              if (error._tag === "RequestProblem") return Effect.fail(error);
              // RETURNING also needs the read rule; a row that may be made but not seen is made without it, below.
              return readable === "perhaps" && error._tag === "SqlError" && error.sqlState === "42501"
                ? Effect.succeed(undefined)
                : Effect.fail(failureOf(error, "create", scope));
            },
          );
          if (answer !== undefined) return json(answer, 201);
        }
        yield* run(credential, admission, "create", statements.insert(values, "nothing"));
        return select === undefined ? new Response(null, { status: 201 }) : json("null", 201);
      });
  };

  /** Nothing was changed: the row is not there for this caller, or it is there and not theirs to change. */
  const unchanged = (exists: Result | undefined): RequestProblem =>
    problem(exists?.texts?.length ? "forbidden" : "not_found");

  const update = (using: Condition): Handler => {
    const admission = admissionFor(using);
    const parse = updateParser(definition, columns);
    return ({ credential, id, body }) =>
      withKey(id, () =>
        Effect.gen(function* () {
          yield* requireAdmission(credential, admission);
          const values = yield* Effect.flatMap(body, parse);
          const [changed, exists] = yield* run(
            credential,
            admission,
            "update",
            statements.update(id, values),
            statements.exists(id),
          );
          const row = rowText(changed);
          return row === undefined ? yield* unchanged(exists) : json(row);
        }),
      );
  };

  const remove = (condition: Condition): Handler => {
    const admission = admissionFor(condition);
    return ({ credential, id }) =>
      withKey(id, () =>
        Effect.flatMap(
          run(credential, admission, "delete", statements.remove(id), statements.exists(id)),
          ([removed, exists]) =>
            removed && removed.count > 0
              ? Effect.succeed(new Response(null, { status: 204 }))
              : Effect.fail(unchanged(exists)),
        ),
      );
  };

  return {
    ...(commands.select && { list: list(commands.select), ...(key && { get: get(commands.select) }) }),
    ...(commands.insert && { create: create(commands.insert) }),
    ...(commands.update && key && { update: update(commands.update.using) }),
    ...(commands.delete && key && { remove: remove(commands.delete) }),
  };
};
