/** One open editor: template, token and tools side by side, or as tabs where there is no room. */
import { fill, icon, make } from "../dom.ts";
import { tell } from "../toasts.ts";
import { size } from "../words.ts";
import { call, type Facts, type Recipe } from "./api.ts";
import { openCode } from "./code.ts";
import { makeTabs } from "./controls.ts";
import { makeDesk, type Desk } from "./desk.ts";
import { makeDrafts } from "./drafts.ts";
import { makeFindings } from "./findings.ts";
import { formatJson } from "./json_text.ts";
import { makeMeter } from "./meter.ts";
import { makePopulationLine } from "./population_view.ts";
import { askToPublish } from "./saving.ts";
import { chooseUserById, makeSubjects } from "./subjects.ts";
import { makeTokenView } from "./token_view.ts";
import { makeTools } from "./tools.ts";

const SAY_MS = 700;

/** Opens the editor of a target within an element. */
export async function openWorkbench(root: HTMLElement, target: string, query: URLSearchParams): Promise<Desk> {
  const facts = await call<Facts>("GET", `editor/${encodeURIComponent(target)}`);
  facts.text = formatJson(facts.text) ?? facts.text;
  const live = make("div", { class: "unseen", role: "status", "aria-live": "polite" });
  const desk = makeDesk(root, facts, makeSayer(live));
  const holder = make("div", { class: "code-holder" });
  const drafts = makeDrafts(desk);
  const bar = makeSaveBar(desk, drafts.state);
  desk.code = openCode(holder, facts.text, facts, {
    changed: () => { desk.text.set(desk.code.text()); desk.askPreview(); drafts.keep(); },
    moved: (line) => point(desk, line),
    save: () => void askToPublish(desk),
    fixed: (fix) => desk.say(`Fixed: ${fix.title}.`),
  });
  const revert = (text: string, version: number): void => {
    desk.code.setText(text);
    void askToPublish(desk, `Revert to version ${version}`);
  };
  root.addEventListener("published", () => void drafts.drop());
  const panes = [
    { key: "template", label: "Template", icon: "braces", panel: makeTemplatePane(desk, holder, drafts.offer) },
    { key: "token", label: "Token", icon: "eye", panel: makeTokenPane(desk, query) },
    { key: "tools", label: "Tools", icon: "list-tree", panel: make("section", { class: "pane tools" }, makeTools(desk, revert)) },
  ];
  const tabs = makeTabs("Parts of the editor", panes, "pane");
  tabs.list.classList.add("pane-tabs");
  tabs.element.classList.add("workbench");
  fill(root, tabs.element, bar, live);
  desk.preview.follow((preview) => {
    const errors = preview?.diagnostics.length ?? 0;
    tabs.mark("template", errors ? String(errors) : "", "bad");
  });
  desk.askPreview();
  return desk;
}

function makeSayer(live: HTMLElement): (sentence: string) => void {
  let timer = 0;
  return (sentence) => {
    clearTimeout(timer);
    timer = window.setTimeout(() => { live.textContent = sentence; }, SAY_MS);
  };
}

function makeTemplatePane(desk: Desk, holder: HTMLElement, offer: HTMLElement): HTMLElement {
  const format = (): void => { tell(desk.code.format() ? "Formatted" : "It must be JSON to be formatted"); };
  const copy = make("button", { type: "button", class: "ghost small copy", "data-copy": "" }, icon("copy"), make("span", {}, "Copy"));
  desk.text.follow((text) => copy.setAttribute("data-copy", text));
  const name = desk.facts.target === "session" ? "__session" : desk.facts.title;
  return make("section", { class: "pane template" },
    make("div", { class: "pane-head" }, make("h2", {}, "Template"), make("code", { class: "quiet" }, name), make("span", { class: "spacer" }),
      desk.facts.can_write ? make("button", { type: "button", class: "ghost small", onclick: format }, icon("wand-sparkles"), make("span", {}, "Format")) : make("span", { class: "badge neutral" }, icon("lock"), "Read only"), copy),
    offer, makeRecipes(desk), holder,
    make("p", { class: "unseen", id: "editor-keys" }, "Two opening braces within a value complete shortcodes. Escape then Tab leaves the editor. F8 goes to the next finding, Control and full stop applies its fix. Control S publishes."),
    makeFindings(desk));
}

function makeRecipes(desk: Desk): HTMLElement {
  const cards = desk.facts.recipes.map((one) => make("button", { type: "button", class: "recipe", onclick: () => use(desk, one) },
    make("span", { class: "recipe-name" }, one.name), make("span", { class: "quiet" }, one.description), make("span", { class: "num" }, `+ ${size(one.cookie_bytes)}`)));
  const element = make("section", { class: "recipes", "aria-label": "Recipes" },
    make("p", {}, make("strong", {}, "Add a custom claim."), " Start from a recipe, or type ", make("code", {}, "\"plan\": \"{{"), " and choose."), make("div", { class: "recipe-cards" }, ...cards));
  desk.text.follow((text) => { element.hidden = !desk.facts.can_write || /\S/.test(text.replace(/^\s*\{\s*\}\s*$/, "")); });
  return element;
}

function use(desk: Desk, recipe: Recipe): void {
  desk.code.setText(formatJson(recipe.text) ?? recipe.text);
  desk.code.view.focus();
}

function makeTokenPane(desk: Desk, query: URLSearchParams): HTMLElement {
  const trouble = make("p", { class: "token-trouble problem", role: "alert", hidden: true });
  desk.trouble.follow((words) => { trouble.hidden = !words; fill(trouble, icon("circle-alert"), make("span", {}, words)); });
  const asked = query.get("user_id");
  const organization = query.get("organization_id");
  const subjects = makeSubjects(desk, () => {
    if (asked) void chooseUserById(desk, asked, organization);
  });
  return make("section", { class: "pane minted" },
    make("div", { class: "pane-head" }, make("h2", {}, "Token"), make("span", { class: "quiet" }, "as it is minted")),
    subjects, trouble, makeTokenView(desk), makeMeter(desk), makePopulationLine(desk));
}

/** The claim that the cursor's line belongs to is pointed at in the token. */
function point(desk: Desk, line: number): void {
  const claims = (desk.token.get()?.claims ?? []).filter((one) => one.line !== null && one.line <= line);
  const last = claims.sort((one, other) => (one.line ?? 0) - (other.line ?? 0)).at(-1);
  desk.pointed.set(last?.name ?? null);
}

function makeSaveBar(desk: Desk, draft: HTMLElement): HTMLElement {
  const words = make("span", { class: "save-words" });
  const reset = (): void => {
    const mine = desk.text.get();
    desk.code.setText(desk.base.text);
    tell("Back to the live version", { label: "Undo", run: () => desk.code.setText(mine) });
  };
  const buttons = make("span", { class: "actions" },
    make("button", { type: "button", class: "ghost", onclick: reset, "data-reset": "" }, "Reset"),
    make("button", { type: "button", class: "primary", onclick: () => void askToPublish(desk), "data-save": "" }, "Save"));
  const element = make("div", { class: "save-bar", role: "region", "aria-label": "Unsaved changes" }, words, draft, make("span", { class: "spacer" }), buttons);
  const show = (): void => {
    const isDirty = desk.isDirty();
    element.classList.toggle("is-dirty", isDirty);
    buttons.hidden = !isDirty;
    fill(words, icon(isDirty ? "circle-alert" : "circle-check"), make("span", {}, isDirty ? "Unsaved changes" : desk.base.version ? `Version ${desk.base.version} is live` : "Nothing was published yet"));
  };
  desk.text.follow(show);
  desk.root.addEventListener("published", show);
  if (!desk.facts.can_write) fill(element, icon("lock"), make("span", {}, "Your role reads; editors and owners publish."));
  return element;
}
