/** What changed between two texts, line by line. */

export type Kind = "same" | "removed" | "added";
export interface Line { kind: Kind; text: string; left: number | null; right: number | null }
export interface Row { left: Line | null; right: Line | null }

/** Above this many comparisons the changed middle is told as replaced as a whole. */
const MOST = 4_000_000;

/** The lines of both texts in order; `left` and `right` are their numbers from 1. */
export function compareLines(before: string, after: string): Line[] {
  const [left, right] = [before.split("\n"), after.split("\n")];
  let start = 0;
  while (start < left.length && start < right.length && left[start] === right[start]) start++;
  let end = 0;
  while (end < left.length - start && end < right.length - start && left.at(-1 - end) === right.at(-1 - end)) end++;
  const middle = compareMiddle(left.slice(start, left.length - end), right.slice(start, right.length - end));
  const kinds: [Kind, string][] = [
    ...left.slice(0, start).map((text): [Kind, string] => ["same", text]),
    ...middle,
    ...left.slice(left.length - end).map((text): [Kind, string] => ["same", text]),
  ];
  return numberLines(kinds);
}

function compareMiddle(left: string[], right: string[]): [Kind, string][] {
  const removed = left.map((text): [Kind, string] => ["removed", text]);
  const added = right.map((text): [Kind, string] => ["added", text]);
  if (left.length * right.length > MOST) return [...removed, ...added];
  const length = makeTable(left, right);
  const wide = right.length + 1;
  const lines: [Kind, string][] = [];
  let [i, j] = [0, 0];
  while (i < left.length && j < right.length) {
    if (left[i] === right[j]) { lines.push(["same", left[i] as string]); i++; j++; }
    else if ((length[(i + 1) * wide + j] ?? 0) >= (length[i * wide + j + 1] ?? 0)) lines.push(removed[i++] as [Kind, string]);
    else lines.push(added[j++] as [Kind, string]);
  }
  return [...lines, ...removed.slice(i), ...added.slice(j)];
}

/** Lengths of the longest common subsequences of all ends of both lists, row by row. */
function makeTable(left: string[], right: string[]): Uint32Array {
  const wide = right.length + 1;
  const table = new Uint32Array((left.length + 1) * wide);
  for (let i = left.length - 1; i >= 0; i--) {
    for (let j = right.length - 1; j >= 0; j--) {
      const below = table[(i + 1) * wide + j] ?? 0;
      const beside = table[i * wide + j + 1] ?? 0;
      table[i * wide + j] = left[i] === right[j] ? (table[(i + 1) * wide + j + 1] ?? 0) + 1 : Math.max(below, beside);
    }
  }
  return table;
}

function numberLines(kinds: [Kind, string][]): Line[] {
  let [left, right] = [0, 0];
  return kinds.map(([kind, text]) => ({
    kind, text, left: kind === "added" ? null : ++left, right: kind === "removed" ? null : ++right,
  }));
}

/** The lines side by side: what was removed beside what was added in its place. */
export function pairLines(lines: Line[]): Row[] {
  const rows: Row[] = [];
  let [removed, added]: [Line[], Line[]] = [[], []];
  const flush = (): void => {
    for (let at = 0; at < Math.max(removed.length, added.length); at++) {
      rows.push({ left: removed[at] ?? null, right: added[at] ?? null });
    }
    [removed, added] = [[], []];
  };
  for (const one of lines) {
    if (one.kind === "removed") removed.push(one);
    else if (one.kind === "added") added.push(one);
    else { flush(); rows.push({ left: one, right: one }); }
  }
  flush();
  return rows;
}

/** Whether any line differs. */
export function hasChanges(lines: Line[]): boolean {
  return lines.some((one) => one.kind !== "same");
}
