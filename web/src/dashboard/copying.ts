/** `[data-copy]`: copies a text, and says so. */
import { find, icon } from "../dom.ts";
import { tell } from "../toasts.ts";

const SHOWN_MS = 2000;

export function startCopying(): void {
  document.addEventListener("click", (event) => {
    const button = (event.target as Element).closest<HTMLElement>("[data-copy]");
    if (button) void copy(button);
  });
}

async function copy(button: HTMLElement): Promise<void> {
  try {
    await navigator.clipboard.writeText(button.dataset.copy ?? "");
  } catch {
    tell("The browser did not allow copying. Select the text instead.");
    return;
  }
  tell("Copied");
  const drawn = find<SVGElement>("svg.icon", button);
  if (!drawn || button.dataset.copied) return;
  const check = icon("check");
  button.dataset.copied = "true";
  drawn.replaceWith(check);
  setTimeout(() => { check.replaceWith(drawn); delete button.dataset.copied; }, SHOWN_MS);
}
