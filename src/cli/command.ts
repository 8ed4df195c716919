/**
 * Which of drizzle-kit's commands this process is.
 *
 * Invariant: answers only inside drizzle-kit itself; a config that anything else imports does nothing.
 */

const program = /(^|[\\/])drizzle-kit([\\/]bin)?(\.[cm]?js)?$/;

/** As drizzle-kit finds its command: an option without `=` takes the argument behind it. */
const commandOf = (args: ReadonlyArray<string>): string | undefined => {
  for (let index = 0; index < args.length; index += 1) {
    const arg = args[index];
    if (!arg?.startsWith("-")) return arg;
    if (!arg.includes("=")) index += 1;
  }
  return undefined;
};

/**
 * @param argv `process.argv`.
 * @returns whether drizzle-kit was started to write what has changed; an empty migration by `--custom` is not that.
 */
export const isGenerate = ([, script = "", ...args]: ReadonlyArray<string>): boolean =>
  program.test(script) && commandOf(args) === "generate" && !args.some((arg) => /^--custom(=|$)/.test(arg));

/**
 * @param argv `process.argv`.
 * @returns whether drizzle-kit was started to push.
 */
export const isPush = ([, script = "", ...args]: ReadonlyArray<string>): boolean =>
  program.test(script) && commandOf(args) === "push";
