/** `a[data-editor-dialog]`: pages that link to the editor get its script, which opens it as a dialog over them. */
import { find, make } from "../dom.ts";

const FOLDER = "/dashboard/static";

export function startEditorLinks(): void {
  if (!find("a[data-editor-dialog]") || find('script[src*="/editor.js"]')) return;
  document.head.append(
    make("link", { rel: "stylesheet", href: `${FOLDER}/editor.css` }), make("script", { defer: true, src: `${FOLDER}/editor.js` }));
}
