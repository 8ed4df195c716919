/** What drizzle-kit pushes and the router serves. */
export * from "./auth.js";
export * from "./tables.js";
