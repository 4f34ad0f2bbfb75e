/** The side panel: shortcodes, default claims, types, code, tests, history. */
import { fill, icon, make, prose } from "../dom.ts";
import { ago, share, size, writeJson } from "../words.ts";
import { call, explain, isAborted, type Json, type MetadataKey, type Shortcode } from "./api.ts";
import { makeChoices, makeCode, makeHint, makeTabs, refill } from "./controls.ts";
import type { Desk } from "./desk.ts";
import { makeHistory } from "./history_panel.ts";
import { nameRows } from "./shortcode_places.ts";
import { makeTests } from "./tests_panel.ts";

/** The panel; `revert` is asked to publish an old text. */
export function makeTools(desk: Desk, revert: (text: string, version: number) => void): HTMLElement {
  const tests = makeTests(desk);
  const parts = [
    { key: "shortcodes", label: "Shortcodes", panel: makeShortcodes(desk) },
    { key: "defaults", label: "Defaults", panel: makeDefaults(desk) },
    { key: "types", label: "Types", panel: makeTypes(desk) },
    { key: "code", label: "Code", panel: makeReading(desk) },
    { key: "tests", label: "Tests", panel: tests },
    ...(desk.facts.target === "session" ? [{ key: "history", label: "History", panel: makeHistory(desk, revert) }] : []),
  ];
  const tabs = makeTabs("Tools", parts, "tools");
  desk.preview.follow((preview) => {
    const red = preview?.fixtures.filter((one) => !one.passed).length ?? 0;
    const all = preview?.fixtures.length ?? 0;
    tabs.mark("tests", red ? `${red} red` : all ? String(all) : "", red ? "bad" : "");
  });
  return tabs.element;
}

interface Line { name: string; type: string; doc: string; group: string; note: string }

function makeShortcodes(desk: Desk): HTMLElement {
  const input = make("input", { type: "search", id: "shortcode-search", autocomplete: "off", spellcheck: "false", oninput: () => render() });
  const tree = make("div", { class: "shortcodes" });
  let values: Record<string, Json> = {};
  let running: AbortController | null = null;
  const lines = [...desk.facts.metadata_keys.map(describeKey), ...desk.facts.shortcodes.map(describeShortcode)];
  const render = (): void => {
    const asked = input.value.trim().toLowerCase();
    const found = lines.filter((one) => `${one.name} ${one.doc}`.toLowerCase().includes(asked));
    const groups = [...new Set(found.map((one) => one.group))];
    fill(tree, ...(found.length ? groups.map((group, at) => makeGroup(desk, group, found.filter((one) => one.group === group), values, Boolean(asked) || (tree.hasChildNodes() ? isOpen(tree, group) : at < 2)))
      : [makeHint("No shortcode is called so. A metadata key that nobody has yet can be written all the same: ", make("code", {}, "user.public_metadata.key"))]));
  };
  const load = async (): Promise<void> => {
    const { user, subject } = desk.chosen.get();
    running?.abort();
    if (!user) return;
    running = new AbortController();
    const query = new URLSearchParams({ user_id: user.id, impersonated: String(subject.impersonated) });
    if (subject.session_id) query.set("session_id", subject.session_id);
    if (subject.organization_id !== null) query.set("organization_id", subject.organization_id);
    try {
      ({ values } = await call<{ values: Record<string, Json> }>("GET", `values?${query}`, undefined, running.signal));
      render();
    } catch (error) {
      if (!isAborted(error)) desk.trouble.set(explain(error));
    }
  };
  desk.chosen.follow(() => void load());
  render();
  return make("div", {}, make("div", { class: "search" }, make("label", { class: "unseen", for: "shortcode-search" }, "Search shortcodes"), icon("search"), input), tree);
}

function isOpen(tree: HTMLElement, group: string): boolean {
  return tree.querySelector<HTMLDetailsElement>(`details[data-group="${CSS.escape(group)}"]`)?.open ?? false;
}

function describeShortcode(one: Shortcode): Line {
  return { name: one.name, type: one.type, doc: one.doc, group: one.group, note: "" };
}

function describeKey(one: MetadataKey): Line {
  const note = `${share(one.coverage)} of ${nameRows(one.name)}s · median ${size(one.median_bytes)}`;
  return { name: one.name, type: one.type, doc: "", group: "Metadata in use", note };
}

function makeGroup(desk: Desk, group: string, lines: Line[], values: Record<string, Json>, open: boolean): HTMLElement {
  const items = lines.map((one) => make("li", {}, make("button", {
    type: "button", class: "shortcode", disabled: !desk.facts.can_write, title: one.doc || undefined, "data-shortcode": one.name,
    onclick: () => { desk.code.insert(one.name); desk.say(`Inserted ${one.name}.`); },
  },
    make("code", { class: "shortcode-name" }, one.name), make("span", { class: "quiet shortcode-type" }, one.type),
    make("span", { class: "shortcode-value" }, shorten(values, one.name)), one.note ? make("span", { class: "quiet shortcode-note" }, one.note) : null)));
  return make("details", { open, "data-group": group }, make("summary", {}, make("span", {}, group), make("span", { class: "quiet num" }, String(lines.length))), make("ul", {}, ...items));
}

function shorten(values: Record<string, Json>, name: string): string {
  const text = writeJson(values[name]);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

function makeDefaults(desk: Desk): HTMLElement {
  const rows = desk.facts.default_claims.map((one) => make("div", {}, make("dt", {}, make("code", {}, one.name)), make("dd", {}, ...prose(one.doc))));
  return make("div", {},
    makeHint("These are in every token. The server sets them last, so a template can't change them, and their names are reserved."),
    make("dl", { class: "claim-docs" }, ...rows),
    makeHint("A browser keeps at most 4,096 bytes a cookie; about 1.2 KB of it is for custom claims. Move what is larger out of the token and fetch it with a call of its own."));
}

function makeTypes(desk: Desk): HTMLElement {
  const languages = [["typescript", "TypeScript"], ["python", "Python"], ["json_schema", "JSON Schema"]] as const;
  let chosen: (typeof languages)[number][0] = "typescript";
  const shown = make("div", {});
  const render = (): void => {
    const types = desk.preview.get()?.types;
    const label = languages.find(([key]) => key === chosen)?.[1] ?? "";
    if (types) refill(shown, chosen + types[chosen], makeCode(types[chosen], label));
    else if (!shown.hasChildNodes()) refill(shown, "", makeHint("Types are written from a template without errors."));
  };
  desk.preview.follow(render);
  const choices = makeChoices("Language", "types-language", languages.map(([key, label]) => [key, label]), chosen, (key) => { chosen = key as typeof chosen; render(); });
  return make("div", {}, choices, shown, makeHint("Always from the command line: ", make("code", {}, "claimsmith types --check"), " fails when they drift."));
}

function makeReading(desk: Desk): HTMLElement {
  const select = make("select", { id: "framework", onchange: () => render() });
  const shown = make("div", {});
  const render = (): void => {
    const code = desk.preview.get()?.how_to_read;
    if (!code) { if (!shown.hasChildNodes()) refill(shown, "", makeHint("Code is written from a template without errors.")); return; }
    const names = Object.keys(code);
    if (select.options.length !== names.length) fill(select, ...names.map((one) => make("option", { value: one }, one)));
    refill(shown, select.value + code[select.value], makeCode(code[select.value] ?? "", select.value));
  };
  desk.preview.follow(render);
  return make("div", {}, make("div", { class: "field" }, make("label", { for: "framework" }, "How to read these claims in"), select), shown);
}

/** When and by whom, in a line. */
export function tellAuthor(author: string | null, at: number | null): string {
  const who = author === "secret_key" ? "the Backend API" : author === "demo" ? "the demo" : (author ?? "somebody");
  return at === null ? who : `${who}, ${ago(Date.now() - at)}`;
}

