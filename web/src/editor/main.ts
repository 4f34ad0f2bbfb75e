/** Opens the editor on its own page, or in a dialog over the page that links to it. */
import { find, findAll, icon, make } from "../dom.ts";
import { openDialog } from "../dialogs.ts";
import { explain } from "./api.ts";
import type { Desk } from "./desk.ts";
import { askToLeave } from "./saving.ts";
import { openWorkbench } from "./frame.ts";

const page = find("[data-editor]");
let open: Desk | null = null;
let isLeaving = false;

if (page) void start(page, page.dataset.editor ?? "session", new URLSearchParams(location.search));
for (const link of findAll<HTMLAnchorElement>("a[data-editor-dialog]")) link.addEventListener("click", openOver);
window.addEventListener("beforeunload", (event) => { if (open?.isDirty() && !isLeaving) event.preventDefault(); });
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "s" && open) event.preventDefault();
});

async function start(root: HTMLElement, target: string, query: URLSearchParams): Promise<void> {
  root.classList.add("editor");
  const mount = make("div", { class: "editor-mount" });
  try {
    open = await openWorkbench(mount, target, query);
    // The form that works without JavaScript goes once there is something better.
    root.replaceChildren(mount);
    root.classList.remove("editor-plain");
    root.classList.add("is-open");
    open.code.view.requestMeasure();
  } catch (error) {
    root.prepend(make("p", { class: "problem", role: "alert" }, icon("circle-alert"), make("span", {}, explain(error))));
  }
}

/** The modal of the seed: the same editor over the page. */
function openOver(event: MouseEvent): void {
  const link = event.currentTarget as HTMLAnchorElement;
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const root = make("div", {}, make("p", { class: "quiet editor-loading", role: "status" }, "Loading…"));
  const close = make("button", { type: "button", class: "ghost icon-only", title: "Close", onclick: () => void leave() }, make("span", { class: "unseen" }, "Close"), icon("x"));
  const title = readTarget(link) === "session" ? "Customize session token" : "Claims of the template";
  const dialog = make("dialog", { class: "editor-dialog", "aria-labelledby": "editor-dialog-title" },
    make("div", { class: "dialog-head" }, make("h2", { id: "editor-dialog-title" }, title), make("span", { class: "spacer" }),
      make("a", { class: "button ghost small", href: link.href }, icon("maximize-2"), make("span", {}, "Full page")), close), root);
  let isPublished = false;
  const leave = async (): Promise<void> => {
    if (open?.isDirty() && !(await askToLeave())) return;
    dialog.close();
  };
  dialog.addEventListener("cancel", (one) => { if (one.target === dialog) { one.preventDefault(); void leave(); } });
  root.addEventListener("published", () => { isPublished = true; });
  dialog.addEventListener("close", (one) => {
    if (one.target !== dialog) return;
    open?.root.dispatchEvent(new Event("closing"));
    open?.code.view.destroy();
    open = null;
    dialog.remove();
    if (isPublished) { isLeaving = true; location.reload(); }
  });
  document.body.append(dialog);
  openDialog(dialog, true);
  void start(root, link.dataset.editorDialog || readTarget(link), new URL(link.href).searchParams);
}

function readTarget(link: HTMLAnchorElement): string {
  return /\/jwt-templates\/([^/]+)\/claims$/.exec(link.pathname)?.[1] ?? "session";
}
