/** Neon's own driver, unmodified, in front of a PostgreSQL and of a PGlite. */
import { createServer, type Server } from "node:http";
import { neon, neonConfig, Pool } from "@neondatabase/serverless";
import { sql as text } from "drizzle-orm";
import { drizzle as drizzleHttp } from "drizzle-orm/neon-http";
import { drizzle as drizzleServerless } from "drizzle-orm/neon-serverless";
import { integer, pgTable, text as textColumn } from "drizzle-orm/pg-core";
import { type NeonLocal, startNeonLocal, type Target } from "hedgerow/neon-local";
import * as jose from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { freshPglite, freshPostgres } from "../support/databases.js";
import { eventually } from "../support/eventually.js";

const password = "member-Password";
const schema = `
  create role authenticated login nosuperuser nobypassrls password '${password}';
  create table docs (id int primary key, owner text not null);
  alter table docs enable row level security;
  create policy own on docs to authenticated
    using (owner = nullif(current_setting('request.jwt.claims', true), '')::json ->> 'sub');
  grant select, insert on docs to authenticated;
  insert into docs values (1, 'ann'), (2, 'ben');
`;
const docs = pgTable("docs", { id: integer().primaryKey(), owner: textColumn().notNull() });

const targets: ReadonlyArray<{
  readonly name: string;
  readonly isBoundary: boolean;
  readonly open: () => Promise<{ target: Target; database: string; close: () => Promise<void> }>;
}> = [
  {
    name: "PostgreSQL",
    isBoundary: true,
    open: async () => {
      const postgres = await freshPostgres();
      await postgres.pool(postgres.superuserUrl, { max: 1 }).query(schema);
      return { target: { url: postgres.superuserUrl }, database: "app", close: postgres.close };
    },
  },
  {
    name: "PGlite",
    isBoundary: false,
    open: async () => {
      const pglite = await freshPglite();
      await pglite.exec(schema);
      return { target: { pglite }, database: "postgres", close: () => pglite.close() };
    },
  },
];

/** A set of keys, served, and what signs with them. */
const makeIssuer = async () => {
  const rsa = await jose.generateKeyPair("RS256", { extractable: true });
  const ec = await jose.generateKeyPair("ES256", { extractable: true });
  const ed = await jose.generateKeyPair("EdDSA", { extractable: true });
  const other = await jose.generateKeyPair("RS256", { extractable: true });
  const jwk = async (key: jose.CryptoKey, kid: string, alg: string) => ({ ...(await jose.exportJWK(key)), kid, alg });
  const keys = await Promise.all([
    jwk(rsa.publicKey, "rsa", "RS256"),
    jwk(ec.publicKey, "ec", "ES256"),
    jwk(ed.publicKey, "ed", "EdDSA"),
  ]);
  const server: Server = createServer((_, response) => response.end(JSON.stringify({ keys })));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const sign = (
    claims: jose.JWTPayload,
    {
      kid = "rsa",
      alg = "RS256",
      key = rsa.privateKey,
      ends = true,
    }: { kid?: string | null; alg?: string; key?: jose.CryptoKey | Uint8Array; ends?: boolean } = {},
  ) =>
    new jose.SignJWT({ aud: "docs", ...(ends && { exp: Math.floor(Date.now() / 1000) + 600 }), ...claims })
      .setProtectedHeader({ alg, ...(kid !== null && { kid }) })
      .sign(key);
  return { url: `http://127.0.0.1:${port}/jwks`, sign, rsa, ec, ed, other, close: () => server.close() };
};

const seconds = (offset: number): number => Math.floor(Date.now() / 1000) + offset;

describe.each(targets)("neon-local in front of $name", ({ open, isBoundary }) => {
  let opened: Awaited<ReturnType<typeof open>>;
  let issuer: Awaited<ReturnType<typeof makeIssuer>>;
  let local: NeonLocal;
  let url: string;

  beforeAll(async () => {
    [opened, issuer] = await Promise.all([open(), makeIssuer()]);
    const jwt = { jwks: issuer.url, audience: "docs", roles: { authenticated: password } };
    local = await startNeonLocal({ target: opened.target, jwt, maxBodyBytes: 100_000 });
    url = local.url("authenticated", password, opened.database);
    // What the command prints, and the constructor that Node before 22 lacks.
    neonConfig.fetchEndpoint = local.fetchEndpoint;
    neonConfig.wsProxy = local.wsProxy;
    neonConfig.useSecureWebSocket = false;
    neonConfig.webSocketConstructor = WebSocket;
  });
  afterAll(async () => {
    await local.close();
    issuer.close();
    await opened.close();
  });

  const tokenUrl = () => url.replace(/:[^:@/]+@/, "@");

  describe("over HTTP, with a password", () => {
    it("runs a query, with values of all kinds", async () => {
      const sql = neon(url);
      expect(
        await sql`select ${7}::int as a, ${"x'y"} as b, ${true}::boolean as c, ${null}::text as d, ${[1, 2]}::int[] as e`,
      ).toEqual([{ a: 7, b: "x'y", c: true, d: null, e: [1, 2] }]);
      expect(
        await sql`select ${JSON.stringify({ k: [1] })}::jsonb as j, 9007199254740993::bigint as big, 'NaN'::float8 as nan`,
      ).toEqual([{ j: { k: [1] }, big: "9007199254740993", nan: Number.NaN }]);
    });

    it("gives whole results and rows as lists", async () => {
      const result = await neon(url, { fullResults: true, arrayMode: true }).query("select 1 as one, 'a'::text as a");
      expect(result).toMatchObject({ command: "SELECT", rowCount: 1, rowAsArray: true, rows: [[1, "a"]] });
      expect(result.fields).toMatchObject([
        { name: "one", dataTypeID: 23 },
        { name: "a", dataTypeID: 25 },
      ]);
    });

    it("reads values for those who do not ask for raw texts", async () => {
      const response = await fetch(local.fetchEndpoint, {
        method: "POST",
        headers: { "neon-connection-string": url },
        body: JSON.stringify({
          query:
            "select 1::int2 as i, 1.5::float8 as f, 'Infinity'::float8 as inf, true as b, '{\"a\":1}'::json as j, 5::int8 as big, '{1,null}'::int[] as l, $1::text[] as t",
          params: [["a", null]],
        }),
      });
      expect(response.headers.get("access-control-allow-origin")).toBe("*");
      expect(await response.json()).toMatchObject({
        rowAsArray: false,
        rows: [{ i: 1, f: 1.5, inf: "Infinity", b: true, j: { a: 1 }, big: "5", l: [1, null], t: ["a", null] }],
      });
    });

    it("runs a batch in one transaction, with the modes that it asks for", async () => {
      const sql = neon(url);
      const mode = (name: string) => sql`select current_setting(${name}) as mode`;
      for (const [isolationLevel, word] of [
        ["ReadUncommitted", "read uncommitted"],
        ["ReadCommitted", "read committed"],
        ["RepeatableRead", "repeatable read"],
        ["Serializable", "serializable"],
      ] as const) {
        expect(await sql.transaction([mode("transaction_isolation")], { isolationLevel })).toEqual([[{ mode: word }]]);
      }
      const modes = { isolationLevel: "Serializable", readOnly: true, deferrable: true } as const;
      const names = ["transaction_read_only", "transaction_deferrable"];
      expect(await sql.transaction(names.map(mode), modes)).toEqual([[{ mode: "on" }], [{ mode: "on" }]]);
      await expect(sql.transaction([sql`insert into docs values (9, 'x')`], { readOnly: true })).rejects.toMatchObject({
        code: "25006",
      });
      expect(await sql.transaction([])).toEqual([]);
    });

    it("undoes a batch at its first error, and leaves nothing of it behind", async () => {
      const sql = neon(url);
      const claims = sql`select set_config('request.jwt.claims', '{"sub":"ann"}', false)`;
      await expect(
        sql.transaction([claims, sql`insert into docs values (10, 'ann')`, sql`select 1 / 0`]),
      ).rejects.toMatchObject({ name: "NeonDbError", code: "22012", severity: "ERROR", routine: "int4div" });
      expect(await sql.transaction([claims, sql`select id from docs`])).toMatchObject([{}, [{ id: 1 }]]);
      expect(await sql`select nullif(current_setting('request.jwt.claims', true), '') as left`).toEqual([
        { left: null },
      ]);
      expect(await sql`select id from docs`).toEqual([]);
    });

    it("leaves no lock, temporary table or prepared statement to the next request", async () => {
      const sql = neon(url);
      await sql`select pg_advisory_lock(7)`;
      await sql`prepare left_behind as select 1`.catch(() => {});
      expect(await sql`select pg_try_advisory_lock(7) as free, pg_advisory_unlock(7) as own`).toEqual([
        { free: true, own: true },
      ]);
      expect(await sql`select count(*)::int as n from pg_locks where locktype = 'advisory'`).toEqual([{ n: 0 }]);
      if (isBoundary)
        expect(await sql`select count(*)::int as n from pg_prepared_statements where not from_sql`).toEqual([{ n: 0 }]);
    });

    it("refuses what breaks a rule, two commands in one text, and a wrong password", async () => {
      const sql = neon(url);
      await expect(sql`insert into docs values (11, 'eve')`).rejects.toMatchObject({ code: "42501" });
      await expect(sql.query("select 1; select 2")).rejects.toMatchObject({ code: "42601" });
      await expect(sql.query("selec")).rejects.toMatchObject({ code: "42601", position: "1" });
      const wrong = neon(local.url("authenticated", "wrong", opened.database));
      await expect(wrong`select 1`).rejects.toMatchObject({ code: "28P01" });
      await expect(neon(local.url("nobody", "x", opened.database))`select 1`).rejects.toMatchObject({ code: "28P01" });
    });

    it("answers 400 to what is no query, and 413 to what is too large", async () => {
      const post = (body: string, headers: Record<string, string> = {}, path = "/sql") =>
        fetch(local.fetchEndpoint.replace("/sql", path), {
          method: "POST",
          headers: { "neon-connection-string": url, ...headers },
          body,
        });
      const query = JSON.stringify({ query: "select 1" });
      for (const [response, words] of [
        [await post("{"), "the body must be JSON"],
        [await post("{}"), "a query must be an object with a query"],
        [await post(query, {}, "/other"), "query is not supported"],
        [await post(query, { "neon-connection-string": "x" }), "invalid connection string: failed to parse"],
        [await post('{"queries":[]}', { "neon-batch-isolation-level": "Chaos" }), "invalid isolation level"],
        [await post(query, { "neon-connection-string": tokenUrl() }), "required authorization bearer token"],
        [await post(query, { authorization: "Basic x" }), "required authorization bearer token"],
      ] as const) {
        expect(response.status).toBe(400);
        expect(await response.json()).toMatchObject({ message: expect.stringContaining(words), code: "" });
      }
      expect((await post(JSON.stringify({ query: "x".repeat(200_000) }))).status).toBe(413);
      expect(
        (await fetch(local.fetchEndpoint, { method: "OPTIONS" })).headers.get("access-control-allow-headers"),
      ).toContain("Neon-Connection-String");
    });
  });

  describe("over HTTP, with a token", () => {
    const select = async (token: string) => neon(tokenUrl(), { authToken: token })`select id from docs order by id`;

    it("shows each user their own rows, with RS256 and ES256, many at once", async () => {
      const es256 = { kid: "ec", alg: "ES256", key: issuer.ec.privateKey };
      const tokens = await Promise.all([
        issuer.sign({ sub: "ann", exp: seconds(60) }),
        issuer.sign({ sub: "ben" }, es256),
        issuer.sign({ sub: "eve" }),
      ]);
      const calls = Array.from({ length: 30 }, (_, index) => index % 3);
      const seen = await Promise.all(calls.map((index) => select(tokens[index] ?? "")));
      expect(seen).toEqual(calls.map((index) => [[{ id: 1 }], [{ id: 2 }], []][index]));
      expect(await neon(url)`select id from docs`).toEqual([]);
    });

    it("allows for 30 seconds between clocks", async () => {
      expect(await select(await issuer.sign({ sub: "ann", exp: seconds(-20), nbf: seconds(20) }))).toEqual([{ id: 1 }]);
    });

    const refusals: ReadonlyArray<readonly [string, () => Promise<string>, RegExp]> = [
      ["that is none", async () => "not.a.token", /not a valid JWT encoding/],
      ["without a key id", () => issuer.sign({ sub: "ann" }, { kid: null }), /^missing key id$/],
      ["of an unknown key", () => issuer.sign({ sub: "ann" }, { kid: "gone" }), /^jwk not found$/],
      [
        "that another key has signed",
        () => issuer.sign({ sub: "ann" }, { key: issuer.other.privateKey }),
        /^signature error/,
      ],
      ["that has expired", () => issuer.sign({ sub: "ann", exp: seconds(-60) }), /^JWT token has expired \(exp=\d+\)$/],
      [
        "that never expires",
        () => issuer.sign({ sub: "ann" }, { ends: false }),
        /^JWT token never expires \(exp is missing\)$/,
      ],
      ["whose end is no number", () => issuer.sign(JSON.parse('{"sub":"ann","exp":"9999999999"}')), /JWT encoding/],
      [
        "that is not valid yet",
        () => issuer.sign({ sub: "ann", nbf: seconds(60) }),
        /^JWT token is not yet ready to use \(nbf=\d+\)$/,
      ],
      ["for somebody else", () => issuer.sign({ sub: "ann", aud: "other" }), /^invalid JWT token audience$/],
      ["for nobody", () => issuer.sign({ sub: "ann", aud: [] }), /^invalid JWT token audience$/],
      [
        "signed with EdDSA",
        () => issuer.sign({ sub: "ann" }, { kid: "ed", alg: "EdDSA", key: issuer.ed.privateKey }),
        /^signature algorithm not supported$/,
      ],
      [
        "signed with the public key as a secret",
        async () => {
          const secret = new TextEncoder().encode(await jose.exportSPKI(issuer.rsa.publicKey));
          return issuer.sign({ sub: "ann" }, { alg: "HS256", key: secret });
        },
        /^signature algorithm not supported$/,
      ],
      [
        "that nobody signed",
        async () => new jose.UnsecuredJWT({ sub: "ann", aud: "docs" }).encode(),
        /^missing key id$/,
      ],
      ["whose subject is a number", () => issuer.sign(JSON.parse('{"sub":42}')), /not a valid JWT encoding/],
    ];
    it.each(refusals)("refuses one %s", async (_, token, words) => {
      await expect(select(await token())).rejects.toMatchObject({
        name: "NeonDbError",
        message: expect.stringMatching(words),
      });
    });

    it("refuses one for a role that tokens may not be used with", async () => {
      const token = await issuer.sign({ sub: "ann" });
      const sql = neon(local.url("postgres", "x", opened.database), { authToken: token });
      await expect(sql`select 1`).rejects.toThrow("jwk not found");
    });

    // PGlite has one session of a superuser: there a role is no boundary.
    if (isBoundary)
      it("keeps its user in the role", async () => {
        const sql = neon(tokenUrl(), { authToken: await issuer.sign({ sub: "ann" }) });
        for (const way of ["reset role", "reset session authorization", "set session authorization default"]) {
          expect(
            await sql.transaction([sql.query(way), sql`select session_user::text, current_user::text`]),
          ).toMatchObject([{}, [{ session_user: "authenticated", current_user: "authenticated" }]]);
        }
        await expect(sql`set role postgres`).rejects.toMatchObject({ code: "42501" });
        await expect(sql`set session authorization postgres`).rejects.toMatchObject({ code: "42501" });
      });
  });

  describe("over a WebSocket", () => {
    it("keeps transactions of several clients apart", async () => {
      const pool = new Pool({ connectionString: url, max: 4 });
      const call = async (who: string) => {
        const client = await pool.connect();
        try {
          await client.query("begin");
          await client.query("select set_config('request.jwt.claims', $1, true)", [JSON.stringify({ sub: who })]);
          const { rows } = await client.query({
            name: "mine",
            text: "select owner from docs where id > $1",
            values: [0],
          });
          await client.query("commit");
          return rows;
        } finally {
          client.release();
        }
      };
      const names = Array.from({ length: 12 }, (_, index) => (index % 2 === 0 ? "ann" : "ben"));
      expect(await Promise.all(names.map(call))).toEqual(names.map((owner) => [{ owner }]));
      await pool.end();
    });

    it("keeps named statements of several clients apart", async () => {
      const pool = new Pool({ connectionString: url, max: 2 });
      const [one, two] = await Promise.all([pool.connect(), pool.connect()]);
      const named = (client: typeof one, value: string) =>
        client.query({ name: "same", text: `select '${value}' as value where $1`, values: [true] });
      for (let round = 0; round < 2; round += 1) {
        expect((await named(one, "one")).rows).toEqual([{ value: "one" }]);
        expect((await named(two, "two")).rows).toEqual([{ value: "two" }]);
      }
      one.release();
      two.release();
      await pool.end();
    });

    it("refuses a wrong password", async () => {
      const pool = new Pool({ connectionString: local.url("authenticated", "wrong", opened.database) });
      await expect(pool.query("select 1")).rejects.toThrow("password authentication failed");
      await pool.end();
    });

    it("gives up the transaction of a client that vanishes", async () => {
      const pool = new Pool({ connectionString: url });
      pool.on("error", () => {});
      const client = await pool.connect();
      client.on("error", () => {});
      await client.query("begin");
      await client.query("select pg_advisory_xact_lock(99)");
      client.release(true);
      await pool.end();
      const free = async () => (await neon(url)`select pg_try_advisory_xact_lock(99) as free`)[0]?.free;
      await eventually("the lock is free", async () => expect(await free()).toBe(true));
    });
  });

  describe("through Drizzle", () => {
    it("works over HTTP: with a token, and as a batch", async () => {
      const token = await issuer.sign({ sub: "ann" });
      const db = drizzleHttp(neon(tokenUrl()));
      expect(await db.$withAuth(token).select().from(docs)).toEqual([{ id: 1, owner: "ann" }]);
      const own = drizzleHttp(neon(tokenUrl(), { authToken: token }));
      expect(await own.batch([own.select().from(docs), own.select({ id: docs.id }).from(docs)])).toEqual([
        [{ id: 1, owner: "ann" }],
        [{ id: 1 }],
      ]);
    });

    it("works over a WebSocket, in a transaction", async () => {
      const pool = new Pool({ connectionString: url });
      const rows = await drizzleServerless(pool).transaction(async (tx) => {
        await tx.execute(text`select set_config('request.jwt.claims', '{"sub":"ben"}', true)`);
        return tx.select().from(docs);
      });
      expect(rows).toEqual([{ id: 2, owner: "ben" }]);
      await pool.end();
    });
  });
});

describe("neon-local", () => {
  it("answers 500 where there is no database, and listens to this machine only", async () => {
    const local = await startNeonLocal({ target: { url: "postgres://127.0.0.1:1" } });
    expect(local.host).toBe("127.0.0.1");
    neonConfig.fetchEndpoint = local.fetchEndpoint;
    await expect(neon(local.url("a", "b"))`select 1`).rejects.toThrow("HTTP status 500");
    await local.close();
  });
});
