/**
 * Reads a JSON body.
 *
 * Invariant: never holds more than the limit in memory, whatever Content-Length claims, and never waits longer than the limit
 * for all of it. What it leaves of a body is cancelled. A body that a middleware has read is the one that Hono has kept.
 */
import * as Effect from "effect/Effect";
import type { HonoRequest } from "hono";
import { readText } from "../auth/read-text.js";
import { quote } from "./findings.js";
import { type JsonPart, maxDepth, nameOf, scan } from "./json-text.js";
import { problem, RequestProblem } from "./problem.js";

export interface BodyLimits {
  readonly maxBytes: number;
  /** For all of it to arrive, in milliseconds; 0 is no limit. */
  readonly ms: number;
}

/** A body that is JSON. */
export interface JsonBody {
  readonly text: string;
  readonly value: unknown;
  readonly parts: ReadonlyArray<JsonPart>;
}

const isJson = (contentType: string | undefined): boolean =>
  /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(contentType ?? "");

/** What a middleware has read with `c.req.json()` and the like, in one piece. Of what it read past Hono nothing is left. */
const kept = (request: HonoRequest): ReadableStream<Uint8Array> =>
  new ReadableStream({
    pull: async (controller) => {
      const body = await request.arrayBuffer().catch((hidden) => {
        throw problem("internal", { hidden });
      });
      controller.enqueue(new Uint8Array(body));
      controller.close();
    },
  });

/** @throws RequestProblem for a body that is too large or too slow. */
const textOf = async (request: HonoRequest, { maxBytes, ms }: BodyLimits): Promise<string> => {
  const failed = (isLarge: boolean): RequestProblem =>
    isLarge
      ? problem("body_too_large", { detail: `A body may have ${maxBytes} bytes.` })
      : problem("request_timeout", { detail: `A body must arrive within ${ms} ms.` });
  if (Number(request.header("content-length")) > maxBytes) throw failed(true);
  const { raw } = request;
  return readText(raw.bodyUsed ? kept(request) : raw.body, maxBytes, failed, ms);
};

/** @returns the body that a text is, or why it is none. */
export const jsonBody = (text: string): JsonBody | RequestProblem => {
  const { parts, tooDeep } = scan(text);
  if (tooDeep !== undefined) {
    const detail = `A body may be nested ${maxDepth} deep.`;
    const errors = [{ field: quote(nameOf(tooDeep)), message: "is nested too deep" }];
    return problem("validation_failed", { detail, ...(tooDeep !== "" && { errors }) });
  }
  try {
    return { text, value: JSON.parse(text), parts };
  } catch {
    return problem("invalid_json");
  }
};

const read = async (request: HonoRequest, limits: BodyLimits): Promise<JsonBody | RequestProblem> => {
  try {
    return jsonBody(await textOf(request, limits));
  } catch (error) {
    if (error instanceof RequestProblem) return error;
    return problem("invalid_json", { detail: "The body did not arrive whole, or is not UTF-8." });
  }
};

export const readJson = (request: HonoRequest, limits: BodyLimits): Effect.Effect<JsonBody, RequestProblem> => {
  if (!isJson(request.header("content-type"))) return problem("unsupported_media_type");
  return Effect.callback((resume) => {
    read(request, limits).then((body) => resume(body instanceof RequestProblem ? body : Effect.succeed(body)));
  });
};
