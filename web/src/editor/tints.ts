/** One colour a claim, the same everywhere and at every time: it follows from the name alone. */

const TINTS = 8;

/** The CSS class that gives `--tint`. */
export function tintClass(name: string): string {
  let hash = 0x811c9dc5;
  for (const character of name) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return `tint-${hash % TINTS}`;
}
