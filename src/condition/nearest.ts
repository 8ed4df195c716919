/** The valid name that a wrong one was probably meant to be. Invariant: never suggests what is not in the list. */

const distance = (a: string, b: string): number => {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(substitution, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
};

/** @returns the nearest of `names`, or undefined where none is near (more than half of the letters differ). */
export const nearest = (wrong: string, names: ReadonlyArray<string>): string | undefined => {
  const fold = (name: string): string => name.toLowerCase().replaceAll(/[_-]/g, "");
  const ranked = names
    .map((name) => ({ name, by: distance(fold(wrong.slice(0, 100)), fold(name)) }))
    .sort((a, b) => a.by - b.by);
  const best = ranked[0];
  return best && best.by <= Math.max(1, Math.ceil(Math.min(wrong.length, best.name.length) / 2))
    ? best.name
    : undefined;
};

/** `Did you mean "title"? Valid are: id, title.` */
export const suggestion = (wrong: string, names: ReadonlyArray<string>): string => {
  const best = nearest(wrong, names);
  const valid = names.length === 0 ? "There are none." : `Valid are: ${names.join(", ")}.`;
  return best === undefined ? valid : `Did you mean "${best}"? ${valid}`;
};
