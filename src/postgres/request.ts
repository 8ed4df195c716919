/**
 * Where the helpers read what a request says of whoever sends it.
 *
 * Invariant: every function and type is qualified, so that any search path reads it alike; what is not said is null or empty.
 */
import { fieldSeparator, listSeparator, type RequestField, requestPlace, settings } from "../database/session.js";

const separator = (character: string): string => `pg_catalog.chr(${character.charCodeAt(0)})`;

/** All of it, as one text. */
export const requestSql = `pg_catalog.current_setting('${settings.request}', true)`;

export const requestField = (field: RequestField): string =>
  `pg_catalog.split_part(${requestSql}, ${separator(fieldSeparator)}, ${requestPlace(field)})`;

/** A list can be split without asking whether it is one: no text is not. */
export const requestList = (field: RequestField): string =>
  `pg_catalog.string_to_array(${requestField(field)}, ${separator(listSeparator)})`;
