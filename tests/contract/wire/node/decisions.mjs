// What the unmodified `authenticateRequest` of @clerk/backend decides on many requests, at one fixed time.
// Standard input: one JSON object `{now, cases: [{url, method, headers, options}]}`; standard output: one JSON list.

import { text } from "node:stream/consumers";
import { createClerkClient } from "@clerk/backend";

const { now, cases } = JSON.parse(await text(process.stdin));
Date.now = () => now * 1000;
// The SDK tells what it noticed on the console; nobody reads it here.
console.log = console.warn = console.error = () => {};

async function decide({ url, method, headers, options }) {
  const clerk = createClerkClient({ ...options, telemetry: { disabled: true } });
  const state = await clerk.authenticateRequest(new Request(url, { method, headers }), options);
  return {
    status: state.status,
    reason: state.reason,
    userId: state.toAuth()?.userId ?? null,
    location: state.headers.get("location"),
    setCookies: state.headers.getSetCookie(),
  };
}

const decided = [];
for (const one of cases) {
  decided.push(await decide(one).catch((error) => ({ threw: String(error.message) })));
}
process.stdout.write(JSON.stringify(decided));
