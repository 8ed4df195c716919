/**
 * Which host of Neon a url means where a connection is kept: the endpoint itself or its pooler.
 *
 * Invariant: only the host changes, and only between the two that Neon has for an endpoint.
 */
import { type AddressOptions, addressOf, direct, endpoint, type NeonAddress, refuse } from "./neon-address.js";

export interface PoolerOptions extends AddressOptions {
  readonly pooled?: boolean;
  readonly local?: boolean;
}

const pooling = (address: URL, pooled: boolean): URL => {
  if (!endpoint.test(address.hostname)) {
    return refuse(
      `cannot tell the pooler of "${address.hostname}": with pooled, the url needs a host of Neon's, like ep-name-123456.eu-central-1.aws.neon.tech`,
    );
  }
  const changed = new URL(address.href);
  changed.hostname = pooled ? address.hostname.replace(endpoint, "$1-pooler") : direct(address.hostname);
  return changed;
};

/**
 * @returns where to connect.
 * @throws TypeError for a url that is none of PostgreSQL, that has no pooler, or that tokens must not be sent with.
 */
export const addressThrough = ({ pooled, local = false, ...options }: PoolerOptions): NeonAddress => {
  const address = addressOf(options);
  if (pooled === undefined || local) return address;
  const { href, host } = pooling(new URL(address.url), pooled);
  return { ...address, url: href, host };
};
