/**
 * What a command says when it fails.
 *
 * Invariant: a failure that was foreseen is a message and an exit code, without a stack; `--verbose` adds what lies behind
 * it. Whatever was not foreseen shows its message too, and its stack under `--verbose` only.
 */
import * as Cause from "effect/Cause";
import * as Console from "effect/Console";
import { CliError, CliOutput, Flag, GlobalFlag } from "effect/cli";
import * as Effect from "effect/Effect";
import { located } from "./located.js";

/** For all commands. */
export const verbose = GlobalFlag.Setting("verbose")({
  flag: Flag.Boolean("verbose").pipe(
    Flag.withDefault(false),
    Flag.withDescription("Show what lies behind an error, stack traces included"),
  ),
});

/** The command did what it was asked, and what it found should fail a build; it has been printed already. */
export interface FoundSomething {
  readonly _tag: "FoundSomething";
}

export const foundSomething: Effect.Effect<never, FoundSomething> = Effect.fail({ _tag: "FoundSomething" });

const isFoundSomething = (error: unknown): boolean =>
  typeof error === "object" && error !== null && "_tag" in error && error._tag === "FoundSomething";

const causes = (error: unknown): ReadonlyArray<string> =>
  error instanceof Error
    ? [error.stack ?? error.message, ...causes(error.cause)]
    : error === undefined
      ? []
      : [String(error)];

/** What is wrong with a command line, by itself: below a screenful of help nobody would see it. */
export const errorsAlone = CliOutput.layerPresenter({
  present: (event) =>
    event._tag === "InvalidInvocation"
      ? Effect.flatMap(CliOutput.Formatter, (formatter) =>
          Console.error(
            [
              ...event.errors.map(formatter.formatCliError),
              `\`${event.commandPath.join(" ")} --help\` says what there is.`,
            ].join("\n"),
          ),
        )
      : CliOutput.defaultPresenter.present(event),
});

/** @returns the text for stderr; nothing where the library has said it. */
export const describeCause = (cause: Cause.Cause<unknown>, detailed: boolean): string | undefined => {
  if (Cause.hasInterruptsOnly(cause)) return "Stopped.";
  const error = Cause.squash(cause);
  if (isFoundSomething(error)) return undefined;
  // What is wrong has been printed.
  if (CliError.isCliError(error) && error._tag === "ShowHelp") return undefined;
  const message = located(error, process.cwd());
  return detailed ? [message, "", ...causes(error)].join("\n") : message;
};

/** 2 where the command line is wrong, as for other commands; 130 as after Ctrl-C; 1 for what went wrong. */
export const exitCodeOf = (cause: Cause.Cause<unknown>): number => {
  if (Cause.hasInterruptsOnly(cause)) return 130;
  const error = Cause.squash(cause);
  if (!CliError.isCliError(error)) return 1;
  return error._tag === "ShowHelp" && error.errors.length === 0 ? 0 : 2;
};
