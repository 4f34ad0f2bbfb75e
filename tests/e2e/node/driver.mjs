// Drives a headless Chromium for the tests beside this folder, by the unmodified playwright-core.
// A call is one line of JSON on standard input, `{on, call, args}`: the method `call` of the object that `on` names ("browser"
// is there from the start). Its answer is one line on standard output: `{value}`, `{handle}` when the value is an object of
// the browser, or `{error}`. Argument: Chromium's program.

import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // What isn't this machine has no address: a request that leaves is seen in the log, and goes nowhere.
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
];
const [executablePath] = process.argv.slice(2);
const CALL_MILLISECONDS = 10_000;

const browser = await chromium.launch({ executablePath, args: ARGUMENTS, headless: true });
const objects = new Map([["browser", browser]]);
const logs = new Map();

/** Every request of a context, in the order sent, with what became of it; and what its pages said and threw. */
function recordContext(context) {
  const log = { requests: [], messages: [] };
  const entries = new Map();
  context.on("request", (request) => {
    const entry = {
      method: request.method(),
      url: request.url(),
      kind: request.resourceType(),
      is_navigation: request.isNavigationRequest(),
      body: request.postData(),
      status: null,
      location: null,
      failure: null,
    };
    entries.set(request, entry);
    log.requests.push(entry);
  });
  context.on("response", (response) => {
    const entry = entries.get(response.request());
    entry.status = response.status();
    entry.location = response.headers().location ?? null;
  });
  context.on("requestfailed", (request) => {
    entries.get(request).failure = request.failure()?.errorText ?? "failed";
  });
  context.on("console", (message) => log.messages.push(`${message.type()}: ${message.text()}`));
  context.on("weberror", (thrown) => log.messages.push(`thrown: ${thrown.error().stack ?? thrown.error()}`));
  context.on("page", (page) => {
    page.on("dialog", (dialog) => {
      log.messages.push(`dialog: ${dialog.type()} ${dialog.message()}`);
      dialog.dismiss().catch(() => {});
    });
    page.on("websocket", (socket) => log.requests.push({ method: "GET", url: socket.url(), kind: "websocket" }));
  });
  context.setDefaultTimeout(CALL_MILLISECONDS);
  return log;
}

/** Plain data as a value; an object of the browser as a handle, under which it is kept. */
function describeValue(value) {
  const kind = value?._type;
  if (kind !== "BrowserContext" && kind !== "Page") return { value: kind ? null : (value ?? null) };
  const handle = value._guid;
  if (!objects.has(handle)) {
    objects.set(handle, value);
    if (kind === "BrowserContext") logs.set(handle, recordContext(value));
    value.once("close", () => objects.delete(handle));
  }
  return { handle };
}

async function answerCall({ on, call, args }) {
  if (call === "log") return { value: logs.get(on) };
  const target = objects.get(on);
  if (!target) throw new Error(`${on} was closed`);
  return describeValue(await target[call](...args));
}

for await (const line of createInterface({ input: process.stdin })) {
  const answer = await answerCall(JSON.parse(line)).catch((error) => ({ error: error.message }));
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
await browser.close();
