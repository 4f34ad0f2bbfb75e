/** `[data-dialog=ID]`, `[data-confirm]` and `details.menu`: what opens over the page, and how it closes. */
import { find, findAll } from "../dom.ts";
import { ask, openDialog } from "../dialogs.ts";

export function startOpening(): void {
  document.addEventListener("click", (event) => {
    const target = event.target as Element;
    const opener = target.closest<HTMLElement>("[data-dialog]");
    const dialog = opener && find<HTMLDialogElement>(`dialog#${CSS.escape(opener.dataset.dialog ?? "")}`);
    const isPlain = !(event.ctrlKey || event.metaKey || event.shiftKey);
    if (dialog && isPlain) {
      event.preventDefault();
      openDialog(dialog);
    }
    closeMenus(target);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") closeMenus(null);
  });
  document.addEventListener("submit", confirm, true);
}

function closeMenus(target: Element | null): void {
  for (const menu of findAll<HTMLDetailsElement>("details.menu[open]")) {
    if (target && menu.contains(target) && !target.closest(".menu-items a")) continue;
    const hadFocus = menu.contains(document.activeElement);
    menu.open = false;
    if (hadFocus && !target) find("summary", menu)?.focus();
  }
}

function confirm(event: SubmitEvent): void {
  const button = event.submitter;
  if (!(button instanceof HTMLButtonElement) || !button.dataset.confirm || button.dataset.confirmed) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  void askFirst(button, button.dataset.confirm);
}

async function askFirst(button: HTMLButtonElement, sentence: string): Promise<void> {
  const label = button.textContent?.trim() ?? "";
  const kind = button.classList.contains("danger") ? "danger" : "primary";
  const answer = await ask(label || "Are you sure?", [sentence], [
    { label: "Cancel", value: "" },
    { label: label || "Continue", value: "yes", kind },
  ]);
  if (answer !== "yes") return;
  button.dataset.confirmed = "true";
  button.form?.requestSubmit(button);
  delete button.dataset.confirmed;
}
