/**
 * Two organizations, four people, a few rows.
 *
 * Invariant: everything is made through the same doors that users have: Better Auth's API and the generated API.
 */
import type { Hono } from "hono";
import type { Auth } from "./auth.js";

export const password = "correct horse battery staple";

/** Who is who; `acme` and `globex` name the role in each organization. */
export const people = [
  { email: "ada@example.com", name: "Ada", acme: "owner", globex: undefined },
  { email: "ben@example.com", name: "Ben", acme: "member", globex: "admin" },
  { email: "cleo@example.com", name: "Cleo", acme: undefined, globex: "owner" },
  { email: "dan@example.com", name: "Dan", acme: "member", globex: undefined },
] as const;

type Requests = Pick<Hono, "request">;

/** Signs in over HTTP, as a browser would. */
export const signIn = async (app: Requests, baseURL: string, email: string): Promise<string> => {
  const response = await app.request(`${baseURL}/auth/v1/sign-in/email`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ email, password }),
  });
  if (!response.ok) throw new Error(`${email} could not sign in: ${response.status} ${await response.text()}`);
  return response.headers
    .getSetCookie()
    .map((cookie) => cookie.split(";")[0])
    .join("; ");
};

const post = async (app: Requests, baseURL: string, cookie: string, path: string, body: object): Promise<void> => {
  const response = await app.request(`${baseURL}${path}`, {
    method: "POST",
    headers: { cookie, origin: baseURL, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
};

/** @returns whether anything was made; a database that has the first person is left as it is. */
export const seed = async (app: Requests, auth: Auth, baseURL: string): Promise<boolean> => {
  const { internalAdapter } = await auth.$context;
  if (await internalAdapter.findUserByEmail(people[0].email)) return false;

  const ids = new Map<string, string>();
  for (const { email, name } of people) {
    const { user } = await auth.api.signUpEmail({ body: { email, name, password } });
    ids.set(email, user.id);
  }
  const organizations = [
    { slug: "acme", name: "Acme", documents: ["Acme roadmap", "Acme budget"] },
    { slug: "globex", name: "Globex", documents: ["Globex merger"] },
  ] as const;
  for (const { slug, name, documents } of organizations) {
    const owner = people.find((person) => person[slug] === "owner");
    if (!owner) throw new Error(`Nobody owns ${slug}.`);
    const cookie = await signIn(app, baseURL, owner.email);
    const created = await auth.api.createOrganization({
      body: { name, slug },
      headers: new Headers({ cookie, origin: baseURL }),
    });
    for (const person of people) {
      const role = person[slug];
      const userId = ids.get(person.email);
      if (role !== undefined && role !== "owner" && userId !== undefined && created) {
        await auth.api.addMember({ body: { organizationId: created.id, userId, role } });
      }
    }
    await post(app, baseURL, cookie, "/api/v1/projects", { name: `${name} 2027` });
    for (const title of documents) await post(app, baseURL, cookie, "/api/v1/documents", { title });
  }
  await auth.api.signUpEmail({ body: { email: "root@example.com", name: "Root", password } });
  return true;
};
