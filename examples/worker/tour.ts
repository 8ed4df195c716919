/**
 * A story against the Worker, told step by step.
 *
 * Invariant: knows the Worker by HTTP alone, as a browser does, and stops at the first answer that is not the one it tells.
 * It can be played again and again.
 */

class UnexpectedAnswer extends Error {}

export interface Stage {
  /** Where workerd listens. */
  readonly url: string;
  /** Where the Worker believes to be: `BASE_URL`. */
  readonly origin: string;
  /** How many requests have reached the database as `hedgerow_api`. */
  readonly asked: () => number;
  readonly print: (line: string) => void;
}

interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: whatever JSON came back
  readonly json: any;
}

type Browser = (method: string, path: string, body?: object) => Promise<Answer>;

let visitors = 0;

/** One browser: it keeps its cookies, and it has an address of its own. */
const openBrowser = ({ url, origin }: Stage): Browser => {
  visitors += 1;
  const address = `198.51.100.${visitors % 256}`;
  const cookies = new Map<string, string>();
  return async (method, path, body) => {
    const response = await fetch(new URL(path, url), {
      method,
      headers: {
        origin,
        // As Cloudflare says it.
        "cf-connecting-ip": address,
        cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; "),
        ...(body && { "content-type": "application/json" }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [pair = ""] = cookie.split(";");
      const equals = pair.indexOf("=");
      cookies.set(pair.slice(0, equals), pair.slice(equals + 1));
    }
    const text = await response.text();
    return { status: response.status, json: text === "" ? null : JSON.parse(text) };
  };
};

const told = ({ status, json }: Answer): string => {
  if (json === null) return `${status}`;
  if (status >= 400) return `${status} ${json.code}`;
  return Array.isArray(json.data)
    ? `${status} ${JSON.stringify(json.data.map(({ title }: { readonly title: string }) => title))}`
    : `${status} ${JSON.stringify(json.title)}`;
};

const asks = (requests: number): string => (requests === 1 ? "1 request to Neon" : `${requests} requests to Neon`);

/**
 * Plays the story.
 *
 * @throws UnexpectedAnswer where the Worker answers something else than the story says.
 */
export const playTour = async (stage: Stage): Promise<void> => {
  const { asked, print } = stage;
  const run = Date.now().toString(36);

  const send = async (browser: Browser, path: string, body: object): Promise<Answer> => {
    const answer = await browser("POST", `/auth/v1${path}`, body);
    if (answer.status >= 300) throw new UnexpectedAnswer(`${path}: ${answer.status} ${JSON.stringify(answer.json)}`);
    return answer;
  };
  const emailOf = (name: string): string => `${name.toLowerCase()}-${run}@example.com`;
  const signUp = async (name: string): Promise<Browser> => {
    const browser = openBrowser(stage);
    await send(browser, "/sign-up/email", { email: emailOf(name), name, password: "correct horse battery staple" });
    return browser;
  };
  const found = async (browser: Browser, name: string): Promise<string> =>
    (await send(browser, "/organization/create", { name, slug: `${name.toLowerCase()}-${run}` })).json.id;
  /** A request of the API, which must be answered with this, in so many requests to the database. */
  const api = async (
    who: string,
    browser: Browser,
    [method, path, body]: readonly [method: string, path: string, body?: object],
    expected: string,
    requests: number,
  ): Promise<Answer> => {
    const before = asked();
    const answer = await browser(method, `/api/v1${path}`, body);
    const shown = path.replace(/_[^_]+$/, "_…");
    const line = `${who}: ${method} ${shown} → ${told(answer)}, ${asks(asked() - before)}`;
    const meant = `${who}: ${method} ${shown} → ${expected}, ${asks(requests)}`;
    if (line !== meant) throw new UnexpectedAnswer(`expected ${meant}; got ${line}`);
    print(`   ${line}`);
    return answer;
  };
  const list = ["GET", "/documents?sort=title"] as const;

  // The first request of an isolate also looks at the database.
  await openBrowser(stage)("GET", "/api/v1/documents");

  print("1. Ada signs up, founds Acme and writes a document.");
  const ada = await signUp("Ada");
  const acme = await found(ada, "Acme");
  const { json } = await api("Ada", ada, ["POST", "/documents", { title: "Roadmap" }], '201 "Roadmap"', 1);
  await api("Ada", ada, list, '200 ["Roadmap"]', 1);

  print("2. She founds Initech, where there is nothing yet, and switches back.");
  await found(ada, "Initech");
  await api("Ada", ada, list, "200 []", 1);
  await send(ada, "/organization/set-active", { organizationId: acme });
  await api("Ada", ada, list, '200 ["Roadmap"]', 1);

  print("3. Eve has an organization of her own, and knows the id of Ada's document.");
  const eve = await signUp("Eve");
  await found(eve, "Globex");
  const document = `/documents/${json.id}`;
  await api("Eve", eve, list, "200 []", 1);
  await api("Eve", eve, ["GET", document], "404 not_found", 1);
  await api("Eve", eve, ["PATCH", document, { title: "Eve's" }], "404 not_found", 1);
  await api("Eve", eve, ["DELETE", document], "404 not_found", 1);

  print("4. Ben is invited to Acme, reads along, and is removed. His cookie is as valid as before.");
  const ben = await signUp("Ben");
  const { json: invitation } = await send(ada, "/organization/invite-member", {
    email: emailOf("Ben"),
    role: "member",
  });
  await send(ben, "/organization/accept-invitation", { invitationId: invitation.id });
  await send(ben, "/organization/set-active", { organizationId: acme });
  await api("Ben", ben, list, '200 ["Roadmap"]', 1);
  await send(ada, "/organization/remove-member", { memberIdOrEmail: emailOf("Ben") });
  await api("Ben", ben, list, "403 no_active_organization", 1);

  print("5. Ada signs out. Who is not signed in costs the database nothing.");
  await send(ada, "/sign-out", {});
  await api("Ada", ada, list, "401 authentication_required", 0);
};
