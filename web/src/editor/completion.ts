/** Completion within `{{ }}`: the table of shortcodes, and the metadata keys that users really have. */
import type { Completion, CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import { syntaxTree } from "@codemirror/language";
import type { EditorView } from "@codemirror/view";
import { make } from "../dom.ts";
import { count, share, size } from "../words.ts";
import type { Facts, MetadataKey, Shortcode } from "./api.ts";
import { countMissingBraces, findOperand, nameRows } from "./shortcode_places.ts";

/** The names that fit at the cursor. Nothing in keys: they are never expanded, and reserved names are not offered. */
export function completeShortcodes(context: CompletionContext, facts: Facts): CompletionResult | null {
  const line = context.state.doc.lineAt(context.pos);
  const operand = findOperand(line.text.slice(0, context.pos - line.from));
  if (!operand || isInKey(context)) return null;
  return {
    from: line.from + operand.from,
    options: [...facts.metadata_keys.map(offerKey), ...facts.shortcodes.map(offerShortcode)],
    validFor: /^[A-Za-z_.0-9]*$/,
  };
}

function isInKey(context: CompletionContext): boolean {
  const name = syntaxTree(context.state).resolveInner(context.pos, -1).name;
  return name === "PropertyName";
}

type Offered = Completion & { note?: string };

function offerShortcode(one: Shortcode): Offered {
  return { label: one.name, detail: one.type, type: "variable", boost: 0, apply, info: () => make("div", {}, one.doc) };
}

function offerKey(one: MetadataKey): Offered {
  const note = `${share(one.coverage)} of ${nameRows(one.name)}s · ${size(one.median_bytes)}`;
  const info = (): Node => make("div", {},
    `In use by ${share(one.coverage)} of ${count(one.of, nameRows(one.name))}; half of its values take ${size(one.median_bytes)} or less.`);
  return { label: one.name, detail: one.type, note, type: "property", boost: 1 + one.coverage, apply, info };
}

/** Writes the name and the braces that are still missing, and puts the cursor behind them. */
function apply(view: EditorView, completion: Completion, from: number, to: number): void {
  const line = view.state.doc.lineAt(to);
  const after = line.text.slice(to - line.from);
  const tail = /^[A-Za-z_.0-9]*/.exec(after)?.[0].length ?? 0;
  const missing = countMissingBraces(after.slice(tail));
  const insert = completion.label + "}".repeat(missing);
  const end = missing === 2 ? from + insert.length : view.state.sliceDoc(to + tail).search("}") ;
  const anchor = missing === 2 ? end : from + insert.length + Math.max(end, 0) + (2 - missing);
  view.dispatch({ changes: { from, to: to + tail, insert }, selection: { anchor }, userEvent: "input.complete", scrollIntoView: true });
}
