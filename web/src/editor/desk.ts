/** What all parts of one open editor share. */
import { call, explain, isAborted, type Facts, type Preview, type Subject, type SubjectUser, type Token } from "./api.ts";
import type { Code } from "./code.ts";
import { makeDebounce, makeSignal, type Signal } from "./signal.ts";

const PREVIEW_MS = 150;

/** Whom the preview is for, with what is known of the user. */
export interface Chosen { user: SubjectUser | null; subject: Subject }

export interface Desk {
  readonly root: HTMLElement;
  facts: Facts;
  code: Code;
  /** What the text was when it was published last; its version is what a save is based on. */
  base: { text: string; version: number };
  readonly text: Signal<string>;
  readonly chosen: Signal<Chosen>;
  readonly version: Signal<number>;
  readonly preview: Signal<Preview | null>;
  /** The last token that could be made. */
  readonly token: Signal<Token | null>;
  /** What stands in the way of the preview, for a person; `""` is nothing. */
  readonly trouble: Signal<string>;
  /** The claim that is pointed at, in whichever part. */
  readonly pointed: Signal<string | null>;
  isDirty(): boolean;
  askPreview(): void;
  say(sentence: string): void;
}

/** The shared state of an editor; `code` is set by who opens it. */
export function makeDesk(root: HTMLElement, facts: Facts, say: (sentence: string) => void): Desk {
  const debounce = makeDebounce(PREVIEW_MS);
  let running: AbortController | null = null;
  const desk: Desk = {
    root, facts, code: undefined as unknown as Code, base: { text: facts.text, version: facts.live_version },
    text: makeSignal(facts.text),
    chosen: makeSignal<Chosen>({ user: null, subject: { organization_id: null, impersonated: false } }),
    version: makeSignal(facts.claims_version),
    preview: makeSignal<Preview | null>(null), token: makeSignal<Token | null>(null),
    trouble: makeSignal(""), pointed: makeSignal<string | null>(null),
    isDirty: () => desk.text.get() !== desk.base.text,
    askPreview: () => debounce.ask(() => void load()),
    say,
  };
  async function load(): Promise<void> {
    running?.abort();
    running = new AbortController();
    try {
      const text = desk.text.get();
      const preview = { ...(await call<Preview>("POST", "preview", previewBody(desk, text), running.signal)), text };
      desk.trouble.set("");
      desk.preview.set(preview);
      if (preview.token) desk.token.set(preview.token);
    } catch (error) {
      if (!isAborted(error)) desk.trouble.set(explain(error));
    }
  }
  return desk;
}

/** What a preview of a text asks for. */
export function previewBody(desk: Desk, text: string): Record<string, unknown> {
  return { target: desk.facts.target, text, claims_version: desk.version.get(), subject: desk.chosen.get().subject };
}
