/** What is being written is kept as it is typed, and offered on return. */
import { fill, icon, make } from "../dom.ts";
import { ago } from "../words.ts";
import { call, Refusal } from "./api.ts";
import type { Desk } from "./desk.ts";
import { makeDebounce } from "./signal.ts";

const PAUSE_MS = 1000;

/** The line that says whether the draft is kept, and the offer of an older one. */
export interface Drafts { state: HTMLElement; offer: HTMLElement; keep(): void; drop(): Promise<void> }

/** Follows the text of a desk. */
export function makeDrafts(desk: Desk): Drafts {
  const state = make("span", { class: "draft-state quiet" });
  const offer = make("div", { class: "draft-offer", hidden: true });
  const debounce = makeDebounce(PAUSE_MS);
  const path = `drafts/${encodeURIComponent(desk.facts.target)}`;
  let kept = desk.facts.draft?.text ?? null;
  const save = async (): Promise<void> => {
    const text = desk.text.get();
    if (!desk.isDirty() || text === kept) return;
    try {
      await call("PUT", path, { text, base_version: desk.base.version });
      kept = text;
      state.textContent = "Draft kept";
    } catch (error) {
      state.textContent = error instanceof Refusal && error.status < 500 ? "The draft could not be kept" : "Offline: the draft is not kept";
    }
  };
  const drop = async (): Promise<void> => {
    debounce.cancel();
    offer.hidden = true;
    state.textContent = "";
    if (kept === null) return;
    kept = null;
    await call("DELETE", path).catch(() => {});
  };
  const keep = (): void => {
    if (!desk.facts.can_write) return;
    state.textContent = "";
    if (desk.isDirty()) debounce.ask(() => void save());
    else if (offer.hidden) void drop();
  };
  window.addEventListener("pagehide", () => debounce.flush());
  desk.root.addEventListener("closing", () => debounce.flush());
  showOffer(desk, offer, drop);
  return { state, offer, keep, drop };
}

function showOffer(desk: Desk, offer: HTMLElement, drop: () => Promise<void>): void {
  const { draft } = desk.facts;
  if (!draft || draft.text === desk.base.text || !desk.facts.can_write) return;
  const at = new Date(draft.updated_at).toISOString();
  const isOld = draft.base_version !== desk.base.version;
  offer.hidden = false;
  fill(offer, icon("history"),
    make("p", {}, "A draft was kept ", make("time", { datetime: at, title: at }, ago(Date.now() - draft.updated_at)),
      isOld ? `; version ${desk.base.version} was published after it was begun.` : "."),
    make("button", { type: "button", class: "plain small", onclick: () => { offer.hidden = true; desk.code.setText(draft.text); desk.code.view.focus(); } }, "Restore draft"),
    make("button", { type: "button", class: "ghost small", onclick: () => { void drop(); desk.code.view.focus(); } }, "Discard"));
}
