/** Controls that the editor has several of: tabs, a row of choices, code with a copy button. */
import { fill, icon, make, type Child } from "../dom.ts";

export interface TabPart { key: string; label: string; icon?: string; panel: HTMLElement; open?: () => void }

/** Tabs as ARIA has them: arrow keys move, one is in the tab order. */
export function makeTabs(label: string, parts: TabPart[], prefix: string): { element: HTMLElement; list: HTMLElement; open(key: string): void; mark(key: string, badge: string, kind?: string): void } {
  const list = make("div", { class: "strip", role: "tablist", "aria-label": label });
  const buttons = parts.map((part) => make("button", {
    type: "button", role: "tab", id: `${prefix}-${part.key}-tab`, "aria-controls": `${prefix}-${part.key}`, class: "tab",
    onclick: () => open(part.key),
  }, part.icon ? icon(part.icon) : null, make("span", {}, part.label), make("span", { class: "tab-mark" })));
  for (const part of parts) {
    part.panel.id = `${prefix}-${part.key}`;
    part.panel.setAttribute("role", "tabpanel");
    part.panel.setAttribute("aria-labelledby", `${prefix}-${part.key}-tab`);
    part.panel.classList.add("tab-panel");
  }
  list.append(...buttons);
  list.addEventListener("keydown", (event) => moveWithin(event, buttons));
  function open(key: string): void {
    for (const [at, part] of parts.entries()) {
      const isOpen = part.key === key;
      part.panel.hidden = !isOpen;
      buttons[at]?.setAttribute("aria-selected", String(isOpen));
      buttons[at]?.setAttribute("tabindex", isOpen ? "0" : "-1");
      if (isOpen) part.open?.();
    }
  }
  function mark(key: string, badge: string, kind = ""): void {
    const at = parts.findIndex((part) => part.key === key);
    const shown = buttons[at]?.querySelector(".tab-mark");
    if (!shown) return;
    shown.textContent = badge;
    shown.className = `tab-mark ${kind}`;
  }
  const element = make("div", { class: "tabbed" }, list, ...parts.map((part) => part.panel));
  if (parts[0]) open(parts[0].key);
  return { element, list, open, mark };
}

/** Left, right, Home and End within a row of buttons; the one reached is pressed. */
function moveWithin(event: KeyboardEvent, buttons: HTMLElement[]): void {
  const at = buttons.indexOf(document.activeElement as HTMLElement);
  const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: buttons.length - 1 }[event.key];
  if (at < 0 || to === undefined) return;
  const target = buttons[(to + buttons.length) % buttons.length];
  event.preventDefault();
  target?.focus();
  target?.click();
}

/** A few choices of which one holds; radio buttons that look like one control. */
export function makeChoices(label: string, name: string, options: [string, string][], value: string, choose: (value: string) => void): HTMLElement {
  const set = make("fieldset", { class: "choices" }, make("legend", { class: "unseen" }, label));
  for (const [key, text] of options) {
    const input = make("input", { type: "radio", name, value: key, checked: key === value, onchange: () => choose(key) });
    set.append(make("label", {}, input, make("span", {}, text)));
  }
  return set;
}

/** A block of code that can be copied. */
export function makeCode(text: string, language: string): HTMLElement {
  return make("figure", { class: "code" },
    make("figcaption", {}, make("span", {}, language),
      make("button", { type: "button", class: "ghost small copy", "data-copy": text }, icon("copy"), make("span", {}, "Copy"))),
    make("pre", { tabindex: 0 }, make("code", {}, text)));
}

/** What is shown where nothing is yet. */
export function makeHint(...text: Child[]): HTMLElement {
  return make("p", { class: "quiet editor-hint" }, ...text);
}

/** Replace what is in an element unless it is the same, so that focus and scrolling stay. */
export function refill(element: HTMLElement, key: string, ...children: Child[]): void {
  if (element.dataset.shown === key) return;
  element.dataset.shown = key;
  fill(element, ...children);
}
