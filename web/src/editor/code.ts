/** The JSON editor: CodeMirror with the claims language on top. */
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap, startCompletion } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import { bracketMatching, foldGutter, foldKeymap, HighlightStyle, indentOnInput, syntaxHighlighting, syntaxTree } from "@codemirror/language";
import { lintGutter, lintKeymap, setDiagnostics, type Action, type Diagnostic } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { Compartment, EditorState, RangeSetBuilder, Transaction } from "@codemirror/state";
import {
  Decoration, drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers,
  ViewPlugin, type DecorationSet, type ViewUpdate,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { readMeta } from "../dom.ts";
import type { Facts, Finding, Fix } from "./api.ts";
import { completeShortcodes } from "./completion.ts";
import { makeInsertion } from "./insertion.ts";
import { formatJson } from "./json_text.ts";
import { tintClass } from "./tints.ts";

/** What the rest of the editor does with the text. */
export interface Code {
  readonly view: EditorView;
  text(): string;
  /** Replace the text as one step of undo; what is equal at both ends stays, and so does the cursor there. */
  setText(text: string, event?: string): void;
  show(findings: readonly Finding[]): void;
  apply(fix: Fix): void;
  goTo(line: number, column: number): void;
  /** Put a shortcode where the cursor is, with the quotes, braces and name that the place needs. */
  insert(shortcode: string): void;
  format(): boolean;
}

interface Hooks {
  changed(): void;
  moved(line: number): void;
  save(): void;
  fixed(fix: Fix): void;
}

const HIGHLIGHT = HighlightStyle.define([
  { tag: tags.propertyName, class: "cm-key" },
  { tag: tags.string, class: "cm-text" },
  { tag: [tags.number, tags.bool, tags.null], class: "cm-literal" },
]);

/** An editor in a holder. */
export function openCode(holder: HTMLElement, text: string, facts: Facts, hooks: Hooks): Code {
  const view = new EditorView({
    parent: holder,
    state: EditorState.create({ doc: text, extensions: [listExtensions(facts, hooks), listen(hooks)] }),
  });
  const code: Code = {
    view,
    text: () => view.state.doc.toString(),
    setText: (next, event) => replace(view, next, event),
    show: (findings) => view.dispatch(setDiagnostics(view.state, findings.map((one) => underline(view, one, hooks)))),
    apply: (fix) => applyFix(view, fix, hooks),
    goTo: (line, column) => goTo(view, line, column),
    insert: (shortcode) => {
      view.dispatch(makeInsertion(view.state, shortcode), { scrollIntoView: true, userEvent: "input" });
      view.focus();
    },
    format: () => {
      const laid = formatJson(code.text());
      if (laid !== null) replace(view, laid, "input.format");
      return laid !== null;
    },
  };
  return code;
}

function listExtensions(facts: Facts, hooks: Hooks) {
  const keys = [
    { key: "Mod-s", run: () => { hooks.save(); return true; }, preventDefault: true },
    { key: "Mod-Enter", run: () => { hooks.save(); return true; }, preventDefault: true },
    { key: "Mod-.", run: applyFirstFix },
    { key: "Alt-Shift-f", run: (view: EditorView) => { const laid = formatJson(view.state.doc.toString()); if (laid !== null) replace(view, laid, "input.format"); return true; } },
  ];
  return [
    EditorView.cspNonce.of(readMeta("csp-nonce")),
    lineNumbers(), highlightActiveLineGutter(), foldGutter(), history(), drawSelection(), indentOnInput(), bracketMatching(),
    closeBrackets(), highlightActiveLine(), highlightSelectionMatches(), search({ top: true }), lintGutter(),
    json(), syntaxHighlighting(HIGHLIGHT), paint(),
    autocompletion({ override: [(context) => completeShortcodes(context, facts)], icons: false, addToOptions: [COVERAGE], defaultKeymap: true }),
    EditorView.lineWrapping,
    EditorState.tabSize.of(2),
    new Compartment().of([EditorState.readOnly.of(!facts.can_write), EditorView.editable.of(true)]),
    EditorView.contentAttributes.of({ "aria-label": "Claims template, JSON", "aria-describedby": "editor-keys", spellcheck: "false", autocapitalize: "off" }),
    keymap.of([...keys, ...closeBracketsKeymap, ...completionKeymap, ...searchKeymap, ...historyKeymap, ...foldKeymap, ...lintKeymap, ...defaultKeymap]),
  ];
}

/** A completion's second column: how many users have the key, and what it costs. */
const COVERAGE = {
  render: (completion: { boost?: number; label: string } & { note?: string }) => {
    const note = document.createElement("span");
    note.className = "cm-completionNote";
    note.textContent = completion.note ?? "";
    return note;
  },
  position: 90,
};

function listen(hooks: Hooks) {
  return EditorView.updateListener.of((update: ViewUpdate) => {
    if (update.docChanged) hooks.changed();
    if (update.selectionSet || update.docChanged) hooks.moved(update.state.doc.lineAt(update.state.selection.main.head).number);
    // Braces that were typed in one go, or pasted, ask for names too.
    if (update.docChanged && update.transactions.some((one) => one.isUserEvent("input.type"))) {
      const head = update.state.selection.main.head;
      if (update.state.sliceDoc(head - 2, head) === "{{") setTimeout(() => startCompletion(update.view));
    }
  });
}

/** The names of claims in their colours, and shortcodes apart from the text around them. */
function paint() {
  return ViewPlugin.fromClass(class {
    decorations: DecorationSet;
    constructor(view: EditorView) { this.decorations = decorate(view); }
    update(update: ViewUpdate): void {
      if (update.docChanged || update.viewportChanged || syntaxTree(update.startState) !== syntaxTree(update.state)) {
        this.decorations = decorate(update.view);
      }
    }
  }, { decorations: (plugin) => plugin.decorations });
}

const SHORTCODE = /\{\{[^{}]*\}\}/g;

function decorate(view: EditorView): DecorationSet {
  const found = new RangeSetBuilder<Decoration>();
  for (const { from, to } of view.visibleRanges) {
    syntaxTree(view.state).iterate({
      from, to,
      enter: (node) => {
        if (node.name === "PropertyName" && node.node.parent?.parent?.parent?.name === "JsonText") {
          const name = parseString(view.state.sliceDoc(node.from, node.to));
          found.add(node.from, node.to, Decoration.mark({ class: `cm-claim ${tintClass(name)}` }));
        } else if (node.name === "String") {
          const text = view.state.sliceDoc(node.from, node.to);
          for (const match of text.matchAll(SHORTCODE)) {
            const start = node.from + match.index;
            found.add(start, start + match[0].length, Decoration.mark({ class: "cm-shortcode" }));
          }
        }
      },
    });
  }
  return found.finish();
}

function parseString(text: string): string {
  try { return String(JSON.parse(text)); } catch { return text; }
}

function underline(view: EditorView, finding: Finding, hooks: Hooks): Diagnostic {
  const end = view.state.doc.length;
  const from = Math.min(finding.from, end);
  const fix = finding.fix;
  const actions: Action[] = fix && !view.state.readOnly ? [{ name: fix.title, apply: () => applyFix(view, fix, hooks) }] : [];
  return {
    from, to: Math.min(Math.max(finding.to, from), end), severity: finding.severity, source: finding.code,
    message: finding.hint ? `${finding.message} ${finding.hint}` : finding.message, actions,
  };
}

function applyFix(view: EditorView, fix: Fix, hooks: Hooks): void {
  view.dispatch({ changes: { from: fix.from, to: fix.to, insert: fix.replacement }, userEvent: "input.fix", scrollIntoView: true });
  view.focus();
  hooks.fixed(fix);
}

/** `Mod-.`: the first fix on the cursor's line. */
function applyFirstFix(view: EditorView): boolean {
  const button = view.dom.ownerDocument.querySelector<HTMLElement>(
    `[data-fix-line="${view.state.doc.lineAt(view.state.selection.main.head).number}"]`);
  button?.click();
  return Boolean(button);
}

function replace(view: EditorView, next: string, event = "input"): void {
  const before = view.state.doc.toString();
  let start = 0;
  while (start < before.length && start < next.length && before[start] === next[start]) start++;
  let end = 0;
  while (end < before.length - start && end < next.length - start && before.at(-1 - end) === next.at(-1 - end)) end++;
  if (start === before.length && start === next.length) return;
  view.dispatch({
    changes: { from: start, to: before.length - end, insert: next.slice(start, next.length - end) },
    annotations: Transaction.addToHistory.of(true), userEvent: event,
  });
}

function goTo(view: EditorView, line: number, column: number): void {
  const at = view.state.doc.line(Math.min(Math.max(line, 1), view.state.doc.lines));
  const position = Math.min(at.from + column - 1, at.to);
  view.dispatch({ selection: { anchor: position }, effects: EditorView.scrollIntoView(position, { y: "center" }) });
  view.focus();
}
