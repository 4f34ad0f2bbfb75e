/** How numbers and times are written; the same words as the server's `dashboard/words.py`. */

const STEPS: readonly (readonly [number, string])[] = [[60, "s"], [60, "min"], [24, "h"], [0, "d"]];

/** A time that passed, such as `3 min ago`; one to come, such as `in 3 min`. */
export function ago(milliseconds: number): string {
  let left = Math.floor(Math.abs(milliseconds) / 1000);
  for (const [size, unit] of STEPS) {
    if (!size || left < size) {
      if (unit === "s") return "just now";
      return milliseconds >= 0 ? `${left} ${unit} ago` : `in ${left} ${unit}`;
    }
    left = Math.floor(left / size);
  }
  return "";
}

/** A number with separators, e.g. `3,412`. */
export function number(value: number): string {
  return value.toLocaleString("en-US", { maximumFractionDigits: 0 });
}

/** Bytes, e.g. `3,412 B`. */
export function size(value: number): string {
  return `${number(value)} B`;
}

/** A share, e.g. `94 %`; `<1 %` and `>99 %` where rounding would lie. */
export function share(part: number): string {
  const percent = Math.round(part * 100);
  if (percent === 0 && part > 0) return "<1 %";
  if (percent === 100 && part < 1) return ">99 %";
  return `${percent} %`;
}

/** A count with its noun, e.g. `1 user`, `1,200 users`. */
export function count(value: number, noun: string): string {
  return `${number(value)} ${noun}${value === 1 ? "" : "s"}`;
}

/** What is not seen, or turns round what is beside it; joiners stay, emoji and some scripts need them. */
const UNSEEN = /[\u0080-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** JSON in which no character hides or reverses another; as the server's `core/json_text.py` writes it. */
export function writeJson(value: unknown, indent = 0): string {
  const text = JSON.stringify(value, null, indent) ?? "null";
  return text.replace(UNSEEN, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
