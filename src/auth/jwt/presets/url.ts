/** Addresses as people write them, and as issuers do. */

export const withoutTrailingSlash = (url: string): string => url.replace(/\/+$/, "");

/** `acme.example.com` of `https://acme.example.com/`. */
export const hostOf = (domain: string): string => withoutTrailingSlash(domain).replace(/^https:\/\//, "");

/** @throws Error with the name of the option when the text is no URL. */
export const originOf = (option: string, url: string): string => {
  if (!URL.canParse(url)) throw new Error(`${option} must be a URL, such as https://auth.example.com; not "${url}".`);
  return new URL(url).origin;
};
