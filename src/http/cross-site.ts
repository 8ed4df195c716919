/**
 * Which pages may make a browser write, and which may read an answer.
 *
 * Invariant: a write that rests on a cookie needs proof, by a header that no page can forge, that it comes from this site or
 * from a trusted origin. A request that says nothing about where it comes from has no such proof.
 *
 * The judgement is that of Hono's own `csrf`. That middleware looks only at the content types that a form can send, because a
 * page needs the server's leave (CORS) for any other; this one holds for every method, content type and CORS configuration.
 */
import type { MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import type { Credential } from "../auth/authenticator.js";
import { problem, type RequestProblem } from "./problem.js";

/** Origins beside the API's own, as browsers write them (`https://app.example.com`), or a function that knows them. */
export type TrustedOrigins = ReadonlyArray<string> | ((origin: string, request: Request) => boolean | Promise<boolean>);

/** The options of Hono's own `cors`. */
export type CorsOptions = NonNullable<Parameters<typeof cors>[0]>;

/** One origin, as a browser writes it; `null` is what every sandboxed page has. */
const isOrigin = (value: string): boolean =>
  URL.canParse(value) && new URL(value).origin === value && value !== "null" && !value.includes("*");

/** @throws TypeError for the first of them that no browser would send. */
const checkOrigins = (option: string, origins: ReadonlyArray<string>): void => {
  const odd = origins.find((each) => !isOrigin(each));
  if (odd === undefined) return;
  throw new TypeError(
    `${option}: ${JSON.stringify(odd)} is not an origin; write scheme, host and port alone, as in "https://app.example.com"`,
  );
};

/** Changes nothing, whatever the application does with it. */
const isSafeMethod = (method: string): boolean => /^(?:GET|HEAD|OPTIONS)$/.test(method);

/**
 * @returns a function that refuses a write with a credential that came by cookie, unless the browser says that it comes from
 * a page of the same origin (`Sec-Fetch-Site`, or an `Origin` equal to that of the URL) or from a trusted one.
 * @throws TypeError for a trusted origin that no browser would send.
 */
export const crossSiteCheck = (
  trusted: TrustedOrigins = [],
): ((request: Request, credential: Credential) => Promise<RequestProblem | undefined>) => {
  if (typeof trusted !== "function") checkOrigins("trustedOrigins", trusted);
  const isTrusted = (origin: string, request: Request): boolean | Promise<boolean> =>
    typeof trusted === "function" ? trusted(origin, request) : trusted.includes(origin);
  const isFromHere = async (request: Request): Promise<boolean> => {
    if (request.headers.get("sec-fetch-site") === "same-origin") return true;
    const origin = request.headers.get("origin");
    if (origin === null) return false;
    try {
      return origin === new URL(request.url).origin || (isOrigin(origin) && (await isTrusted(origin, request)));
    } catch (error) {
      // Whoever cannot say whom to trust trusts nobody.
      console.error(error);
      return false;
    }
  };
  return async (request, credential) => {
    // Whatever does not say that it came by a header is treated as a cookie.
    if (isSafeMethod(request.method) || credential._tag === "Anonymous" || credential.via === "header")
      return undefined;
    return (await isFromHere(request)) ? undefined : problem("cross_site_request");
  };
};

/**
 * @returns Hono's own middleware.
 * @throws TypeError for options that would let every site read what a browser's cookies open.
 */
export const corsMiddleware = (options: CorsOptions): MiddlewareHandler => {
  const { origin = "*", credentials } = options;
  if (!credentials) return cors(options);
  if (typeof origin === "function") {
    return cors({
      ...options,
      origin: async (from, context) => {
        const allowed = await origin(from, context);
        return allowed !== null && allowed !== undefined && isOrigin(allowed) ? allowed : null;
      },
    });
  }
  // Every site that is let in is listed.
  checkOrigins("cors with credentials", [origin].flat());
  return cors(options);
};
