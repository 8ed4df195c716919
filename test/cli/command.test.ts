import { describe, expect, it } from "vitest";
import { isPush } from "../../src/cli/command.js";
import { connectionOf, withoutSecrets } from "../../src/cli/connection.js";

const bin = "/app/node_modules/.bin/drizzle-kit";

describe("whether this process is a push", () => {
  it.each([
    [[bin, "push"], true],
    [["/app/node_modules/drizzle-kit/bin.cjs", "push", "--force"], true],
    [["C:\\app\\node_modules\\drizzle-kit\\bin.cjs", "push"], true],
    [[bin, "--config=drizzle.config.ts", "push"], true],
    [[bin, "--config", "drizzle.config.ts", "push"], true],
    [[bin, "generate", "--name", "push"], false],
    [[bin, "--config", "push", "migrate"], false],
    [[bin], false],
    [["/srv/drizzle-kit/app/server.js", "push"], false],
  ])("%j: %s", ([script = "", ...args], expected) => {
    expect(isPush(["/usr/bin/node", script, ...args])).toBe(expected);
  });
});

describe("the credentials of a config", () => {
  it("are understood as drizzle-kit understands them", () => {
    const dialect = "postgresql";
    expect(connectionOf({ dialect, dbCredentials: { url: "postgres://a@b/c" } })).toEqual({
      driver: "pg",
      options: { connectionString: "postgres://a@b/c" },
    });
    expect(
      connectionOf({ dialect, dbCredentials: { host: "b", user: "a", password: "p", database: "c", ssl: "require" } }),
    ).toEqual({
      driver: "pg",
      options: { host: "b", port: 5432, user: "a", password: "p", database: "c", ssl: { rejectUnauthorized: false } },
    });
    expect(connectionOf({ dialect, driver: "pglite", dbCredentials: { url: "file:./data" } })).toEqual({
      driver: "pglite",
      dataDir: "./data",
    });
  });

  it("are refused where there is no database that a command could reach", () => {
    const dialect = "postgresql";
    expect(() => connectionOf({ dialect })).toThrow("dbCredentials.url is empty");
    expect(() => connectionOf({ dialect, dbCredentials: { host: "b" } })).toThrow("dbCredentials.url is empty");
    expect(() => connectionOf({ dialect, driver: "pglite", dbCredentials: { url: "memory://" } })).toThrow(
      "call push()",
    );
    expect(() => connectionOf({ dialect, driver: "aws-data-api", dbCredentials: {} })).toThrow("aws-data-api");
  });

  it("leave no password in a message, encoded or not", () => {
    const connection = connectionOf({ dialect: "postgresql", dbCredentials: { url: "postgres://a:p%40ss@b/c" } });
    expect(withoutSecrets(connection, "postgres://a:p%40ss@b/c and p@ss")).toBe("postgres://a:***@b/c and ***");
  });
});
