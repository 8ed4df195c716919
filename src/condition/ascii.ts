/**
 * White space as HTTP, SQL and lists of roles know it.
 *
 * Invariant: ASCII alone. `trim()` also takes away U+00A0, U+2003, U+FEFF and others, by which two names become one: a role that
 * nobody declared another one, a cookie that any subdomain may set one with the prefix `__Host-`.
 */

const isSpace = (code: number): boolean => code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;

/** @returns the text without spaces, tabs and line ends around it. */
export const trimAscii = (text: string): string => {
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(text.charCodeAt(start))) start += 1;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
};
