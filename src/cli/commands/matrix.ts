/** `hedgerow matrix`: who may do what. */
import * as Console from "effect/Console";
import { Command, Flag } from "effect/cli";
import * as Effect from "effect/Effect";
import * as Option from "effect/Option";
import { understand } from "../../table/schema.js";
import { matrixJson, matrixMarkdown, matrixText } from "../matrix/format.js";
import { matrix as cellsOf } from "../matrix/matrix.js";
import { configFlag, jsonFlag, loadConfig } from "./load.js";

const formats = { text: matrixText, markdown: matrixMarkdown, json: matrixJson };

export const matrix = Command.make(
  "matrix",
  {
    config: configFlag,
    format: Flag.Literals("format", ["text", "markdown", "json"]).pipe(
      Flag.withDefault("text"),
      Flag.withDescription("Aligned columns, Markdown tables, or JSON"),
    ),
    json: jsonFlag,
  },
  Effect.fn(function* ({ config: path, format, json }) {
    const config = yield* loadConfig(Option.getOrUndefined(path));
    const schema = yield* understand(config.schema.module);
    yield* Console.log(formats[json ? "json" : format](cellsOf(schema)));
  }),
).pipe(Command.withDescription("Show who may do what: table × operation × kind of caller"));
