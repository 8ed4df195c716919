/** What SQL would write to name a caller in the place of the prelude. */
import { type RequestField, requestText, settings } from "../../src/database/session.js";

type Fields = Readonly<Partial<Record<RequestField, string>>>;

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** @returns a call of `set_config` that says this and nothing else, for the transaction unless told otherwise. */
export const saying = (fields: Fields, forSession = false): string =>
  `set_config('${settings.request}', ${quoted(requestText(fields))}, ${!forSession})`;
