/** `<time datetime>`: relative words stay true while the page is open. */
import { findAll } from "../dom.ts";
import { ago } from "../words.ts";

const EVERY_MS = 30_000;

export function startTimes(): void {
  // The server's clock may be frozen or differ from the browser's: only what passed since the load is added.
  const started = performance.now();
  const shown = new WeakMap<HTMLTimeElement, { text: string; base: number }>();
  const serverNow = Date.parse(document.body.dataset.now ?? "");
  const offset = Number.isNaN(serverNow) ? 0 : serverNow - Date.now();
  const refresh = (): void => {
    for (const time of findAll<HTMLTimeElement>("time[datetime]")) {
      const moment = Date.parse(time.dateTime);
      if (Number.isNaN(moment)) continue;
      const past = Date.now() + offset - moment;
      const known = shown.get(time);
      // A text that is not in these words (a date, a length) is left as it is.
      if (!known && !/^(just now|in \d|\d+ (min|h|d) ago)/.test(time.textContent ?? "")) continue;
      if (!known && ago(past - (performance.now() - started)) !== time.textContent) continue;
      const text = ago(past);
      shown.set(time, { text, base: moment });
      if (time.textContent !== text) time.textContent = text;
    }
  };
  setInterval(refresh, EVERY_MS);
}
