/** The live token: decoded, raw, or as the cookie that a browser stores. */
import { fill, icon, make, prose, type Child } from "../dom.ts";
import { size, writeJson } from "../words.ts";
import type { Claim, Json, Source, Token } from "./api.ts";
import { makeChoices, refill } from "./controls.ts";
import type { Desk } from "./desk.ts";
import { tintClass } from "./tints.ts";

type View = "decoded" | "raw" | "cookie";

/** The views with their switch. */
export function makeTokenView(desk: Desk): HTMLElement {
  const holder = make("div", { class: "token-view", tabindex: 0, role: "region", "aria-label": "Token" });
  const explained = make("div", { class: "explained", id: "explained" });
  const state = make("p", { class: "token-state", hidden: true });
  let view: View = "decoded";
  const render = (): void => {
    const token = desk.token.get();
    if (!token) { refill(holder, "none", make("p", { class: "quiet" }, "The token appears here.")); return; }
    if (view === "decoded") renderDecoded(desk, holder, token);
    else renderText(holder, token, view === "cookie" ? `Cookie: ${desk.facts.cookie_name}=` : "");
  };
  desk.token.follow(render);
  desk.preview.follow((preview) => {
    const isOld = Boolean(preview && !preview.token);
    holder.classList.toggle("is-old", isOld);
    state.hidden = !isOld;
    const words = preview?.problem ?? (desk.token.get() ? "The template has errors. This is the last token that it made." : "The template has errors, so it makes no token yet.");
    fill(state, icon("circle-alert"), make("span", {}, words));
  });
  desk.pointed.follow((name) => { point(holder, name); explain(desk, explained, name); });
  desk.token.follow(() => explain(desk, explained, desk.pointed.get()));
  const views: [string, string][] = [["decoded", "Decoded"], ["raw", "Raw"], ["cookie", "Cookie"]];
  const bar = make("div", { class: "token-bar" }, makeChoices("View", "token-view", views, view, (key) => { view = key as View; render(); }));
  if (desk.facts.target === "session") {
    bar.append(makeChoices("Version of the claims", "claims-version", [["1", "v1"], ["2", "v2"]], String(desk.version.get()), (key) => {
      desk.version.set(Number(key));
      desk.askPreview();
    }));
  }
  return make("div", { class: "token-part" }, bar, state, holder, explained);
}

function renderDecoded(desk: Desk, holder: HTMLElement, token: Token): void {
  const had = document.activeElement instanceof HTMLElement && holder.contains(document.activeElement)
    ? document.activeElement.dataset.claim : undefined;
  const scrolled = holder.scrollTop;
  const rows: Child[] = [
    makeBand("header", "Header", token.size.header),
    ...Object.entries(token.header).map(([name, value]) => makeFixed(name, value)),
    makeBand("payload", "Payload", token.size.default + token.size.custom),
    ...token.claims.map((claim) => makeClaim(desk, claim)),
    ...token.omitted.map((name) => makeAbsent(name, "left out, because the cookie would be too large")),
    ...token.failed.map((name) => makeAbsent(name, "left out, because it could not be rendered")),
    makeBand("signature", "Signature", token.size.signature),
    make("p", { class: "fixed quiet" }, `${token.signature_characters} characters, made when the token is minted`),
  ];
  delete holder.dataset.shown;
  fill(holder, ...rows);
  holder.scrollTop = scrolled;
  point(holder, desk.pointed.get());
  if (had) findClaim(holder, had)?.focus({ preventScroll: true });
}

function makeBand(kind: string, label: string, bytes: number): HTMLElement {
  return make("div", { class: `band ${kind}` }, make("h3", {}, label), make("span", { class: "num" }, size(bytes)));
}

function makeFixed(name: string, value: Json): HTMLElement {
  return make("p", { class: "fixed" }, make("code", {}, `${writeJson(name)}: ${writeJson(value)}`));
}

function makeAbsent(name: string, why: string): HTMLElement {
  return make("p", { class: "fixed absent" }, icon("triangle-alert"), make("span", {}, make("code", {}, name), ` ${why}`));
}

function makeClaim(desk: Desk, claim: Claim): HTMLElement {
  const isCustom = claim.kind === "custom";
  const point = (): void => desk.pointed.set(claim.name);
  const words = isCustom ? "custom claim" : "default claim";
  return make("button", {
    type: "button", class: `minted-claim ${claim.kind} ${isCustom ? tintClass(claim.name) : ""}`, "data-claim": claim.name,
    "aria-describedby": "explained", onmouseenter: point, onfocus: point,
    onclick: () => { if (claim.line) desk.code.goTo(claim.line, claim.column ?? 1); },
  },
    make("span", { class: "minted-text" },
      make("span", { class: "minted-name" }, writeJson(claim.name)), ": ",
      make("span", { class: "minted-value" }, writeJson(claim.value, 2))),
    make("span", { class: "num minted-size" }, make("span", { class: "unseen" }, `${words}, `), size(claim.bytes)));
}

function findClaim(holder: HTMLElement, name: string): HTMLElement | null {
  return holder.querySelector<HTMLElement>(`[data-claim="${CSS.escape(name)}"]`);
}

function point(holder: HTMLElement, name: string | null): void {
  for (const one of holder.querySelectorAll(".is-pointed")) one.classList.remove("is-pointed");
  if (name !== null) findClaim(holder, name)?.classList.add("is-pointed");
}

function explain(desk: Desk, holder: HTMLElement, name: string | null): void {
  const claim = desk.token.get()?.claims.find((one) => one.name === name);
  if (!claim) {
    refill(holder, "none", make("p", { class: "quiet" }, "Point at a claim to see where its value comes from."));
    return;
  }
  const key = JSON.stringify(claim);
  if (claim.kind === "default") {
    refill(holder, key, makeTitle(claim, "default"), make("p", {}, ...prose(claim.doc || "Set by the server.")));
    return;
  }
  const sources = claim.sources.length
    ? make("ul", { class: "sources" }, ...claim.sources.map(makeSource))
    : make("p", {}, "A static value of the template.");
  refill(holder, key, makeTitle(claim, `line ${claim.line ?? 1}`), sources);
}

function makeTitle(claim: Claim, words: string): HTMLElement {
  return make("p", { class: `explained-title ${claim.kind === "custom" ? tintClass(claim.name) : ""}` },
    make("span", { class: "swatch" }), make("code", {}, claim.name), make("span", { class: "quiet" }, `${words} · ${size(claim.bytes)}`));
}

function makeSource(source: Source): HTMLElement {
  const shown = writeJson(source.value);
  return make("li", { class: source.used ? "is-used" : "" }, icon(source.used ? "check" : "minus"),
    make("code", {}, source.text), make("span", { class: "quiet" }, source.used ? "used" : "not used"),
    make("code", { class: "source-value" }, shown.length > 120 ? `${shown.slice(0, 117)}…` : shown),
    source.doc ? make("span", { class: "quiet source-doc" }, ...prose(source.doc)) : null);
}

function renderText(holder: HTMLElement, token: Token, name: string): void {
  const hidden = "·".repeat(token.signature_characters);
  refill(holder, `${name}${token.header_text}.${token.payload_text}.${hidden.length}`,
    make("p", { class: "raw", tabindex: 0 },
      name ? make("span", { class: "raw-name" }, name) : null,
      make("span", { class: "raw-header" }, token.header_text), ".",
      make("span", { class: "raw-payload" }, token.payload_text), ".",
      make("span", { class: "raw-signature" }, hidden)),
    make("p", { class: "quiet small" }, "The signature is made when the token is minted; all else is what the browser will get."),
    make("button", { type: "button", class: "plain small", "data-copy": `${token.header_text}.${token.payload_text}.` },
      icon("copy"), make("span", {}, "Copy without signature")));
}
