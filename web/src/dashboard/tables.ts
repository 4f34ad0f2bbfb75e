/** `table.rows`: arrow keys move between the rows' links; `/` goes to the search field. */
import { find, findAll } from "../dom.ts";

export function startTables(): void {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.key === "/" && !isTyping(event.target)) focusSearch(event);
    if (event.key === "ArrowDown" || event.key === "ArrowUp") moveRow(event);
  });
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && Boolean(target.closest("input, textarea, select, [contenteditable=true], dialog[open]"));
}

function focusSearch(event: KeyboardEvent): void {
  const field = find<HTMLInputElement>("main input[type=search]");
  if (!field) return;
  event.preventDefault();
  field.focus();
  field.select();
}

function moveRow(event: KeyboardEvent): void {
  const link = (event.target as Element).closest("a, button");
  const table = link?.closest("table.rows");
  if (!table || !link) return;
  const rows = findAll<HTMLTableRowElement>("tbody tr", table);
  const at = rows.findIndex((row) => row.contains(link));
  const next = rows[at + (event.key === "ArrowDown" ? 1 : -1)];
  const target = next && find("a, button", next);
  if (!target) return;
  event.preventDefault();
  target.focus();
}
