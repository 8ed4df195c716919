/** Hono and pg, with routes of the same shape: no tables are declared, nothing is checked. */
import { Hono } from "hono";
import pg from "pg";
import { ask, given } from "./answered.js";
import { organizationId } from "./caller.js";

const { url, tables } = given();
const pool = new pg.Pool({ connectionString: url });
const app = new Hono();
for (let number = 0; number < tables; number += 1) {
  const name = `table_${String(number).padStart(4, "0")}`;
  const path = `/table${number}`;
  const rows = async (text: string, ...values: ReadonlyArray<string>) =>
    (await pool.query(text, [organizationId, ...values])).rows;
  app.get(path, async (context) =>
    context.json({ data: await rows(`select * from ${name} where organization_id = $1 order by id limit 51`) }),
  );
  app.get(`${path}/:id`, async (context) =>
    context.json(await rows(`select * from ${name} where organization_id = $1 and id = $2`, context.req.param("id"))),
  );
  app.post(path, async (context) => {
    const { title } = await context.req.json();
    return context.json(await rows(`insert into ${name} (organization_id, title) values ($1, $2) returning *`, title));
  });
  app.patch(`${path}/:id`, async (context) => {
    const { title } = await context.req.json();
    const text = `update ${name} set title = $2 where organization_id = $1 and id = $3 returning *`;
    return context.json(await rows(text, title, context.req.param("id")));
  });
  app.delete(`${path}/:id`, async (context) =>
    context.json(await rows(`delete from ${name} where organization_id = $1 and id = $2`, context.req.param("id"))),
  );
}
await ask(app);
