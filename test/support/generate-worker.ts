/** The process of a project that generates what it is told over IPC. */
import { generate } from "hedgerow/drizzle-kit";
import { type Variant, variants } from "./generate-variants.js";
import { identity } from "./guarded-schema.js";

export interface Order {
  readonly variant: Variant;
  readonly out: string;
  readonly name?: string;
}

export type Result = { readonly files: ReadonlyArray<string> } | { readonly error: string; readonly name: string };

process.on("message", ({ variant, ...options }: Order) => {
  generate({ schema: variants[variant], identity, ...options })
    .then(
      (files): Result => ({ files }),
      (error: Error): Result => ({ error: error.message, name: error.name }),
    )
    .then((result) => process.send?.(result));
});
