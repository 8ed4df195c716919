/**
 * Who and what there is: organizations, users and documents, and which of them a request is about.
 *
 * Invariant: everything is a function of a number, here and in SQL alike, so that nothing has to be read back and every
 * run asks for the same.
 */
import { createHash } from "node:crypto";

export interface Size {
  readonly organizations: number;
  readonly users: number;
  readonly documents: number;
}

export const fullSize: Size = { organizations: 100, users: 1000, documents: 100_000 };

const named = (prefix: string, kind: string, number: number): string =>
  `${prefix}_${createHash("md5").update(`${kind} ${number}`).digest("hex")}`;

export const organizationId = (number: number): string => named("org", "organization", number);
export const userId = (number: number): string => named("user", "user", number);
export const documentId = (number: number): string => named("doc", "document", number);

/** A user works in one organization. */
export const organizationOf = (user: number, { organizations }: Size): number => user % organizations;

/** The last to join an organization is a member, who sees what is theirs; everybody else is an admin, who sees all of it. */
export const roleOf = (user: number, { organizations, users }: Size): "admin" | "member" =>
  user < users - organizations ? "admin" : "member";

/** The same rows as SQL: eight columns, about 560 bytes as JSON. Neighbours in the table belong to different organizations. */
export const insertDocuments = ({ organizations, users, documents }: Size): string => `
  insert into documents (id, organization_id, user_id, title, status, body, pages, created_at)
  select 'doc_' || md5('document ' || n),
         'org_' || md5('organization ' || n % ${organizations}),
         'user_' || md5('user ' || n % ${organizations} + ${organizations} * (n / ${organizations} % ${users / organizations})),
         'Document ' || n,
         (array['draft', 'review', 'published'])[n % 3 + 1],
         repeat(md5('body ' || n), 9),
         n % 90 + 1,
         timestamptz '2026-01-01 00:00:00+00' + n * interval '1 second'
  from generate_series(0, ${documents - 1}) n`;

/** A row as every target answers it. */
export interface Row {
  readonly id: string;
  readonly organizationId: string;
  readonly userId: string;
  readonly title: string;
  readonly status: string;
  readonly body: string;
  readonly pages: number;
  readonly createdAt: string;
}

const md5 = (text: string): string => createHash("md5").update(text).digest("hex");

/** What `insertDocuments` wrote. */
export const documentRow = (number: number, size: Size): Row => {
  const author = authorOf(number, size);
  return {
    id: documentId(number),
    organizationId: organizationId(organizationOf(author, size)),
    userId: userId(author),
    title: `Document ${number}`,
    status: ["draft", "review", "published"][number % 3] ?? "",
    body: md5(`body ${number}`).repeat(9),
    pages: (number % 90) + 1,
    createdAt: new Date(Date.UTC(2026, 0, 1) + number * 1000).toISOString(),
  };
};

/** The number of the author of a document. */
export const authorOf = (document: number, { organizations, users }: Size): number =>
  (document % organizations) + organizations * (Math.floor(document / organizations) % (users / organizations));

/** The numbers of the newest documents that a user may read, newest first. */
export const newestFor = (user: number, count: number, size: Size): ReadonlyArray<number> => {
  const found: Array<number> = [];
  for (let document = size.documents - 1; document >= 0 && found.length < count; document -= 1) {
    const author = authorOf(document, size);
    const readable = organizationOf(author, size) === organizationOf(user, size);
    if (readable && (author === user || roleOf(user, size) === "admin")) found.push(document);
  }
  return found;
};

/** Who asks, and for which document. */
export interface Pick {
  readonly user: number;
  readonly document: number;
}

/** Admins with documents of their organizations: spread over all of them, and the same in every run. */
export const picks = (count: number, size: Size): ReadonlyArray<Pick> => {
  let state = 20260101;
  const random = (below: number): number => {
    // mulberry32
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
  return Array.from({ length: count }, () => {
    const user = random(size.users - size.organizations);
    const turn = random(size.documents / size.organizations);
    return { user, document: organizationOf(user, size) + size.organizations * turn };
  });
};
