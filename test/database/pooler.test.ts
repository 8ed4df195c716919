/** Which addresses look like a pooler's, so that nothing is kept prepared behind them unless somebody says so. */
import { expect, it } from "vitest";
import { looksPooled } from "../../src/database/pooler.js";

it.each([
  { connectionString: "postgres://u:p@ep-cool-1-pooler.eu-central-1.aws.neon.tech/app?sslmode=require" },
  { connectionString: "postgres://u:p@db.example.com:6432/app" },
  { connectionString: "postgres://u:p@aws-0-eu.pooler.supabase.com:6543/postgres" },
  { host: "ep-cool-1-pooler.eu-central-1.aws.neon.tech" },
  { host: "127.0.0.1", port: 6432 },
  { connectionString: "postgres://u:p@db.example.com/app?port=6432" },
  { connectionString: "postgres://u:p@localhost/app?host=ep-cool-1-pooler.eu-central-1.aws.neon.tech" },
])("%j is one", (address) => {
  expect(looksPooled(address)).toBe(true);
});

it.each([
  {},
  { connectionString: "postgres://u:p@ep-cool-1.eu-central-1.aws.neon.tech/app" },
  { connectionString: "postgres://u:p@db.example.com/a-pooler.b" },
  { connectionString: "postgres://u-pooler.x:6432@db.example.com:5432/app" },
  { connectionString: "not a url" },
  { host: "db.example.com", port: 5432 },
  { host: "/var/run/postgresql" },
])("%j is none", (address) => {
  expect(looksPooled(address)).toBe(false);
});
