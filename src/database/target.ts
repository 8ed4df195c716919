/**
 * Which kind of database a request is told who is calling in.
 *
 * Invariant: fixed, and the same for the router's prelude and for the SQL of the helpers, so what one writes is what the
 * other reads. A place that users can write is never where a caller's rights are read from.
 */
import { supabaseSettings } from "./supabase-token.js";

/** The roles that a request's transaction takes. */
export interface CallerRoles {
  readonly authenticated: string;
  readonly anonymous: string;
}

/** Where in a verified token of Supabase each value of the caller stands: names with dots between them. */
export interface SupabasePaths {
  /** The session (`"session_id"`). */
  readonly session: string;
  /** The active organization (`"app_metadata.organization_id"`). */
  readonly organization: string;
  /** Roles in the organization, a list or a text with commas (`"app_metadata.roles"`). */
  readonly roles: string;
  /** The active team (`"app_metadata.team_id"`). */
  readonly team: string;
  /** Platform roles, a list or a text with commas (`"app_metadata.user_roles"`). */
  readonly userRoles: string;
  /** The object that holds the custom claims by name (`"app_metadata"`). */
  readonly claims: string;
}

/** PostgreSQL, PGlite, Neon. */
export interface PostgresTarget {
  readonly name: "postgres";
  readonly roles: CallerRoles;
}

export interface SupabaseTarget {
  readonly name: "supabase";
  readonly roles: CallerRoles;
  readonly paths: SupabasePaths;
  /** What Supabase's own functions are told, by the router's prelude. */
  readonly settings: typeof supabaseSettings;
}

export type Target = PostgresTarget | SupabaseTarget;

export const postgresTarget: PostgresTarget = Object.freeze({
  name: "postgres",
  roles: { authenticated: "authenticated", anonymous: "anonymous" },
});

export const supabasePaths: SupabasePaths = /*#__PURE__*/ Object.freeze({
  session: "session_id",
  organization: "app_metadata.organization_id",
  roles: "app_metadata.roles",
  team: "app_metadata.team_id",
  userRoles: "app_metadata.user_roles",
  claims: "app_metadata",
});

/** What Supabase itself says with these; a caller's value cannot stand there. */
const taken = ["sub", "role", "aud", "exp", "iat", "iss"];

/** @returns what is wrong with these paths, one sentence each; the empty list where nothing is. */
export const problemsOfPaths = (paths: Readonly<Record<string, unknown>>): ReadonlyArray<string> => {
  const problems = Object.entries(paths).flatMap(([name, path]): ReadonlyArray<string> => {
    if (path === undefined) return [];
    if (!Object.hasOwn(supabasePaths, name)) {
      return [`paths.${name} is not known; there are ${Object.keys(supabasePaths).join(", ")}`];
    }
    if (typeof path !== "string" || !/^[A-Za-z_][A-Za-z0-9_-]*(\.[A-Za-z_][A-Za-z0-9_-]*)*$/.test(path)) {
      return [`paths.${name} must be names with dots between them, as in "app_metadata.organization_id"`];
    }
    const [first = ""] = path.split(".");
    if (/^(raw_)?user_meta_?data$/i.test(first)) {
      return [
        `paths.${name} must not begin with "${first}": users write it themselves, so anyone could give themselves any value. Take "app_metadata"`,
      ];
    }
    return taken.includes(first) ? [`paths.${name} must not be "${first}", which Supabase itself gives a meaning`] : [];
  });
  const all = Object.entries({ ...supabasePaths, ...paths });
  const inside = all.flatMap(([name, path]) =>
    all
      // Only the object of the claims may have others inside of it.
      .filter(([other, at]) => other !== name && `${at}.`.startsWith(`${path}.`) && (name !== "claims" || at === path))
      .map(([other]) => `paths.${other} must not be at or inside of paths.${name}`),
  );
  return [...problems, ...inside];
};

/**
 * A database of Supabase: the caller is read from `auth.uid()` and `auth.jwt()`, so the same rules hold for requests of
 * Hedgerow's router and for those of supabase-js.
 *
 * @param options where in the token each value stands, where that is not the default.
 * @returns the target for `createRouter` and for `compile`, `push` and the others.
 * @throws RangeError for a path that users can write, or that is no path.
 *
 * @example
 * ```ts
 * const target = supabase({ paths: { organization: "app_metadata.org" } });
 * ```
 */
export const supabase = (options: { readonly paths?: Partial<SupabasePaths> } = {}): SupabaseTarget => {
  const problems = problemsOfPaths({ ...options.paths });
  if (problems.length > 0) throw new RangeError(`supabase: ${problems.join("; ")}.`);
  return {
    name: "supabase",
    roles: { authenticated: "authenticated", anonymous: "anon" },
    paths: { ...supabasePaths, ...options.paths },
    settings: supabaseSettings,
  };
};
