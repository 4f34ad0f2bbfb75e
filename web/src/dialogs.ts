/** Modal dialogs: focus goes in, and comes back to where it was. */
import { fill, icon, make, type Child } from "./dom.ts";

/** Open a dialog; focus returns to what had it. A click on the backdrop closes unless `isSticky`. */
export function openDialog(dialog: HTMLDialogElement, isSticky = false): void {
  if (dialog.open) return;
  const before = document.activeElement;
  dialog.addEventListener("close", () => { if (before instanceof HTMLElement && before.isConnected) before.focus(); }, { once: true });
  if (!isSticky && !dialog.dataset.backdrop) {
    dialog.dataset.backdrop = "closes";
    // Pressed and released on the backdrop: a selection that is dragged out of a field closes nothing.
    let pressed: EventTarget | null = null;
    dialog.addEventListener("pointerdown", (event) => { pressed = event.target; });
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog && pressed === dialog && event.detail > 0) dialog.close();
    });
  }
  dialog.showModal();
}

/** A button of a dialog and what it means. */
export interface Choice {
  label: string;
  value: string;
  kind?: "primary" | "plain" | "danger";
}

/** Ask; gives the chosen value, or `null` for Escape and Close. */
export function ask(title: string, body: Child[], choices: Choice[], kind = ""): Promise<string | null> {
  return new Promise((resolve) => {
    const id = `ask-${Math.trunc(performance.now())}`;
    const close = make("button", { value: "", class: "ghost icon-only", title: "Close" },
      make("span", { class: "unseen" }, "Close"), icon("x"));
    const dialog = make("dialog", { class: `asked ${kind}`, "aria-labelledby": id });
    const buttons = choices.map((one) => make("button", { value: one.value, class: one.kind ?? "plain" }, one.label));
    fill(dialog,
      make("form", { method: "dialog" },
        make("div", { class: "dialog-head" }, make("h2", { id }, title), close),
        make("div", { class: "dialog-body" }, ...body),
        make("div", { class: "form-foot" }, ...buttons)));
    dialog.addEventListener("close", () => { dialog.remove(); resolve(dialog.returnValue || null); });
    document.body.append(dialog);
    openDialog(dialog);
    (dialog.querySelector<HTMLElement>("[autofocus]") ?? buttons[0])?.focus();
  });
}
