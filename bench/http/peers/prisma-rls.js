/** Prisma 7 with an extension that says who is calling, in a transaction around each query, as Prisma's own example does. */
import { PrismaPg } from "@prisma/adapter-pg";
import { Hono } from "hono";
import { claimHeader, claimOf } from "../claim.ts";
import { poolOptions } from "../target.ts";
import { PrismaClient } from "./.generated/prisma/client.ts";

/** @type {import("../target.ts").Open} */
export const open = ({ policies }) => {
  const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: policies, ...poolOptions }) });
  const acting = (header) => {
    const { userId, organizationId, role } = claimOf(header);
    const claims = JSON.stringify({ sub: userId, org: organizationId, org_role: role });
    return prisma.$extends({
      query: {
        $allModels: {
          async $allOperations({ args, query }) {
            const [, found] = await prisma.$transaction([
              prisma.$executeRaw`select set_config('request.jwt.claims', ${claims}, true), set_config('role', 'app_user', true)`,
              query(args),
            ]);
            return found;
          },
        },
      },
    });
  };
  const app = new Hono()
    .get("/documents/:id", async (c) => {
      const row = await acting(c.req.header(claimHeader)).document.findUnique({ where: { id: c.req.param("id") } });
      return row ? c.json(row) : c.json({ error: "not found" }, 404);
    })
    .get("/documents", async (c) => {
      const data = await acting(c.req.header(claimHeader)).document.findMany({
        orderBy: { createdAt: "desc" },
        take: Number(c.req.query("limit")),
      });
      return c.json({ data });
    });
  return { fetch: app.fetch, close: () => prisma.$disconnect() };
};
