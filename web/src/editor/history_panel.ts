/** Published versions: what changed since, and the way back. */
import { fill, icon, make } from "../dom.ts";
import { ago } from "../words.ts";
import { call, explain, type Published } from "./api.ts";
import { makeHint } from "./controls.ts";
import type { Desk } from "./desk.ts";
import { makeDifference } from "./difference_view.ts";
import { formatJson } from "./json_text.ts";

/** The list; `revert` is given the text of an old version. */
export function makeHistory(desk: Desk, revert: (text: string, version: number) => void): HTMLElement {
  const holder = make("div", { class: "history" });
  const render = (): void => {
    const { history } = desk.facts;
    fill(holder, ...(history.length ? [make("ol", { class: "versions" }, ...history.map((one) => makeVersion(desk, one, revert)))]
      : [makeHint("Nothing was published yet. Every version stays here, with its author and reason.")]));
  };
  desk.root.addEventListener("published", render);
  render();
  return holder;
}

function makeVersion(desk: Desk, one: Published, revert: (text: string, version: number) => void): HTMLElement {
  const isLive = one.version === desk.facts.live_version;
  const shown = make("div", { class: "version-text" });
  const details = make("details", { class: "version", ontoggle: () => { if (details.open && !shown.hasChildNodes()) void load(); } });
  const load = async (): Promise<void> => {
    try {
      const found = await call<{ text: string }>("GET", `history/${encodeURIComponent(desk.facts.target)}/${one.version}`);
      const text = formatJson(found.text) ?? found.text;
      const back = make("button", { type: "button", class: "plain small", onclick: () => revert(text, one.version) }, icon("rotate-ccw"), make("span", {}, `Revert to version ${one.version}`));
      fill(shown, makeDifference(text, desk.text.get(), [`Version ${one.version}`, "Yours"]), desk.facts.can_write && !isLive ? back : null);
    } catch (error) {
      fill(shown, make("p", { class: "quiet" }, explain(error)));
    }
  };
  const at = new Date(one.created_at).toISOString();
  fill(details, make("summary", {},
    make("span", { class: "version-name" }, `Version ${one.version}`), isLive ? make("span", { class: "badge good" }, "Live") : null,
    make("span", { class: "quiet" }, make("bdi", {}, one.author), " · ", make("time", { datetime: at, title: at }, ago(Date.now() - one.created_at))),
    make("span", { class: "version-reason" }, one.reason ?? "")), shown);
  return make("li", {}, details);
}
