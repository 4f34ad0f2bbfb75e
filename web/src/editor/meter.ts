/** How much of a cookie the token takes: a stacked bar, numbers and a word. */
import { draw, fill, icon, make } from "../dom.ts";
import { number, size } from "../words.ts";
import type { Size, Token } from "./api.ts";
import type { Desk } from "./desk.ts";
import { tintClass } from "./tints.ts";

export interface State { kind: "good" | "warn" | "bad"; word: string; icon: string }

/** What to think of a size; amber from the custom budget or 90 % of the cookie on. */
export function judgeSize(size: Size, cookieBytes: number, limits: { cookie: number; custom: number }): State {
  const customBytes = size.custom_payload_bytes;
  if (size.limit === null) return { kind: "good", word: "No limit: this token is in no cookie", icon: "info" };
  if (size.uncut_cookie_bytes > limits.cookie) return { kind: "bad", word: "Too large for a cookie", icon: "circle-alert" };
  if (customBytes > limits.custom) return { kind: "warn", word: "Over the budget for custom claims", icon: "triangle-alert" };
  if (cookieBytes > limits.cookie * 0.9) return { kind: "warn", word: "Close to the limit", icon: "triangle-alert" };
  return { kind: "good", word: "Fits", icon: "circle-check" };
}

/** The meter of the token shown. */
export function makeMeter(desk: Desk): HTMLElement {
  const head = make("div", { class: "meter-head" });
  const bars = make("div", { class: "meter-bars" });
  const element = make("section", { class: "meter", "aria-label": "Size" }, head, bars);
  let said = "";
  desk.token.follow((token) => {
    element.hidden = !token;
    if (!token) return;
    const state = judgeSize(token.size, token.cookie_bytes, desk.facts.limits);
    fill(head, make("span", { class: `badge ${state.kind}` }, icon(state.icon), state.word),
      token.size.uncut_cookie_bytes > token.cookie_bytes
        ? make("span", { class: "quiet small" }, `${size(token.size.uncut_cookie_bytes)} before claims were left out`) : null);
    fill(bars, ...drawBars(desk, token));
    if (said && said !== state.word) desk.say(`${state.word}: ${size(token.cookie_bytes)}.`);
    said = state.word;
  });
  return element;
}

function drawBars(desk: Desk, token: Token): HTMLElement[] {
  const { cookie, custom } = desk.facts.limits;
  const isCookie = token.size.limit !== null;
  const whole = isCookie ? `${number(token.cookie_bytes)} of ${size(cookie)}` : size(token.cookie_bytes);
  const bars = [makeBar(isCookie ? "Cookie" : "Token", whole, isCookie ? cookie : token.cookie_bytes, listParts(token.size))];
  const parts = token.claims.filter((one) => one.kind === "custom").map((one) => ({ label: one.name, bytes: one.bytes, css: `part-custom ${tintClass(one.name)}` }));
  const words = `${number(token.size.custom_payload_bytes)} of about ${size(custom)}`;
  return isCookie ? [...bars, makeBar("Custom claims", words, custom, parts)] : bars;
}

interface Part { label: string; bytes: number; css: string }

function listParts(told: Size): Part[] {
  return [
    { label: "name", bytes: told.name, css: "part-name" }, { label: "header", bytes: told.header, css: "part-header" },
    { label: "default claims", bytes: told.default, css: "part-default" }, ...listCustom(told),
    { label: "signature", bytes: told.signature, css: "part-signature" },
  ];
}

function listCustom(told: Size): Part[] {
  const parts = told.per_claim.filter((one) => one.kind === "custom").map((one) => ({ label: one.name, bytes: one.bytes, css: `part-custom ${tintClass(one.name)}` }));
  const rest = told.custom - parts.reduce((sum, one) => sum + one.bytes, 0);
  return rest > 0 ? [...parts, { label: "other custom claims", bytes: rest, css: "part-default" }] : parts;
}

const WIDTH = 1000;

function makeBar(label: string, words: string, limit: number, parts: Part[]): HTMLElement {
  const total = parts.reduce((sum, one) => sum + one.bytes, 0);
  const scale = WIDTH / Math.max(limit, total);
  const svg = draw("svg", { class: "meter-bar", viewBox: `0 0 ${WIDTH} 12`, preserveAspectRatio: "none", role: "img", "aria-label": `${label}: ${words}` });
  svg.append(draw("rect", { class: "track", x: 0, y: 0, width: WIDTH, height: 12 }));
  let x = 0;
  for (const part of parts) {
    const width = part.bytes * scale;
    const title = draw("title");
    title.textContent = `${part.label}: ${size(part.bytes)}`;
    svg.append(draw("rect", { class: part.css, x, y: 0, width: Math.max(width - 1.5, 0.5), height: 12 }, title));
    x += width;
  }
  for (const tick of total > limit ? [limit] : []) svg.append(draw("rect", { class: "tick", x: tick * scale - 1, y: 0, width: 2, height: 12 }));
  return make("div", { class: "meter-line" }, make("span", { class: "meter-label" }, make("span", {}, label), make("span", { class: "num" }, words)), wrap(svg));
}

function wrap(svg: SVGElement): HTMLElement {
  const holder = make("div", { class: "meter-holder" });
  holder.append(svg);
  return holder;
}
