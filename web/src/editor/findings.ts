/** The list of findings below the template, each with its fix. */
import { icon, make, prose } from "../dom.ts";
import { count } from "../words.ts";
import type { Finding } from "./api.ts";
import { refill } from "./controls.ts";
import type { Desk } from "./desk.ts";

/** The list; changes are announced once typing rests. */
export function makeFindings(desk: Desk): HTMLElement {
  const list = make("ul", { class: "findings", "aria-label": "Findings", tabindex: -1 });
  const element = make("div", { class: "findings-part" }, list);
  let said = "";
  desk.preview.follow((preview) => {
    const found = preview?.diagnostics ?? [];
    element.hidden = found.length === 0;
    refill(list, JSON.stringify(found), ...found.map((one) => makeFinding(desk, one)));
    desk.code?.show(found);
    const words = summarize(found);
    if (preview && words !== said && (said || found.length)) desk.say(words);
    said = words;
  });
  return element;
}

/** Such as `1 error, 2 warnings`. */
export function summarize(found: readonly Finding[]): string {
  const errors = found.filter((one) => one.severity === "error").length;
  const parts = [errors ? count(errors, "error") : "", found.length - errors ? count(found.length - errors, "warning") : ""];
  return parts.filter(Boolean).join(", ") || "No findings";
}

function makeFinding(desk: Desk, found: Finding): HTMLElement {
  const isError = found.severity === "error";
  const { fix } = found;
  return make("li", { class: `finding ${found.severity}`, "data-code": found.code },
    icon(isError ? "circle-alert" : "triangle-alert"),
    make("div", { class: "finding-words" },
      make("p", {}, make("span", { class: "unseen" }, isError ? "Error: " : "Warning: "), ...prose(found.message), found.hint ? make("span", { class: "quiet" }, " ", ...prose(found.hint)) : null),
      make("button", { type: "button", class: "link small", onclick: () => desk.code.goTo(found.line, found.column) }, `Line ${found.line}, column ${found.column}`)),
    fix && desk.facts.can_write ? make("button", { type: "button", class: "plain small", "data-fix-line": found.line, onclick: () => desk.code.apply(fix) },
      icon("wand-sparkles"), make("span", {}, ...prose(fix.title))) : null);
}
