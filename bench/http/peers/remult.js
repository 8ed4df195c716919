/** Remult 3 with an `apiPrefilter`, which its API adds to every query. */
import { Allow, describeEntity, Fields, remult } from "remult";
import { createPostgresDataProvider } from "remult/postgres";
import { remultApi } from "remult/remult-hono";
import { claimHeader, claimOf } from "../claim.ts";
import { poolOptions } from "../target.ts";

class Document {}
const described = (column) => ({ dbName: column });
describeEntity(
  Document,
  "documents",
  {
    id: Fields.string(),
    organizationId: Fields.string(described("organization_id")),
    userId: Fields.string(described("user_id")),
    title: Fields.string(),
    status: Fields.string(),
    body: Fields.string(),
    pages: Fields.integer(),
    createdAt: Fields.date(described("created_at")),
  },
  {
    allowApiCrud: Allow.authenticated,
    apiPrefilter: () => ({
      organizationId: remult.user?.organizationId ?? "",
      ...(remult.isAllowed(["admin", "owner"]) ? {} : { userId: remult.user?.id ?? "" }),
    }),
  },
);

/** @type {import("../target.ts").Open} */
export const open = async ({ plain }) => {
  const dataProvider = createPostgresDataProvider({ connectionString: plain, configuration: poolOptions });
  const app = remultApi({
    entities: [Document],
    dataProvider,
    ensureSchema: false,
    admin: false,
    getUser: (c) => {
      const { userId, organizationId, role } = claimOf(c.req.header(claimHeader));
      return { id: userId, organizationId, roles: [role] };
    },
  });
  return { fetch: app.fetch, close: async () => {} };
};
