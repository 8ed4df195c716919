/**
 * Reading what a verified token carries.
 *
 * Invariant: only own properties of plain objects are followed, so that no name in a configuration or a token reaches a
 * prototype; what is not there is undefined, and nothing here throws.
 */

/** The claims of a token whose signature, issuer, audience and times hold. */
export type Payload = Readonly<Record<string, unknown>>;

/**
 * Where in a payload a value is: a path of names with dots between them (`"app_metadata.region"`), a list of names where one
 * of them has a dot in it (`["acme.example", "region"]`), or a function. A text with `://` in it is one name, as in
 * `"https://acme.example/roles"`.
 */
export type ClaimSource<A = unknown> = string | ReadonlyArray<string> | ((payload: Payload) => A);

export const isPlainObject = (value: unknown): value is Payload =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The names of a path, outermost first. */
export const namesOf = (path: string | ReadonlyArray<string>): ReadonlyArray<string> => {
  if (typeof path !== "string") return path;
  return path.includes("://") ? [path] : path.split(".");
};

/** @returns what the payload holds under the names, or undefined. */
export const at = (payload: unknown, ...names: ReadonlyArray<string>): unknown => {
  let value = payload;
  for (const name of names) {
    if (!isPlainObject(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value;
};

/** @returns what a source finds in a payload. */
export const read = <A>(payload: Payload, source: ClaimSource<A>): unknown =>
  typeof source === "function" ? source(payload) : at(payload, ...namesOf(source));
