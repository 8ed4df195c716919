/** `hedgerow/drizzle-kit`: drizzle-kit, made to guard what it pushes. */
export { withHedgerow } from "./config.js";
export { type DoctorOptions, doctor, doctorEffect, type Finding, type Risk, type RiskCode } from "./doctor.js";
export { PushError } from "./failure.js";
export type { Guard } from "./plan.js";
export { type PushOptions, push, pushEffect } from "./push.js";
