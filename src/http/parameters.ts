/**
 * The query string and the last segment of a path, as the text that was sent.
 *
 * Invariant: a text is what its bytes say in UTF-8, or it is none. What cannot be decoded is never compared with anything in
 * another form.
 */

export interface Parameters {
  /** All values of each name. */
  readonly values: ReadonlyMap<string, ReadonlyArray<string>>;
  /** Names as they were sent, where they or their values cannot be decoded. */
  readonly malformed: ReadonlyArray<string>;
}

const decoded = (text: string): string | undefined => {
  // A URL is ASCII; whoever writes something else into one means it in an encoding that nobody knows.
  if (/[^\x20-\x7e]/.test(text)) return undefined;
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return undefined;
  }
};

/** @returns the query of a URL. */
export const parametersOf = (url: string): Parameters => {
  const values = new Map<string, Array<string>>();
  const malformed: Array<string> = [];
  const [, query = ""] = /\?([^#]*)/.exec(url) ?? [];
  for (const pair of query.split("&")) {
    if (pair === "") continue;
    const [sent = "", ...rest] = pair.split("=");
    const name = decoded(sent);
    const value = decoded(rest.join("="));
    if (name === undefined || value === undefined) {
      malformed.push(name ?? sent);
      continue;
    }
    const others = values.get(name);
    if (others === undefined) values.set(name, [value]);
    else others.push(value);
  }
  return { values, malformed };
};

/**
 * @param id a segment of the path of `url` as Hono decoded it, which leaves what it cannot decode.
 * @returns the id; undefined where the path cannot be decoded.
 */
export const idIn = (id: string, url: string): string | undefined =>
  // An ASCII text without `%` is what it was.
  /^[\x20-\x24\x26-\x7e]*$/.test(id) || decoded(url.split(/[?#]/, 1)[0] ?? "") !== undefined ? id : undefined;
