/** `hedgerow/drizzle-kit`: drizzle-kit, made to guard what it pushes. */
export { withHedgerow } from "./config.js";
export { PushError } from "./failure.js";
export type { Guard } from "./plan.js";
export { type PushOptions, push, pushEffect } from "./push.js";
