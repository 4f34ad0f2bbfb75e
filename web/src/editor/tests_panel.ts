/** Tests of the template: a context, the claims that it must give, and whether it does. */
import { fill, icon, make } from "../dom.ts";
import { tell } from "../toasts.ts";
import { call, explain, type Fixture, type Verdict } from "./api.ts";
import { makeHint } from "./controls.ts";
import type { Desk } from "./desk.ts";

/** The panel. */
export function makeTests(desk: Desk): HTMLElement {
  const list = make("ul", { class: "tests" });
  const name = make("input", { id: "test-name", maxlength: 128, autocomplete: "off" });
  const problem = make("p", { class: "problem", role: "alert", hidden: true });
  const form = make("form", { class: "test-form", onsubmit: (event) => { event.preventDefault(); void create(); } },
    make("div", { class: "field" }, make("label", { for: "test-name" }, "Name of the test"), name,
      make("p", { class: "hint" }, "Keeps the user shown with the claims shown; red when a template gives them other claims.")),
    problem, make("button", { class: "plain" }, icon("plus"), make("span", {}, "Make a test of this preview")));
  const render = (): void => {
    const verdicts = new Map(desk.preview.get()?.fixtures.map((one) => [one.id, one]));
    fill(list, ...desk.facts.fixtures.map((one) => makeTest(desk, one, verdicts.get(one.id), render)));
    empty.hidden = desk.facts.fixtures.length > 0;
  };
  const empty = makeHint("No tests yet. A red test keeps a template from being published.");
  const create = async (): Promise<void> => {
    const title = name.value.trim();
    problem.hidden = Boolean(title);
    if (!title) { fill(problem, icon("circle-alert"), make("span", {}, "Give the test a name.")); name.focus(); return; }
    try {
      desk.facts.fixtures.push(await call<Fixture>("POST", `fixtures/${encodeURIComponent(desk.facts.target)}`, { name: title, subject: desk.chosen.get().subject, text: desk.text.get() }));
      name.value = "";
      tell(`Made the test “${title}”`);
      desk.askPreview();
      render();
    } catch (error) {
      problem.hidden = false;
      fill(problem, icon("circle-alert"), make("span", {}, explain(error)));
    }
  };
  desk.preview.follow(render);
  form.hidden = !desk.facts.can_write;
  return make("div", {}, empty, list, form);
}

function makeTest(desk: Desk, fixture: Fixture, verdict: Verdict | undefined, render: () => void): HTMLElement {
  const state = verdict ? (verdict.passed ? "good" : "bad") : "neutral";
  const words = verdict ? (verdict.passed ? "Passes" : "Fails") : "Not run";
  const remove = async (): Promise<void> => {
    try {
      await call("DELETE", `fixtures/${encodeURIComponent(desk.facts.target)}/${encodeURIComponent(fixture.id)}`);
      desk.facts.fixtures = desk.facts.fixtures.filter((one) => one.id !== fixture.id);
      tell(`Deleted the test “${fixture.name}”`);
      desk.askPreview();
      render();
    } catch (error) { tell(explain(error)); }
  };
  const differences = verdict && !verdict.passed ? verdict.diff.map((one) => make("li", {}, make("code", {}, one.path), ` ${one.message}`)) : [];
  return make("li", { class: "test" },
    make("div", { class: "test-head" },
      make("span", { class: `badge ${state}` }, icon(state === "good" ? "check" : state === "bad" ? "x" : "minus"), words), make("bdi", { class: "test-name" }, fixture.name),
      desk.facts.can_write ? make("button", { type: "button", class: "ghost icon-only", title: "Delete test", onclick: () => void remove() }, make("span", { class: "unseen" }, `Delete test ${fixture.name}`), icon("trash-2")) : null),
    differences.length ? make("ul", { class: "plain-list" }, ...differences) : null,
    make("details", { class: "test-facts" }, make("summary", {}, "Context and expected claims"),
      make("pre", { tabindex: 0 }, make("code", {}, JSON.stringify({ context: fixture.context, expected: fixture.expected }, null, 2)))));
}
