/** What a screen reader is told at once, and a person sees for a moment. */
import { icon, make, need } from "./dom.ts";

const SHOWN_MS = 4000;

/** Tell a sentence; with an action, the toast has a button for it and stays twice as long. */
export function tell(text: string, action?: { label: string; run: () => void }): void {
  const toast = make("div", { class: "toast" }, icon(action ? "info" : "check"), make("span", {}, text));
  if (action) {
    const button = make("button", { type: "button", class: "ghost small", onclick: () => { toast.remove(); action.run(); } });
    button.textContent = action.label;
    toast.append(button);
  }
  need("#toasts").append(toast);
  setTimeout(() => toast.remove(), action ? SHOWN_MS * 2 : SHOWN_MS);
}
