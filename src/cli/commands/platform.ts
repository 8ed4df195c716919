/**
 * What the command line asks of its machine.
 *
 * Invariant: commands read files, ask questions and start processes by themselves, so that nothing is needed here but to know
 * whether somebody looks. What would need more, a wizard, is not offered. Effect's own layers for Node do more, and need a newer
 * Node than this package.
 */
import { CliConfig, CliOutput, GlobalFlag } from "effect/cli";
import * as Effect from "effect/Effect";
import * as FileSystem from "effect/FileSystem";
import * as Layer from "effect/Layer";
import * as Path from "effect/Path";
import { ChildProcessSpawner } from "effect/process";
import * as Queue from "effect/Queue";
import * as Sink from "effect/Sink";
import * as Stdio from "effect/Stdio";
import * as Stream from "effect/Stream";
import * as Terminal from "effect/Terminal";

const isTerminal = ({ isTTY }: { readonly isTTY?: boolean }): Effect.Effect<boolean> =>
  Effect.sync(() => isTTY === true);

const stdio = Stdio.make({
  args: Effect.sync(() => process.argv.slice(2)),
  stdin: Stream.empty,
  stdout: () => Sink.drain,
  stderr: () => Sink.drain,
  stdinIsTerminal: isTerminal(process.stdin),
  stdoutIsTerminal: isTerminal(process.stdout),
  stderrIsTerminal: isTerminal(process.stderr),
});

const terminal = Terminal.make({
  columns: Effect.sync(() => process.stdout.columns ?? 0),
  rows: Effect.sync(() => process.stdout.rows ?? 0),
  size: Effect.andThen(Queue.sliding<{ readonly columns: number; readonly rows: number }>(1), (queue) =>
    Effect.as(Queue.offer(queue, { columns: process.stdout.columns ?? 0, rows: process.stdout.rows ?? 0 }), queue),
  ),
  readInput: Effect.die(new Error("No command reads keys.")),
  readLine: Effect.fail(new Terminal.QuitError()),
  display: (words) => Effect.sync(() => void process.stdout.write(words)),
});

/** @param colors whether help and errors are coloured. */
export const platform = (colors: boolean) =>
  Layer.mergeAll(
    FileSystem.layerNoop({}),
    Path.layer,
    Layer.succeed(Stdio.Stdio, stdio),
    Layer.succeed(Terminal.Terminal, terminal),
    Layer.succeed(
      ChildProcessSpawner.ChildProcessSpawner,
      ChildProcessSpawner.make(() => Effect.die(new Error("No command starts processes by Effect."))),
    ),
    CliConfig.layer({ builtIns: GlobalFlag.BuiltIns.filter((flag) => flag !== GlobalFlag.Wizard) }),
    CliOutput.layer(CliOutput.defaultFormatter({ colors })),
  );
