/** `textarea.json`: says where the JSON ends to be JSON before the form is sent; `[data-format=ID]` lays it out. */
import { find, findAll, icon, make } from "../dom.ts";
import { tell } from "../toasts.ts";

export function startJsonFields(): void {
  for (const field of findAll<HTMLTextAreaElement>("textarea.json")) {
    field.addEventListener("blur", () => show(field));
    field.addEventListener("input", () => { if (field.getAttribute("aria-invalid")) show(field); });
  }
  document.addEventListener("click", (event) => {
    const button = (event.target as Element).closest<HTMLElement>("[data-format]");
    const field = button && find<HTMLTextAreaElement>(`#${CSS.escape(button.dataset.format ?? "")}`);
    if (field) format(field);
  });
}

/** What is wrong with a JSON text, with line and column from 1; `null` when nothing is. */
export function explainJson(text: string): string | null {
  try {
    const value: unknown = JSON.parse(text.trim() || "{}");
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? null : "This must be a JSON object, in braces.";
  } catch (error) {
    const place = locate(text, error instanceof Error ? error.message : "");
    return place ? `This is not JSON: line ${place[0]}, column ${place[1]}.` : "This is not JSON.";
  }
}

function locate(text: string, message: string): [number, number] | null {
  const told = /position (\d+)/.exec(message)?.[1];
  if (told === undefined && !/end of JSON|Unterminated/i.test(message)) return null;
  const before = text.slice(0, told === undefined ? text.length : Number(told)).split("\n");
  return [before.length, (before.at(-1)?.length ?? 0) + 1];
}

function show(field: HTMLTextAreaElement): void {
  const problem = explainJson(field.value);
  const id = `${field.id}-json`;
  find(`#${CSS.escape(id)}`)?.remove();
  const others = (field.getAttribute("aria-describedby") ?? "").split(" ").filter((one) => one && one !== id);
  if (problem) {
    field.setAttribute("aria-invalid", "true");
    field.after(make("p", { class: "problem", id, role: "status" }, icon("circle-alert"), make("span", {}, problem)));
    others.push(id);
  } else field.removeAttribute("aria-invalid");
  if (others.length) field.setAttribute("aria-describedby", others.join(" "));
  else field.removeAttribute("aria-describedby");
}

function format(field: HTMLTextAreaElement): void {
  show(field);
  if (explainJson(field.value)) { field.focus(); return; }
  // Numbers that JavaScript can't hold would change silently.
  const value: unknown = JSON.parse(field.value.trim() || "{}");
  if (/\d{16}|\d\.\d{16}|[eE][+-]?\d{3}/.test(field.value)) { tell("It holds a number that formatting would change."); return; }
  field.value = JSON.stringify(value, null, 2);
  field.dispatchEvent(new Event("input", { bubbles: true }));
}
