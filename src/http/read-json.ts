/** Reads a JSON body. Invariant: never holds more than the limit in memory, whatever Content-Length claims. */
import * as Effect from "effect/Effect";
import { problem, RequestProblem } from "./problem.js";

const isJson = (contentType: string | null): boolean =>
  /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(contentType ?? "");

const readText = async (request: Request, maxBytes: number): Promise<string | undefined> => {
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes) return undefined;
  const reader = request.body?.getReader();
  if (!reader) return "";
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.byteLength;
    if (bytes > maxBytes) {
      await reader.cancel();
      return undefined;
    }
    text += decoder.decode(value, { stream: true });
  }
};

const parsed = async (request: Request, maxBytes: number): Promise<unknown> => {
  try {
    const text = await readText(request, maxBytes);
    if (text !== undefined) return JSON.parse(text);
    return problem("body_too_large", { detail: `A body may have ${maxBytes} bytes.` });
  } catch {
    return problem("invalid_json");
  }
};

export const readJson = (request: Request, maxBytes: number): Effect.Effect<unknown, RequestProblem> => {
  if (!isJson(request.headers.get("content-type"))) return Effect.fail(problem("unsupported_media_type"));
  return Effect.flatMap(
    Effect.promise(() => parsed(request, maxBytes)),
    (body) => (body instanceof RequestProblem ? Effect.fail(body) : Effect.succeed(body)),
  );
};
