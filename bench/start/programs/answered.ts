/**
 * What every program does at its end.
 *
 * Invariant: the time is that since the process was made, and an answer is one that has the row.
 */

/** Prints the milliseconds since the start of the process, and ends it. */
export const done = (): void => {
  process.stdout.write(`${performance.now()}\n`, () => process.exit(0));
};

/** Asks for the first list, and is done when it has come. */
export const ask = async (app: { readonly request: (url: string) => Response | Promise<Response> }): Promise<void> => {
  const response = await app.request("http://localhost/table0");
  const text = await response.text();
  if (!text.includes("The first title")) throw new Error(`${response.status} ${text}`);
  done();
};

/** The arguments of the process. */
export const given = (): { readonly url: string; readonly tables: number } => {
  const [url = "", tables = ""] = process.argv.slice(2);
  return { url, tables: Number(tables) };
};
