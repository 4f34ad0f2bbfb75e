/** `form[data-guard]`: changes that are not saved are shown, and leaving asks first. */
import { findAll, icon, make } from "../dom.ts";

export function startGuards(): void {
  const guards = findAll<HTMLFormElement>("form[data-guard]").map(guard);
  window.addEventListener("beforeunload", (event) => {
    if (guards.some((isDirty) => isDirty())) event.preventDefault();
  });
}

function guard(form: HTMLFormElement): () => boolean {
  const start = read(form);
  let isLeaving = false;
  const isDirty = (): boolean => !isLeaving && read(form) !== start;
  const bar = makeBar(form, () => { form.reset(); update(); });
  const update = (): void => { bar.hidden = !isDirty(); };
  form.addEventListener("input", update);
  form.addEventListener("change", update);
  form.addEventListener("reset", () => setTimeout(update));
  form.addEventListener("submit", () => { isLeaving = true; });
  window.addEventListener("pageshow", update);
  document.body.append(bar);
  update();
  return isDirty;
}

function makeBar(form: HTMLFormElement, reset: () => void): HTMLElement {
  const label = form.dataset.guard || "Save changes";
  return make("div", { class: "unsaved-bar", role: "region", "aria-label": "Unsaved changes", hidden: true },
    icon("circle-alert"), make("span", {}, "Unsaved changes"),
    make("button", { type: "button", class: "ghost", onclick: reset }, "Reset"),
    make("button", { type: "button", class: "primary", onclick: () => { form.requestSubmit(); } }, label));
}

/** The form's values but for the token of this page; a file by its name. */
function read(form: HTMLFormElement): string {
  const pairs = [...new FormData(form)].filter(([name]) => name !== "csrf_token");
  return JSON.stringify(pairs.map(([name, value]) => [name, value instanceof File ? value.name : value]));
}
