/** Reads a JSON body. Invariant: never holds more than the limit in memory, whatever Content-Length claims. */
import * as Effect from "effect/Effect";
import { problem, type RequestProblem } from "./problem.js";

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

export const readJson = (request: Request, maxBytes: number): Effect.Effect<unknown, RequestProblem> => {
  if (!isJson(request.headers.get("content-type"))) return Effect.fail(problem("unsupported_media_type"));
  const invalid = (): RequestProblem => problem("invalid_json");
  return Effect.tryPromise({ try: () => readText(request, maxBytes), catch: invalid }).pipe(
    Effect.flatMap((text) =>
      text === undefined
        ? Effect.fail(problem("body_too_large", { detail: `A body may have ${maxBytes} bytes.` }))
        : Effect.try({ try: (): unknown => JSON.parse(text), catch: invalid }),
    ),
  );
};
