/** `hedgerow neon-local`: what Neon's driver talks to, in front of a database of one's own. */
import * as Console from "effect/Console";
import { Command, Flag } from "effect/cli";
import * as Data from "effect/Data";
import * as Effect from "effect/Effect";
import * as Option from "effect/Option";
import type { NeonLocal, NeonLocalOptions, Target } from "../../neon-local/index.js";
import { urlProblem } from "../connection.js";

/** Where the passwords of the roles come from that tokens may use; not the command line, which others can see. */
const passwordVariable = "NEON_LOCAL_JWT_PASSWORD";

/** A folder, a port or a password that cannot be used. */
export class CannotServe extends Data.TaggedError("CannotServe")<{
  readonly message: string;
  readonly cause?: unknown;
}> {}

interface Opened {
  readonly target: Target;
  readonly close: () => Promise<void>;
}

const openTarget = async (url: string | undefined, folder: string | undefined): Promise<Opened> => {
  if (folder !== undefined) {
    const { openPglite } = await import("../../database/open-pglite.js");
    const pglite = await openPglite(folder);
    return { target: { pglite }, close: () => pglite.close() };
  }
  if (url === undefined) throw new Error("Pass --url with a PostgreSQL, or --pglite with a folder.");
  const problem = urlProblem(url);
  if (problem !== undefined) throw new Error(`--url ${problem}`);
  return { target: { url }, close: async () => {} };
};

const attempt = <A>(run: () => Promise<A>): Effect.Effect<A, CannotServe> =>
  Effect.tryPromise({
    try: run,
    catch: (cause) => new CannotServe({ message: cause instanceof Error ? cause.message : String(cause), cause }),
  });

/** Loaded when it is asked for: it needs `pg`, and no other command has to. */
const start = async (options: NeonLocalOptions): Promise<NeonLocal> =>
  (await import("../../neon-local/index.js")).startNeonLocal(options);

const words = (local: NeonLocal): string =>
  [
    "A program that uses @neondatabase/serverless needs these lines:",
    "",
    `  neonConfig.fetchEndpoint = "${local.fetchEndpoint}";`,
    `  neonConfig.wsProxy = "${local.wsProxy}"; neonConfig.useSecureWebSocket = false;`,
    "",
    `With neon() of hedgerow/neon: { url: "postgres://role:password@${local.host}:${local.port}/database", local: true }`,
  ].join("\n");

export const neonLocal = Command.make(
  "neon-local",
  {
    url: Flag.String("url").pipe(
      Flag.withDescription("The PostgreSQL behind it: host and port; whoever connects brings role and password"),
      Flag.optional,
    ),
    pglite: Flag.String("pglite").pipe(
      Flag.withDescription("The folder of a PGlite instead. A role logs in with its password"),
      Flag.optional,
    ),
    port: Flag.Int("port").pipe(Flag.withDefault(4444), Flag.withDescription("Where to listen")),
    host: Flag.String("host").pipe(
      Flag.withDefault("127.0.0.1"),
      Flag.withDescription("The address to listen on; there is no TLS"),
    ),
    jwks: Flag.String("jwks").pipe(Flag.withDescription("Accept tokens too: where their keys are"), Flag.optional),
    audience: Flag.String("audience").pipe(Flag.withDescription("What their aud must name"), Flag.optional),
    role: Flag.String("role").pipe(
      Flag.withDefault("authenticated"),
      Flag.withDescription(`The role that they may be used with; its password comes from ${passwordVariable}`),
    ),
  },
  Effect.fn(function* ({ url, pglite, port, host, jwks, audience, role }) {
    const keys = Option.getOrUndefined(jwks);
    const aud = Option.getOrUndefined(audience);
    const password = process.env[passwordVariable];
    if (keys !== undefined && password === undefined) {
      return yield* new CannotServe({ message: `Set ${passwordVariable} to the password of the role ${role}.` });
    }
    const jwt =
      keys === undefined || password === undefined
        ? undefined
        : { jwks: keys, roles: { [role]: password }, ...(aud !== undefined && { audience: aud }) };
    yield* Effect.acquireUseRelease(
      attempt(() => openTarget(Option.getOrUndefined(url), Option.getOrUndefined(pglite))),
      ({ target }) =>
        Effect.acquireUseRelease(
          attempt(() => start({ target, port, host, ...(jwt !== undefined && { jwt }) })),
          (local) => Effect.andThen(Console.log(words(local)), Effect.never),
          (local) => Effect.promise(local.close),
        ),
      ({ close }) => Effect.promise(close),
    );
  }),
).pipe(
  Command.withDescription("Serve a PostgreSQL or a PGlite as Neon does, over HTTP and WebSockets, on this machine"),
);
