/**
 * Words about guarding tables that Better Auth had before.
 *
 * Invariant: an order in which Better Auth works at every step, and the way back.
 */
import { roles } from "../postgres/names.js";

export const later = 'guard: "later"';

/** The roles are made without passwords. */
export const passwordStep = `Give both logins a password: alter role ${roles.auth} password '…'; alter role ${roles.api} password '…'.`;

/** What leads from tables that are guarded later to guarded ones. */
export const movingSteps: ReadonlyArray<string> = [
  passwordStep,
  `Let Better Auth connect as ${roles.auth}, the API as ${roles.api}, and deploy that.`,
  `Leave ${later} out and push again. The way back is to say it again, and to push.`,
];

/** What a first push over tables with rows would do, and what goes before it. */
export const guardingProblems = (tables: string): ReadonlyArray<string> => [
  `Better Auth's tables have rows and are not guarded yet: ${tables}. From this push on they answer ${roles.auth} alone, and their owner no more. Where Better Auth connects as somebody else, every sign-in and sign-up fails.`,
  [
    "So that it never does:",
    ...[
      `Say ${later} in providers.auth of hedgerow.config (in sessionIdentity(), without one), and push: Better Auth goes on as it is.`,
      ...movingSteps,
    ].map((step, index) => `${index + 1}. ${step}`),
  ].join("\n"),
  `Where Better Auth connects as ${roles.auth} already, or may fail until it does: push with acceptAuthGuard: true (--accept-auth-guard).`,
];

/** The finding of `check` and `doctor`. */
export const unguardedFinding = {
  code: "auth_guarded_later",
  message:
    "Better Auth's tables are not guarded yet: their owner, and who else has rights on them, is bound by no policy.",
  fix: movingSteps.join(" "),
} as const;
