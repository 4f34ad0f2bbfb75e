/** Where in a line of text a shortcode is being written, and what goes there. */

/** The operand being written inside `{{ … }}`. */
export interface Operand {
  /** Where the name begins, in the line. */
  from: number;
  /** What is written of it already. */
  written: string;
}

/** The operand before the cursor; `null` outside of braces or within a literal. */
export function findOperand(before: string): Operand | null {
  const open = before.lastIndexOf("{{");
  if (open < 0 || before.indexOf("}}", open) >= 0) return null;
  const inside = before.slice(open + 2);
  const last = splitOperands(inside).at(-1) ?? "";
  if (!/^\s*[A-Za-z_.0-9]*$/.test(last)) return null;
  const written = last.trimStart();
  return { from: before.length - written.length, written };
}

/** The operands of an expression; `||` within a literal splits nothing. */
function splitOperands(inside: string): string[] {
  const parts: string[] = [];
  let [start, isLiteral] = [0, false];
  for (let at = 0; at < inside.length; at++) {
    if (inside[at] === "'") isLiteral = !isLiteral;
    else if (!isLiteral && inside.startsWith("||", at)) { parts.push(inside.slice(start, at)); start = at + 2; at++; }
  }
  parts.push(inside.slice(start));
  return parts;
}

/** How many of the closing braces are missing after the cursor: 0, 1 or 2. */
export function countMissingBraces(after: string): number {
  const rest = /^[^"{]*?(\}{1,2})/.exec(after)?.[1] ?? "";
  return 2 - rest.length;
}

/** A name for a claim made of a shortcode, such as `firstName` of `user.first_name`. */
export function nameClaim(shortcode: string, taken: ReadonlySet<string>): string {
  const [root = "", ...path] = shortcode.split(".");
  const last = path.at(-1) ?? root;
  const words = (last === "id" || last === "name" ? [root, last] : [last]).join("_").split("_").filter(Boolean);
  const name = words.map((word, at) => (at ? word.charAt(0).toUpperCase() + word.slice(1) : word)).join("");
  let free = name;
  for (let number = 2; taken.has(free); number++) free = `${name}${number}`;
  return free;
}

/** What the rows are that were counted for a metadata key. */
export function nameRows(key: string): string {
  if (key.startsWith("org_membership.")) return "membership";
  return key.startsWith("org.") ? "organization" : "user";
}
