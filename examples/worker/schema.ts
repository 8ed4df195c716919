/** What is pushed: from Node, never from the Worker. */
export * from "./auth.js";
export * from "./tables.js";
