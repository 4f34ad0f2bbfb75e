/** A difference side by side, stacked on a phone. */
import { make } from "../dom.ts";
import { compareLines, hasChanges, pairLines, type Line } from "./differences.ts";

/** The two texts; `headings` name the sides. */
export function makeDifference(before: string, after: string, headings: [string, string]): HTMLElement {
  const lines = compareLines(before, after);
  if (!hasChanges(lines)) return make("p", { class: "quiet" }, "Nothing differs.");
  const rows = pairLines(lines).map(({ left, right }) => make("tr", {}, ...side(left, "left"), ...side(right, "right")));
  const columns = make("colgroup", {}, ...["line-number", "", "line-number", ""].map((one) => make("col", { class: one })));
  const table = make("table", { class: "difference" }, columns,
    make("thead", {}, make("tr", {}, ...headings.map((one) => make("th", { scope: "col", colspan: 2 }, one)))), make("tbody", {}, ...rows));
  return make("div", { class: "difference-holder", tabindex: 0, role: "region", "aria-label": `${headings[0]} and ${headings[1]}` }, table);
}

function side(line: Line | null, which: "left" | "right"): HTMLElement[] {
  const kind = line?.kind ?? "absent";
  const sign = kind === "removed" ? "removed: " : kind === "added" ? "added: " : "";
  return [
    make("td", { class: `line-number ${kind}`, "aria-hidden": "true" }, line ? String(line[which] ?? "") : ""),
    make("td", { class: `line-text ${kind} ${which}` }, sign ? make("span", { class: "unseen" }, sign) : null, line?.text ?? ""),
  ];
}
