/**
 * `npm run tour`: a story against the running example, told step by step.
 *
 * Invariant: knows the application by HTTP alone, as a browser does, and stops at the first answer that is not the one it
 * tells. It can be played again and again.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { password } from "./seed.js";

class UnexpectedAnswer extends Error {}

interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: whatever JSON came back
  readonly json: any;
}

/** One browser: it keeps its cookies, and its pages are those of the application. */
const openBrowser = (url: string) => {
  const cookies = new Map<string, string>();
  return async (method: string, path: string, body?: object): Promise<Answer> => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        origin: url,
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

type Browser = ReturnType<typeof openBrowser>;

const titlesOf = ({ json }: Answer): ReadonlyArray<string> =>
  json.data.map(({ title }: { readonly title: string }) => title).sort();

/**
 * Plays the story.
 *
 * @param url where the example runs.
 * @param print gets each line.
 * @throws UnexpectedAnswer where the application answers something else than the story says.
 */
export const playTour = async (url: string, print: (line: string) => void): Promise<void> => {
  const expectThat = (holds: boolean, what: string, answer: Answer): void => {
    if (!holds) throw new UnexpectedAnswer(`${what}: got ${answer.status} ${JSON.stringify(answer.json)}`);
  };
  /** What a browser sends, which must succeed. */
  const send = async (browser: Browser, path: string, body: object): Promise<Answer> => {
    const answer = await browser("POST", path, body);
    expectThat(answer.status < 300, path, answer);
    return answer;
  };
  const signIn = async (email: string): Promise<Browser> => {
    const browser = openBrowser(url);
    await send(browser, "/auth/v1/sign-in/email", { email, password });
    return browser;
  };
  const choose = (browser: Browser, organizationSlug: string): Promise<Answer> =>
    send(browser, "/auth/v1/organization/set-active", { organizationSlug });
  const documents = async (browser: Browser): Promise<Answer> => browser("GET", "/api/v1/documents");

  print("1. Ben signs in and switches between his two organizations.");
  const ben = await signIn("ben@example.com");
  for (const slug of ["acme", "globex"]) {
    await choose(ben, slug);
    const seen = await documents(ben);
    expectThat(seen.status === 200, `Ben's documents in ${slug}`, seen);
    print(`   in ${slug}: GET /documents → 200 ${JSON.stringify(titlesOf(seen))}`);
  }

  print("2. Ada invites Erin, who has just signed up, to Acme.");
  const email = `erin-${Date.now().toString(36)}@example.com`;
  const erin = openBrowser(url);
  await send(erin, "/auth/v1/sign-up/email", { email, name: "Erin", password });
  const before = await documents(erin);
  expectThat(before.json.code === "no_active_organization", "Erin without an organization", before);
  print(`   before: GET /documents → ${before.status} ${before.json.code}`);
  const ada = await signIn("ada@example.com");
  await choose(ada, "acme");
  const { json: invitation } = await send(ada, "/auth/v1/organization/invite-member", { email, role: "member" });
  await send(erin, "/auth/v1/organization/accept-invitation", { invitationId: invitation.id });
  await choose(erin, "acme");

  print("3. Erin writes a document, and leaves a tab open that asks for her documents again and again.");
  await send(erin, "/api/v1/documents", { title: "Erin's notes" });
  const open = await documents(erin);
  expectThat(open.status === 200 && titlesOf(open).includes("Erin's notes"), "Erin's open tab", open);
  print(`   the tab: GET /documents → 200 ${JSON.stringify(titlesOf(open))}`);

  print("4. Ada removes Erin. Nobody tells the tab, and its cookie is as valid as before.");
  await send(ada, "/auth/v1/organization/remove-member", { memberIdOrEmail: email });
  const after = await documents(erin);
  expectThat(after.json.code === "no_active_organization", "Erin's open tab after the removal", after);
  print(`   the tab: GET /documents → ${after.status} ${after.json.code}`);
  const report = await erin("GET", "/reports/projects");
  expectThat(report.status === 200 && report.json.length === 0, "a route of the application's own", report);
  print(`   the tab: GET /reports/projects → 200 ${JSON.stringify(report.json)}`);
  const written = await erin("POST", "/api/v1/documents", { title: "Still here?" });
  expectThat(written.status === 403, "a document of somebody who was removed", written);
  print(`   the tab: POST /documents → ${written.status} ${written.json.code}`);

  print("5. What Erin wrote belongs to Acme: Ada sees it, and may delete it.");
  const rest = await documents(ada);
  expectThat(titlesOf(rest).includes("Erin's notes"), "Ada's documents", rest);
  print(`   Ada: GET /documents → 200 ${JSON.stringify(titlesOf(rest))}`);
  const { id } = rest.json.data.find(({ title }: { readonly title: string }) => title === "Erin's notes");
  const deleted = await ada("DELETE", `/api/v1/documents/${id}`);
  expectThat(deleted.status === 204, "the deletion", deleted);
  print(`   Ada: DELETE /documents/${id.slice(0, 4)}… → 204`);
};

/** An address that was given, the port that was, or where the example that was started last said it is. */
const addressOf = (given: string | undefined, { PORT: port, DATA_DIR: folder }: NodeJS.ProcessEnv): string => {
  if (given !== undefined) return given;
  if (port !== undefined) return `http://localhost:${port}`;
  const file = join(folder ?? fileURLToPath(new URL("../../.data", import.meta.url)), "address");
  return existsSync(file) ? readFileSync(file, "utf8") : "http://localhost:3000";
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const url = addressOf(process.argv[2], process.env);
  playTour(url, console.log).catch((error: unknown) => {
    console.error(
      error instanceof UnexpectedAnswer
        ? error.message
        : `Nothing answers at ${url}. Start the example first: npm start`,
    );
    process.exitCode = 1;
  });
}
