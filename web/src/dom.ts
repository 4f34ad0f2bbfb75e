/** Small words for the document: find, make, fill. */

export type Child = Node | string | null | undefined | false;
type Attributes = Record<string, string | number | boolean | undefined | EventListener>;

/** The elements that a selector finds. */
export function findAll<T extends Element = HTMLElement>(selector: string, root: ParentNode = document): T[] {
  return [...root.querySelectorAll<T>(selector)];
}

/** The first element that a selector finds. */
export function find<T extends Element = HTMLElement>(selector: string, root: ParentNode = document): T | null {
  return root.querySelector<T>(selector);
}

/** The first element that a selector finds; a page without it is a defect. */
export function need<T extends Element = HTMLElement>(selector: string, root: ParentNode = document): T {
  const found = root.querySelector<T>(selector);
  if (!found) throw new Error(`The page has no ${selector}`);
  return found;
}

/** A new element: attributes, listeners (`onclick`), then children; strings become text, never markup. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K, attributes: Attributes = {}, ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== undefined) element.setAttribute(name, String(value));
  }
  fill(element, ...children);
  return element;
}

/** Replace what is in an element. */
export function fill(element: Element, ...children: Child[]): void {
  element.replaceChildren(...children.filter((one): one is Node | string => Boolean(one)));
}

const SVG = "http://www.w3.org/2000/svg";

/** A new SVG element. */
export function draw(tag: string, attributes: Record<string, string | number> = {}, ...children: Node[]): SVGElement {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/** An icon of the sprite. */
export function icon(name: string): SVGElement {
  const use = draw("use", { href: `${spriteAddress()}#${name}` });
  return draw("svg", { class: "icon", width: 16, height: 16, "aria-hidden": "true", focusable: "false" }, use);
}

function spriteAddress(): string {
  const used = find<SVGUseElement>("svg.icon use")?.getAttribute("href") ?? "/dashboard/static/icons.svg";
  return used.split("#")[0] ?? used;
}

/** A `<meta>` of the page. */
export function readMeta(name: string): string {
  return find<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? "";
}

/** A sentence whose parts in backticks are code. */
export function prose(sentence: string): Child[] {
  return sentence.split("`").map((part, at) => (at % 2 ? make("code", {}, part) : part));
}
