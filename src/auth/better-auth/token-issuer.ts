/**
 * Better Auth as the issuer of tokens for databases and APIs that cannot read its tables.
 *
 * Invariant: Better Auth's own `jwt` plugin signs, publishes and stores the keys. A token is given only to a session whose
 * signed secret the request presents and that is live in the database at that moment (live-claims.ts); it carries what was
 * asked for and nothing else; and it is signed with a key that verifiers have had time to learn (key-ring.ts).
 */
import type { GenericEndpointContext } from "better-auth";
import { APIError, createAuthEndpoint, sensitiveSessionMiddleware } from "better-auth/api";
import { createJwk, type Jwk, type JwtOptions, jwt, signJWT } from "better-auth/plugins/jwt";
import { type Claims, findClaims } from "./claims.js";
import { type Duration, millisecondsOf } from "./duration.js";
import { algorithm, type KeyRing, keyRing, type RotationPolicy } from "./key-ring.js";
import { type Asked, liveClaims } from "./live-claims.js";
import { authModels } from "./models.js";
import { presentedToken } from "./presented-token.js";

export interface TokenIssuerOptions {
  /** What `iss` is: the URL under which verifiers know this Better Auth, usually the origin of its `baseURL`. */
  readonly issuer: string;
  /** What `aud` is: for whom the tokens are. Whoever is not named refuses them. */
  readonly audience: string | ReadonlyArray<string>;
  /** How long a token is good (`5m`), `1m` to `1h`: so long can what it says be stale. */
  readonly expiresIn?: Duration;
  /** Whether a token says in which organization the caller is, and with which roles: `o: { id, roles }`. */
  readonly organization?: boolean;
  /** Whether `o` has the caller's team, too. */
  readonly team?: boolean;
  /** Fields of Better Auth's tables that a token carries under `claims`, as for `sessionIdentity`. */
  readonly claims?: Claims;
  readonly rotation?: {
    /** How long a key signs (`30d`). */
    readonly every?: Duration;
    /**
     * How long a key is published before it signs (`2h`), at least `10m`: as long as the slowest verifier keeps a key set.
     * `hedgerow/jwt` keeps one for ten minutes, Neon's proxy for up to an hour.
     */
    readonly publishFor?: Duration;
    /**
     * How long a key is published after it has signed for the last time; without it `expiresIn` and `publishFor` together.
     * Longer where another plugin signs tokens that live longer with the same keys.
     */
    readonly keepFor?: Duration;
  };
}

/** Where `rotateKeys` and `revokeKeys` find their endpoints on `auth.api`. */
export const rotateName = "hedgerowRotateKeys";
export const revokeName = "hedgerowRevokeKeys";

/** A new key, and when the first token is signed with it. */
export interface ComingKey {
  /** The `kid` of its tokens. */
  readonly kid: string;
  readonly signsFrom: Date;
}

/** Below Better Auth's `basePath`; with `/auth/v1` it is where databases that verify tokens usually look. */
const jwksPath = "/.well-known/jwks.json";

/** More than there will ever be; without a limit Better Auth reads a hundred. */
const allKeys = 1_000;

/**
 * Better Auth's `jwt` plugin, configured so that its tokens can be the identity in another database.
 *
 * ```ts
 * betterAuth({
 *   basePath: "/auth/v1",
 *   plugins: [organization(), hedgerow(), tokenIssuer({ issuer: "https://id.example.com", audience: "https://api.example.com", organization: true })],
 * });
 * ```
 *
 * A signed-in client gets a token at `GET {basePath}/token`; its payload is exactly
 *
 * ```json
 * { "iss": "…", "aud": "…", "iat": 0, "exp": 300, "sub": "<user id>", "sid": "<session id>",
 *   "o": { "id": "<organization id>", "roles": ["member"], "team": "<team id>" }, "claims": {} }
 * ```
 *
 * with `o`, `o.team` and `claims` only where they were asked for and there is something to say. There is none (401) for a
 * session that is over, deleted or unsigned, whatever a cookie cache says, for a banned user and for an API key; none (403)
 * for an impersonation. Keys are ES256, published at `{basePath}/.well-known/jwks.json`, and rotated by themselves when a
 * token is asked for; their private halves are stored encrypted with Better Auth's secret.
 *
 * @param options for whom tokens are and what they say.
 * @returns the plugin `jwt`, in place of Better Auth's. Add its table `jwks` by deriving the tables again.
 * @throws Error that lists everything in the options that cannot be meant. What depends on the other plugins (claims, the
 *   organization) is an error when Better Auth starts.
 */
export const tokenIssuer = (options: TokenIssuerOptions): ReturnType<typeof jwt> => {
  const { lifetime, policy } = understood(options);
  const { issuer, audience, organization = false, team = false, claims = {} } = options;

  const rowsOf = (ctx: GenericEndpointContext): Promise<Array<Jwk>> =>
    ctx.context.adapter.findMany<Jwk>({
      model: "jwks",
      sortBy: { field: "createdAt", direction: "desc" },
      limit: allKeys,
    });
  const ringOf = async (ctx: GenericEndpointContext): Promise<KeyRing<Jwk>> =>
    keyRing(await rowsOf(ctx), policy, Date.now());

  const jwtOptions = {
    disableSettingJwtHeader: true,
    jwks: { jwksPath, keyPairConfig: { alg: algorithm }, gracePeriod: policy.keepFor / 1_000 },
    jwt: {
      issuer,
      audience: typeof audience === "string" ? audience : [...audience],
      expirationTime: `${lifetime / 1_000}s`,
      // Better Auth would sign the user's row.
      definePayload: () => {
        throw new Error("tokenIssuer() gives tokens at /token, and nowhere else.");
      },
    },
    adapter: {
      // Better Auth signs with the newest key that has not expired and publishes expired ones for the grace period.
      getJwks: async (ctx) => {
        const { signing, published } = await ringOf(ctx);
        const expiresAt = new Date(Date.now() - 1);
        return published.map(({ expiresAt: _, ...key }) => (key.id === signing?.id ? key : { ...key, expiresAt }));
      },
    },
  } satisfies JwtOptions;

  const add = async (ctx: GenericEndpointContext): Promise<ComingKey> => {
    const { id, createdAt } = await createJwk(ctx, jwtOptions);
    return { kid: id, signsFrom: new Date(createdAt.getTime() + policy.publishFor) };
  };

  const askedOf = (ctx: GenericEndpointContext["context"]): Asked => {
    const models = authModels(ctx.options);
    const problems = [
      ...((ctx.options.plugins ?? []).filter(({ id }) => id === "jwt").length > 1
        ? ["it takes the place of jwt(); remove that plugin, or it would sign what this one refuses"]
        : []),
      ...(organization && !models.has("member") ? ["organization: true needs the plugin organization()"] : []),
      ...(team && !models.has("teamMember") ? ["team: true needs organization({ teams: { enabled: true } })"] : []),
    ];
    if (problems.length > 0) throw new Error(`tokenIssuer(): ${problems.join("; ")}.`);
    return { organization, team, claims: findClaims(models, claims) };
  };
  /** Of each instance of Better Auth, because several may have been given this plugin. */
  const asked = new WeakMap<object, Asked>();

  const plugin = jwt<JwtOptions>(jwtOptions);
  const own = {
    [rotateName]: createAuthEndpoint.serverOnly({ method: "POST" }, async (ctx): Promise<ComingKey> => {
      const { newest } = await ringOf(ctx);
      const made = newest?.createdAt.getTime() ?? Number.NEGATIVE_INFINITY;
      if (newest === null || Date.now() - made >= policy.publishFor) return add(ctx);
      return { kid: newest.id, signsFrom: new Date(made + policy.publishFor) };
    }),
    [revokeName]: createAuthEndpoint.serverOnly({ method: "POST" }, async (ctx): Promise<ComingKey> => {
      const revoked = (await rowsOf(ctx)).map(({ id }) => id);
      const { kid } = await add(ctx);
      if (revoked.length > 0) {
        await ctx.context.adapter.deleteMany({
          model: "jwks",
          where: [{ field: "id", operator: "in", value: revoked }],
        });
      }
      return { kid, signsFrom: new Date() };
    }),
  };
  return {
    ...plugin,
    init: (ctx) => {
      asked.set(ctx.adapter, askedOf(ctx));
      return undefined;
    },
    endpoints: {
      ...plugin.endpoints,
      ...own,
      getToken: createAuthEndpoint(
        "/token",
        {
          method: "GET",
          requireHeaders: true,
          use: [sensitiveSessionMiddleware],
          metadata: plugin.endpoints.getToken.options.metadata,
        },
        async (ctx) => {
          const presented = await presentedToken(ctx.headers ?? new Headers(), ctx.context);
          const said =
            presented === null
              ? "signed-out"
              : await liveClaims(
                  ctx.context.adapter,
                  presented.token,
                  asked.get(ctx.context.adapter) ?? askedOf(ctx.context),
                );
          if (said === "signed-out") {
            throw new APIError("UNAUTHORIZED", { code: "UNAUTHORIZED", message: "Unauthorized" });
          }
          if (said === "impersonated") {
            throw new APIError("FORBIDDEN", {
              code: "IMPERSONATED_SESSION",
              message: "A token cannot say that somebody else acts as its user.",
            });
          }
          const { isDue } = await ringOf(ctx);
          if (isDue) await add(ctx);
          ctx.setHeader("cache-control", "no-store");
          const iat = Math.floor(Date.now() / 1_000);
          return ctx.json({ token: await signJWT(ctx, { options: jwtOptions, payload: { ...said, iat } }) });
        },
      ),
    },
  };
};

interface Understood {
  /** Milliseconds. */
  readonly lifetime: number;
  readonly policy: RotationPolicy;
}

const minute = 60_000;
const hour = 60 * minute;

const understood = ({ issuer, audience, expiresIn = "5m", rotation = {}, ...rest }: TokenIssuerOptions): Understood => {
  const problems: Array<string> = [];
  const span = (option: string, text: string, least: number, most: number, range: string): number => {
    const found = millisecondsOf(text);
    if (found !== null && found >= least && found <= most) return found;
    problems.push(`${option} must be a duration (30s, 5m, 2h, 30d) ${range}; not "${text}".`);
    return least;
  };
  if (!isUrl(issuer)) problems.push(`issuer must be a URL, such as https://id.example.com; not "${issuer}".`);
  const names = typeof audience === "string" ? [audience] : (audience ?? []);
  if (names.length === 0 || names.some((name) => typeof name !== "string" || name.trim() === "")) {
    problems.push("audience must name for whom the tokens are, such as https://api.example.com.");
  }
  if (rest.team === true && rest.organization !== true) problems.push("team: true needs organization: true.");
  const lifetime = span("expiresIn", expiresIn, minute, hour, "from 1m to 1h");
  const publishFor = span(
    "rotation.publishFor",
    rotation.publishFor ?? "2h",
    10 * minute,
    Number.POSITIVE_INFINITY,
    "of at least 10m",
  );
  const every = span(
    "rotation.every",
    rotation.every ?? "30d",
    2 * publishFor,
    Number.POSITIVE_INFINITY,
    "of at least twice rotation.publishFor",
  );
  const keepFor =
    rotation.keepFor === undefined
      ? lifetime + publishFor
      : span(
          "rotation.keepFor",
          rotation.keepFor,
          lifetime + minute,
          Number.POSITIVE_INFINITY,
          "at least a minute longer than expiresIn",
        );
  if (problems.length > 0) {
    throw new Error(`tokenIssuer() cannot issue tokens like this:\n- ${problems.join("\n- ")}`);
  }
  return { lifetime, policy: { every, publishFor, keepFor } };
};

const isUrl = (text: unknown): boolean => typeof text === "string" && URL.canParse(text);
