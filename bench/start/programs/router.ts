/** Hedgerow's router on node-postgres. */
import { createRouter } from "hedgerow/hono";
import { nodePostgres } from "hedgerow/node-postgres";
import pg from "pg";
import { schemaOf } from "../../tables.js";
import { ask, given } from "./answered.js";
import { authenticator } from "./caller.js";

const { url, tables } = given();
const database = nodePostgres(new pg.Pool({ connectionString: url }));
await ask(createRouter<object>({ schema: schemaOf(tables), auth: authenticator, database }));
