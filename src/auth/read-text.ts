/**
 * What somebody else sends, as text.
 *
 * Invariant: never holds more bytes than the limit, whatever Content-Length claims, and never waits longer than the limit for all
 * of them. What it leaves of a body is cancelled.
 */

/**
 * @param failed the error for what is too large or too slow.
 * @param ms for all of it to arrive, in milliseconds; 0 is no limit.
 * @throws what `failed` returns; TypeError for what is not UTF-8.
 */
export const readText = async (
  body: ReadableStream<Uint8Array> | null,
  maxBytes: number,
  failed: (isLarge: boolean) => Error,
  ms = 0,
): Promise<string> => {
  const reader = body?.getReader();
  if (!reader) return "";
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  let bytes = 0;
  let isRead = false;
  let giveUp = (): void => {};
  const timer = ms > 0 ? setTimeout(() => giveUp(), ms) : undefined;
  try {
    for (;;) {
      // No race against one promise for the whole body: it would hold on to every piece of it.
      const next = await new Promise<Awaited<ReturnType<typeof reader.read>>>((resolve, reject) => {
        giveUp = () => reject(failed(false));
        reader.read().then(resolve, reject);
      });
      if (next.done) {
        isRead = true;
        return text + decoder.decode();
      }
      bytes += next.value.byteLength;
      if (bytes > maxBytes) throw failed(true);
      text += decoder.decode(next.value, { stream: true });
    }
  } finally {
    clearTimeout(timer);
    // Nobody waits for it: whoever does not send may not take notice of this either.
    if (!isRead) reader.cancel().catch(() => {});
  }
};
