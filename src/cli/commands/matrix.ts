/** `hedgerow matrix`: who may do what. */
import * as Console from "effect/Console";
import { Argument, Command, Flag } from "effect/cli";
import * as Effect from "effect/Effect";
import * as Option from "effect/Option";
import { suggestion } from "../../condition/nearest.js";
import { type Schema, understand } from "../../table/schema.js";
import { ConfigError } from "../configuration.js";
import { findTable } from "../explain/explain.js";
import { matrixJson, matrixMarkdown, matrixSummary, matrixText } from "../matrix/format.js";
import { matrix as cellsOf, identitiesOf, type MatrixCell } from "../matrix/matrix.js";
import { configFlag, jsonFlag, loadConfig } from "./load.js";

const formats = { text: matrixText, summary: matrixSummary, markdown: matrixMarkdown, json: matrixJson };

/** More than fit on a screen. */
const many = 12;

const refused = (cause: unknown): ConfigError => {
  const message = cause instanceof Error ? cause.message : String(cause);
  return new ConfigError({ message, problems: [message] });
};

/** The cells of one table, of one kind of caller, or of all. */
const chosen = (schema: Schema, table: string | undefined, role: string | undefined): ReadonlyArray<MatrixCell> => {
  const identities = identitiesOf(schema);
  if (role !== undefined && !identities.includes(role))
    throw new RangeError(`There is no kind of caller "${role}". ${suggestion(role, identities)}`);
  const name = table === undefined ? undefined : findTable(schema, table).definition.table.name;
  return cellsOf(schema).filter(
    (cell) => (name === undefined || cell.table === name) && (role === undefined || cell.identity === role),
  );
};

export const matrix = Command.make(
  "matrix",
  {
    table: Argument.String("table").pipe(
      Argument.withDescription("SQL name of a table, or name of its export; all of them unless given"),
      Argument.optional,
    ),
    config: configFlag,
    role: Flag.String("role").pipe(
      Flag.withDescription('One kind of caller alone: a role, "anonymous", "signed in", "platform admin"'),
      Flag.optional,
    ),
    format: Flag.Literals("format", ["text", "summary", "markdown", "json"]).pipe(
      Flag.withDescription(
        `Aligned columns, a line for each table (which more than ${many} tables have unless told otherwise), Markdown tables, or JSON`,
      ),
      Flag.optional,
    ),
    json: jsonFlag,
  },
  Effect.fn(function* ({ config: path, table, role, format, json }) {
    const config = yield* loadConfig(Option.getOrUndefined(path));
    const schema = yield* understand(config.schema.module);
    const cells = yield* Effect.try({
      try: () => chosen(schema, Option.getOrUndefined(table), Option.getOrUndefined(role)),
      catch: refused,
    });
    const usual = Option.isNone(table) && schema.tables.length > many ? "summary" : "text";
    yield* Console.log(formats[json ? "json" : Option.getOrElse(format, () => usual)](cells));
  }),
).pipe(Command.withDescription("Show who may do what: table × operation × kind of caller"));
