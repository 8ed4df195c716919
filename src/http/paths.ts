/** Export names as URL paths. Invariant: the type and the function agree on every name. */

/** `jobPostings` as `job-postings`. */
export type Kebab<S extends string> =
  S extends Lowercase<S> ? (S extends `${string}_${string}` ? Spelt<S> : S) : Spelt<S>;
type Spelt<S extends string> = S extends `${infer H}${infer T}`
  ? T extends Uncapitalize<T>
    ? `${KebabLetter<H>}${Kebab<T>}`
    : `${KebabLetter<H>}-${Kebab<T>}`
  : S;
type KebabLetter<L extends string> = L extends "_" ? "-" : Lowercase<L>;

/** `jobPostings` as `job-postings`: a hyphen before every capital but the first letter, underscores as hyphens. */
export const kebab = (name: string): string =>
  [...name]
    .map((letter, index) => (index > 0 && letter !== letter.toLowerCase() ? `-${letter}` : letter))
    .join("")
    .toLowerCase()
    .replaceAll("_", "-");
