/** An API whose database has no table of Better Auth. */

import { text } from "drizzle-orm/pg-core";
import { id, organization, owner, table } from "hedgerow";
import { createRouter, type DatabaseShape } from "hedgerow/hono";
import { betterAuthTokens, jwt } from "hedgerow/jwt";
import { claimsIdentity } from "hedgerow/postgres";

export const invoices = table("invoices", {
  id: id("inv"),
  organizationId: organization(),
  userId: owner(),
  title: text("title").notNull(),
})
  .firewall("organization")
  .access({
    read: { roles: ["member+"] },
    create: { roles: ["member+"] },
    delete: { roles: ["admin+"] },
  });

// #region api
/** For the config and `push`: callers come from tokens. */
export const identity = claimsIdentity();

/** @param baseURL where the other Better Auth is. */
export const createApi = (database: DatabaseShape, baseURL: string) =>
  createRouter({
    schema: { invoices },
    database,
    auth: jwt(
      betterAuthTokens({
        baseURL,
        basePath: "/auth/v1",
        issuer: "https://id.example.com",
        audience: "https://api.example.com",
      }),
    ),
  });
// #endregion

// #region client
/** What a signed-in client does: a token from Better Auth for the next minutes, and requests with it. */
export const titles = async (authURL: string, apiURL: string, cookie: string): Promise<ReadonlyArray<string>> => {
  const answer = await fetch(`${authURL}/auth/v1/token`, { headers: { cookie } });
  const { token }: { token: string } = await answer.json();
  const response = await fetch(`${apiURL}/invoices`, { headers: { authorization: `Bearer ${token}` } });
  const { data }: { data: ReadonlyArray<{ title: string }> } = await response.json();
  return data.map(({ title }) => title);
};
// #endregion
