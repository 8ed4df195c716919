/** Which key signs, whatever instances did to the table and whenever verifiers looked. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { keyRing, type RotationPolicy, type StoredKey } from "../../../src/auth/better-auth/key-ring.js";

const minute = 60_000;

const policies: fc.Arbitrary<RotationPolicy> = fc
  .record({
    publishFor: fc.integer({ min: 10, max: 300 }),
    beyond: fc.integer({ min: 0, max: 2_000 }),
    keepFor: fc.integer({ min: 2, max: 400 }),
  })
  .map(({ publishFor, beyond, keepFor }) => ({
    publishFor: publishFor * minute,
    every: (2 * publishFor + beyond) * minute,
    keepFor: keepFor * minute,
  }));

const key = (id: number, at: number): StoredKey => ({ id: `k${id}`, createdAt: new Date(at), alg: "ES256" });

interface Asking {
  readonly after: number;
  readonly instances: number;
  readonly byHand: boolean;
}

/** Moments at which somebody asks for a token, with the number of instances that do so at once. */
const askings: fc.Arbitrary<ReadonlyArray<Asking>> = fc.array(
  fc.record({
    after: fc.integer({ min: 1, max: 900 }),
    instances: fc.integer({ min: 1, max: 4 }),
    byHand: fc.boolean(),
  }),
  { minLength: 1, maxLength: 30 },
);

/** What is signed with which key, and what is published when, for a history of askings. */
const lived = (policy: RotationPolicy, history: ReadonlyArray<Asking>) => {
  const rows: Array<StoredKey> = [];
  const signed: Array<{ readonly at: number; readonly key: StoredKey }> = [];
  let now = 1_000_000_000;
  for (const { after, instances, byHand } of history) {
    now += after * minute;
    // Each of them looks before any of them has written.
    const before = [...rows];
    for (let instance = 0; instance < instances; instance += 1) {
      const { isDue, newest } = keyRing(before, policy, now);
      const asked = byHand && newest !== null && now - newest.createdAt.getTime() >= policy.publishFor;
      if (isDue || asked) rows.push(key(rows.length, now + instance));
    }
    const { signing } = keyRing(rows, policy, now + instances);
    if (signing !== null) signed.push({ at: now + instances, key: signing });
  }
  return { rows, signed, end: now };
};

const publishedAt = (rows: ReadonlyArray<StoredKey>, policy: RotationPolicy, at: number): ReadonlyArray<string> =>
  keyRing(
    rows.filter(({ createdAt }) => createdAt.getTime() <= at),
    policy,
    at,
  ).published.map(({ id }) => id);

describe("of any history of rotations", () => {
  it("every key that signs was in every key set since publishFor, but for the first", () => {
    fc.assert(
      fc.property(policies, askings, fc.double({ min: 0, max: 1, noNaN: true }), (policy, history, age) => {
        const { rows, signed } = lived(policy, history);
        const first = signed[0]?.at ?? 0;
        for (const { at, key } of signed) {
          // What a verifier fetched some time ago, at most publishFor, and not before there was anything.
          const fetched = Math.max(first, at - Math.floor(age * (policy.publishFor - 10)));
          expect(publishedAt(rows, policy, fetched)).toContain(key.id);
        }
      }),
    );
  });

  it("a key stays published until its last token is over", () => {
    fc.assert(
      fc.property(policies, askings, fc.double({ min: 0, max: 1, noNaN: true }), (policy, history, share) => {
        const { rows, signed } = lived(policy, history);
        for (const { at, key } of signed) {
          expect(publishedAt(rows, policy, at + Math.floor(share * (policy.keepFor - 10)))).toContain(key.id);
        }
      }),
    );
  });

  it("one key signs at a time, and it does not depend on the order of the rows", () => {
    fc.assert(
      fc.property(policies, askings, fc.infiniteStream(fc.nat()), (policy, history, random) => {
        const { rows, end } = lived(policy, history);
        const shuffled = rows
          .map((row) => ({ row, place: random.next().value ?? 0 }))
          .sort((a, b) => a.place - b.place)
          .map(({ row }) => row);
        expect(keyRing(shuffled, policy, end).signing).toBe(keyRing(rows, policy, end).signing);
      }),
    );
  });

  it("few keys are published once a rotation is over, however many instances took part", () => {
    fc.assert(
      fc.property(policies, askings, (policy, history) => {
        const { rows, end } = lived(policy, history);
        const later = end + policy.publishFor + policy.keepFor + minute;
        expect(publishedAt(rows, policy, later).length).toBeLessThanOrEqual(2);
      }),
    );
  });
});

describe("a key", () => {
  const policy = { every: 1_000 * minute, publishFor: 60 * minute, keepFor: 70 * minute };
  const old = key(1, 0);
  const next = key(2, 940 * minute);
  const idsAt = (minutes: number) => {
    const { signing, published, isDue } = keyRing([next, old], policy, minutes * minute);
    return { signing: signing?.id, published: published.map(({ id }) => id), isDue };
  };

  it("is published, signs, is kept and goes", () => {
    expect(keyRing([], policy, 0)).toEqual({ signing: null, published: [], newest: null, isDue: true });
    expect(keyRing([old], policy, 939 * minute)).toMatchObject({ signing: old, isDue: false });
    expect(keyRing([old], policy, 940 * minute)).toMatchObject({ signing: old, isDue: true });
    expect(idsAt(940)).toEqual({ signing: "k1", published: ["k1", "k2"], isDue: false });
    expect(idsAt(999)).toEqual({ signing: "k1", published: ["k1", "k2"], isDue: false });
    expect(idsAt(1_000)).toEqual({ signing: "k2", published: ["k1", "k2"], isDue: false });
    expect(idsAt(1_069)).toEqual({ signing: "k2", published: ["k1", "k2"], isDue: false });
    expect(idsAt(1_070)).toEqual({ signing: "k2", published: ["k2"], isDue: false });
  });

  it("of another algorithm never signs, and goes when the first of ours has taken over", () => {
    const other = { id: "ed", createdAt: new Date(5 * minute), alg: "EdDSA" };
    expect(keyRing([other], policy, 6 * minute)).toMatchObject({ signing: null, published: [other], isDue: true });
    expect(keyRing([other, old], policy, 60 * minute)).toMatchObject({ signing: old, published: [other, old] });
    expect(keyRing([other, old], policy, 130 * minute)).toMatchObject({ signing: old, published: [old] });
  });

  it("that was made at the same moment as the next one never signs and is not published", () => {
    const twin = key(3, 941 * minute);
    for (const minutes of [941, 1_001, 1_500]) {
      const { signing, published } = keyRing([twin, next, old], policy, minutes * minute);
      expect(signing).not.toBe(twin);
      expect(published).not.toContain(twin);
    }
  });
});
