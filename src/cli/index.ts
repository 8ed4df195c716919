/** `hedgerow/drizzle-kit`: drizzle-kit, made to guard what it pushes and what it migrates. */
export type { DefinitionError } from "../condition/problem.js";
export type { DatabaseError } from "../database/database.js";
export type { Dialect } from "../postgres/dialect.js";
export { type WithHedgerow, withHedgerow } from "./config.js";
export type { Connection } from "./connection.js";
export { type DoctorOptions, doctor, doctorEffect, type Finding, type Risk, type RiskCode } from "./doctor.js";
export { PushError } from "./failure.js";
export { GenerateError, type GenerateOptions, generate, generateEffect } from "./generate/generate.js";
export { MigrateError, type MigrateOptions, migrate, migrateEffect } from "./migrate/migrate.js";
export type { Guard } from "./plan.js";
export { type PushOptions, push, pushEffect } from "./push.js";
