/** The benchmark of types hands the compiler modules that are right, and counts what it does. */
import { expect, it } from "vitest";
import { checkModule } from "../../bench/types/run.js";

it("counts more for a client of more tables", () => {
  const one = checkModule("client", 1);
  expect(checkModule("client", 2).instantiations).toBeGreaterThan(one.instantiations);
  expect(one.milliseconds).toBeGreaterThan(0);
});

it("checks what Hono's own client makes of the router's type", () => {
  expect(checkModule("hc", 1).instantiations).toBeGreaterThan(checkModule("schema", 1).instantiations);
});
