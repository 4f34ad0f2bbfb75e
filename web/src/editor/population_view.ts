/** What the draft costs all users: percentiles, a histogram with the limit, and who is over it. */
import { draw, fill, icon, make, prose } from "../dom.ts";
import { count, number, size } from "../words.ts";
import { explain, isAborted, measure, type Population } from "./api.ts";
import type { Desk } from "./desk.ts";
import { makeDebounce } from "./signal.ts";
import { chooseUserById } from "./subjects.ts";

const PAUSE_MS = 1200;
const SAMPLE = 500;

/** The line of figures below the meter: a sample while one types. */
export function makePopulationLine(desk: Desk): HTMLElement {
  const line = make("div", { class: "population-line" });
  const details = make("details", { class: "over", hidden: true });
  const element = make("section", { class: "population", "aria-label": "All users" }, line, details);
  const debounce = makeDebounce(PAUSE_MS);
  let running: AbortController | null = null;
  const load = async (): Promise<void> => {
    running?.abort();
    running = new AbortController();
    element.setAttribute("aria-busy", "true");
    try {
      const found = await measure({ ...draft(desk), sample: SAMPLE }, () => {}, running.signal);
      fill(line, ...makeFigures(desk, found));
      fillOver(desk, details, found);
    } catch (error) {
      if (!isAborted(error)) fill(line, make("span", { class: "quiet" }, "The sizes of all users are not known: the template can't be rendered."));
    }
    element.removeAttribute("aria-busy");
  };
  let measured = "";
  // A text that changed again can't be known to render: the next preview tells.
  desk.text.follow(() => debounce.cancel());
  desk.preview.follow((preview) => {
    const key = `${desk.version.get()} ${desk.text.get()}`;
    if (!preview?.token || desk.text.get() !== preview.text || key === measured) return;
    measured = key;
    debounce.ask(() => void load());
  });
  return element;
}

function draft(desk: Desk): { target: string; text: string; claims_version: number } {
  return { target: desk.facts.target, text: desk.text.get(), claims_version: desk.version.get() };
}

function makeFigures(desk: Desk, found: Population): HTMLElement[] {
  if (!found.of) return [make("span", { class: "quiet" }, "There are no users yet whose tokens could be measured.")];
  const figure = (label: string, bytes: number): HTMLElement => make("span", { class: "figure" },
    make("span", { class: "quiet" }, label), make("span", { class: `num ${bytes > desk.facts.limits.cookie ? "is-over" : ""}` }, size(bytes)));
  return [figure("p50", found.p50), figure("p95", found.p95), figure("max", found.max),
    make("span", { class: "quiet small" }, found.of < found.total ? `a sample of ${number(found.of)} of ${count(found.total, "user")}` : `of ${count(found.of, "user")}`)];
}

function fillOver(desk: Desk, details: HTMLDetailsElement, found: Population): void {
  details.hidden = found.over.count === 0;
  if (details.hidden) return;
  fill(details, make("summary", {}, icon("circle-alert"), make("span", {}, `${count(found.over.count, "user")} over the limit`)), makeUsers(desk, found));
}

/** The users whose cookies would be too large; one click shows their token. */
function makeUsers(desk: Desk, found: Population, then?: () => void): HTMLElement {
  const rows = found.over.users.map((one) => make("li", {},
    make("button", { type: "button", class: "ghost", onclick: () => { void chooseUserById(desk, one.id); then?.(); } },
      make("bdi", {}, one.name), make("span", { class: "num" }, size(one.cookie_bytes)),
      one.largest_claim ? make("span", { class: "quiet" }, "mostly ", make("code", {}, one.largest_claim)) : null)));
  const more = found.over.count - found.over.users.length;
  return make("ul", { class: "over-users" }, ...rows, more > 0 ? make("li", { class: "quiet" }, `and ${number(more)} more`) : null);
}

/** What a save would do to everybody, measured in full. */
export interface Blast { element: HTMLElement; stop(): void }

/** The full measurement with progress and a way to stop it. */
export function makeBlast(desk: Desk, leave: () => void): Blast {
  const bar = make("progress", { max: 1, value: 0, "aria-label": "Users measured" });
  const words = make("span", { class: "num" }, "0");
  const running = new AbortController();
  const stop = make("button", { type: "button", class: "ghost small", onclick: () => running.abort() }, "Stop measuring");
  const element = make("div", { class: "blast" }, make("div", { class: "blast-progress" }, bar, words, stop));
  const tell = (done: number, of: number): void => {
    bar.max = Math.max(of, 1);
    bar.value = done;
    words.textContent = `${number(done)} of ${count(of, "user")}`;
  };
  measure(draft(desk), tell, running.signal)
    .then((found) => { fill(element, ...makeResult(desk, found, leave)); desk.say(summarize(found)); })
    .catch((error: unknown) => fill(element, make("p", { class: "quiet" }, isAborted(error) ? "Stopped. The effect on all users is not known." : explain(error))));
  return { element, stop: () => running.abort() };
}

function summarize(found: Population): string {
  if (!found.of) return "There are no users yet.";
  return found.over.count ? `${count(found.over.count, "user")} of ${number(found.of)} would exceed the limit.` : `The cookies of all ${count(found.of, "user")} fit.`;
}

function makeResult(desk: Desk, found: Population, leave: () => void): (HTMLElement | null)[] {
  const isOver = found.over.count > 0;
  const policy = desk.facts.size_policy === "refuse" ? "Their tokens would be minted without any custom claim." : "For them, the largest custom claims would be left out and named in `_omitted`.";
  const verdict = make("p", { class: `verdict ${isOver ? "bad" : "good"}` }, icon(isOver ? "circle-alert" : "circle-check"),
    make("span", {}, summarize(found), " ", ...(isOver ? prose(policy) : [])));
  const failed = Object.entries(found.failed).map(([claim, users]) => make("li", {}, make("code", {}, claim), ` could not be rendered for ${count(users, "user")}`));
  return [verdict, found.of ? makeHistogram(found, desk.facts.limits.cookie) : null, make("div", { class: "population-line" }, ...makeFull(desk, found)),
    failed.length ? make("ul", { class: "plain-list" }, ...failed) : null,
    isOver ? make("details", { class: "over" }, make("summary", {}, make("span", {}, "Who they are")), makeUsers(desk, found, leave)) : null];
}

function makeFull(desk: Desk, found: Population): HTMLElement[] {
  return makeFigures(desk, found).slice(0, 3);
}

const [WIDE, HIGH, FOOT, HEAD] = [840, 72, 18, 14];

/** Users by size of their cookie; the limit is a line. */
export function makeHistogram(found: Population, limit: number): HTMLElement {
  const top = Math.max(found.max, limit) * 1.04;
  const most = Math.max(...found.histogram.map((one) => one.count), 1);
  const x = (bytes: number): number => (bytes / top) * WIDE;
  const svg = draw("svg", { class: "histogram", viewBox: `0 0 ${WIDE} ${HEAD + HIGH + FOOT}`, role: "img", "aria-label": `${summarize(found)} Median ${size(found.p50)}, 95th percentile ${size(found.p95)}, largest ${size(found.max)}.` });
  for (const bar of found.histogram) {
    const high = bar.count ? Math.max((bar.count / most) * HIGH, 2) : 0;
    const title = draw("title");
    title.textContent = `${number(bar.from)} to ${size(bar.to)}: ${count(bar.count, "user")}`;
    svg.append(draw("rect", { class: bar.to > limit ? "is-over" : "", x: x(bar.from), y: HEAD + HIGH - high, width: Math.max(x(bar.to) - x(bar.from) - 1, 2), height: high, rx: 1 }, title));
  }
  svg.append(draw("line", { class: "axis", x1: 0, x2: WIDE, y1: HEAD + HIGH, y2: HEAD + HIGH }));
  svg.append(draw("line", { class: "limit", x1: x(limit), x2: x(limit), y1: HEAD - 2, y2: HEAD + HIGH }));
  svg.append(write(x(limit) - 4, 10, `limit ${size(limit)}`, "end"), write(0, HEAD + HIGH + 13, "0", "start"), write(x(limit) - 4, HEAD + HIGH + 13, number(limit), "end"));
  const holder = make("div", { class: "histogram-holder" });
  holder.append(svg);
  return holder;
}

function write(x: number, y: number, words: string, anchor: string): SVGElement {
  const text = draw("text", { x, y, "text-anchor": anchor });
  text.textContent = words;
  return text;
}
