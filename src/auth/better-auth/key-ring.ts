/**
 * Which of the stored keys signs, and which are published.
 *
 * Invariant: a key signs only after it has been published for `publishFor`, unless there is none that has been; it stays
 * published for `keepFor` after its successor took over. Both follow from the rows alone, so that every instance, restarted or
 * not, says the same. Of keys that several instances made at once the oldest counts, long before it signs; only of the very
 * first ones may more than one have signed, so those are all published until their tokens are over.
 */

/** What decides about a stored key. */
export interface StoredKey {
  readonly id: string;
  readonly createdAt: Date;
  readonly alg?: string | null | undefined;
}

/** Milliseconds. */
export interface RotationPolicy {
  /** How long a key signs. */
  readonly every: number;
  /** How long a key is published before it signs. */
  readonly publishFor: number;
  /** How long a key is published after it has signed for the last time. */
  readonly keepFor: number;
}

export interface KeyRing<Key> {
  readonly signing: Key | null;
  readonly published: ReadonlyArray<Key>;
  /** The newest key that counts. */
  readonly newest: Key | null;
  /** Whether it is time to publish the next key. */
  readonly isDue: boolean;
}

/** The algorithm of every key that is made here; Neon's proxy knows no other of elliptic curves. */
export const algorithm = "ES256";

/**
 * @param keys all rows of `jwks`, in any order, of any algorithm.
 * @param now milliseconds.
 */
export const keyRing = <Key extends StoredKey>(
  keys: ReadonlyArray<Key>,
  { every, publishFor, keepFor }: RotationPolicy,
  now: number,
): KeyRing<Key> => {
  const madeAt = (key: StoredKey): number => key.createdAt.getTime();
  const isOver = (successor: StoredKey): boolean => now >= madeAt(successor) + publishFor + keepFor;

  const own = keys
    .filter(({ alg }) => alg === algorithm)
    .sort((a, b) => madeAt(a) - madeAt(b) || (a.id < b.id ? -1 : 1));
  const [first] = own;
  // Keys of another algorithm are of an earlier configuration: the first key of ours is their successor.
  const others = keys.filter((key) => key.alg !== algorithm && (first === undefined || !isOver(first)));
  if (first === undefined) return { signing: null, published: others, newest: null, isDue: true };

  const counted: Array<Key> = [first];
  let newest = first;
  const twins: Array<Key> = [];
  for (const key of own.slice(1)) {
    if (madeAt(key) - madeAt(newest) >= publishFor) {
      counted.push(key);
      newest = key;
    } else if (newest === first && !isOver(first)) {
      twins.push(key);
    }
  }
  const signing = counted.findLast((key) => now - madeAt(key) >= publishFor) ?? first;
  const kept = counted.filter((_, index) => {
    const successor = counted[index + 1];
    return successor === undefined || !isOver(successor);
  });
  return {
    signing,
    published: [...others, ...kept, ...twins],
    newest,
    isDue: now - madeAt(newest) >= every - publishFor,
  };
};
