/** A value that others follow. */

export interface Signal<T> {
  get(): T;
  set(value: T): void;
  /** Runs on every change, and once at once. */
  follow(run: (value: T) => void): void;
}

/** A new signal. */
export function makeSignal<T>(start: T): Signal<T> {
  let value = start;
  const followers: ((value: T) => void)[] = [];
  return {
    get: () => value,
    set: (next) => {
      value = next;
      for (const run of followers) run(next);
    },
    follow: (run) => {
      followers.push(run);
      run(value);
    },
  };
}

/** Runs what was asked for last, `milliseconds` after it was asked for. */
export function makeDebounce(milliseconds: number): { ask(run: () => void): void; cancel(): void; flush(): void } {
  let timer = 0;
  let waiting: (() => void) | null = null;
  const cancel = (): void => { clearTimeout(timer); waiting = null; };
  const flush = (): void => {
    const run = waiting;
    cancel();
    run?.();
  };
  return { ask: (run) => { cancel(); waiting = run; timer = window.setTimeout(flush, milliseconds); }, cancel, flush };
}
