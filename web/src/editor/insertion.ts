/** What putting a shortcode at the cursor changes: a name, braces, a string or a whole claim, as the place needs. */
import { syntaxTree } from "@codemirror/language";
import type { EditorState, TransactionSpec } from "@codemirror/state";
import type { SyntaxNode } from "@lezer/common";
import { findOperand, nameClaim } from "./shortcode_places.ts";

const VALUES = new Set(["String", "Number", "True", "False", "Null", "Object", "Array"]);

/** The change; the cursor ends behind what was inserted. */
export function makeInsertion(state: EditorState, shortcode: string): TransactionSpec {
  const { from, to } = state.selection.main;
  const node = syntaxTree(state).resolveInner(from, 0);
  if (node.name === "String" && from > node.from && from < node.to) return insertInText(state, from, to, shortcode);
  const property = ancestor(node, "Property") ?? propertyBefore(state, from);
  if (property && from > property.from && !hasValue(property)) return insertValue(state, from, to, shortcode);
  return insertClaim(state, from, shortcode);
}

function put(from: number, to: number, insert: string, anchor = from + insert.length): TransactionSpec {
  return { changes: { from, to, insert }, selection: { anchor } };
}

function insertInText(state: EditorState, from: number, to: number, shortcode: string): TransactionSpec {
  const line = state.doc.lineAt(from);
  const operand = findOperand(line.text.slice(0, from - line.from));
  return operand ? put(line.from + operand.from, to, shortcode) : put(from, to, `{{${shortcode}}}`);
}

function insertValue(state: EditorState, from: number, to: number, shortcode: string): TransactionSpec {
  const space = state.sliceDoc(from - 1, from) === ":" ? " " : "";
  return put(from, to, `${space}"{{${shortcode}}}"`);
}

/** A new claim after the one that the cursor is in, or at the end. */
function insertClaim(state: EditorState, at: number, shortcode: string): TransactionSpec {
  const top = syntaxTree(state).topNode.getChild("Object");
  if (!top) {
    const insert = `{\n  "${nameClaim(shortcode, new Set())}": "{{${shortcode}}}"\n}`;
    return put(0, state.doc.length, insert, insert.length - 2);
  }
  const properties = top.getChildren("Property");
  const names = new Set(properties.map((one) => parseName(state, one)));
  const written = `"${nameClaim(shortcode, names)}": "{{${shortcode}}}"`;
  const previous = properties.findLast((one) => one.from <= at);
  if (previous) {
    const insert = `,\n  ${written}`;
    return put(previous.to, previous.to, insert);
  }
  const insert = `\n  ${written}${properties.length ? "," : "\n"}`;
  const rest = properties[0]?.from ?? top.to - 1;
  return properties.length
    ? put(top.from + 1, top.from + 1, insert)
    : put(top.from + 1, rest, insert, top.from + insert.length);
}

function parseName(state: EditorState, property: SyntaxNode): string {
  const name = property.getChild("PropertyName");
  const text = name ? state.sliceDoc(name.from, name.to) : "";
  try { return String(JSON.parse(text)); } catch { return text; }
}

function ancestor(node: SyntaxNode, name: string): SyntaxNode | null {
  let at: SyntaxNode | null = node;
  while (at && at.name !== name) at = at.parent;
  return at;
}

/** The property whose value is missing right before the cursor, when the tree ended it already. */
function propertyBefore(state: EditorState, at: number): SyntaxNode | null {
  const before = state.sliceDoc(Math.max(0, at - 200), at);
  const spaces = /\s*$/.exec(before)?.[0].length ?? 0;
  return ancestor(syntaxTree(state).resolveInner(at - spaces, -1), "Property");
}

function hasValue(property: SyntaxNode): boolean {
  for (let child = property.firstChild; child; child = child.nextSibling) if (VALUES.has(child.name)) return true;
  return false;
}
