/** The version of this package. Invariant: read from its own package.json, so it is said in one place. */
import { readFileSync } from "node:fs";

export const version = (): string => {
  const { version: text }: { readonly version: string } = JSON.parse(
    readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
  );
  return text;
};
