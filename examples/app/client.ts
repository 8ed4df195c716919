/** A typed client of the example. Invariant: knows the tables by type only, so none of the server is in its bundle. */
import { createClient } from "hedgerow/client";
import type * as schema from "./tables.js";

// #region client
/** The titles of the documents that the owner of a cookie can see. */
export const titles = async (url: string, cookie: string): Promise<ReadonlyArray<string>> => {
  const api = createClient<typeof schema>(`${url}/api/v1`, { headers: { cookie } });
  const response = await api.documents.$get({ query: { sort: "-createdAt", limit: "20" } });
  if (!response.ok) throw new Error((await response.json()).title);
  const { data } = await response.json();
  return data.map((document) => document.title);
};
// #endregion
