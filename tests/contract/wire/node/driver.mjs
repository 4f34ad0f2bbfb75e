// Drives the unmodified @clerk/backend for the tests beside this folder.
// A call is one line of JSON on standard input, `{call, args, options?}`; its answer is one line on standard output,
// `{value}` or `{error}`. Arguments: the server's Backend API address, secret key and publishable key.

import { createInterface } from "node:readline";
import { createClerkClient, verifyToken } from "@clerk/backend";

const [apiUrl, secretKey, publishableKey] = process.argv.slice(2);
const settings = { apiUrl, secretKey, publishableKey, telemetry: { disabled: true } };
const CALL_MILLISECONDS = 20_000;

// The SDK tells what it noticed on the console, whose standard output is for answers here.
console.log = console.error;
console.warn = console.error;

/** What a request's authentication tells an application, as plain data. */
async function describeState(state) {
  const auth = state.toAuth();
  return {
    status: state.status,
    reason: state.reason,
    tokenType: state.tokenType,
    isAuthenticated: state.isAuthenticated,
    headers: Object.fromEntries(state.headers),
    setCookies: state.headers.getSetCookie(),
    auth: auth && {
      userId: auth.userId,
      sessionId: auth.sessionId,
      orgId: auth.orgId,
      orgRole: auth.orgRole,
      sessionClaims: auth.sessionClaims,
      token: await auth.getToken(),
    },
  };
}

async function answerCall({ call, args, options }) {
  if (call === "verifyToken") return verifyToken(...args);
  const clerk = createClerkClient({ ...settings, ...options });
  if (call === "authenticateRequest") {
    const [{ url, method, headers }, requestOptions] = args;
    return describeState(await clerk.authenticateRequest(new Request(url, { method, headers }), requestOptions));
  }
  const [api, verb] = call.split(".");
  return clerk[api][verb](...args);
}

function describeError(error) {
  const { name, message, status, reason, code, clerkTraceId, retryAfter, errors } = error;
  return { name, message, status, reason, code, clerkTraceId, retryAfter, errors };
}

function timeLimit() {
  return new Promise((_, reject) => {
    const refuse = () => reject(new Error(`no answer within ${CALL_MILLISECONDS} ms`));
    setTimeout(refuse, CALL_MILLISECONDS).unref();
  });
}

/** Resources keep the JSON that they were made of in `_raw`; tests read the resource. */
const withoutRaw = (key, value) => (key === "_raw" ? undefined : value);

for await (const line of createInterface({ input: process.stdin })) {
  const answer = await Promise.race([answerCall(JSON.parse(line)), timeLimit()]).then(
    (value) => ({ value: value ?? null }),
    (error) => ({ error: describeError(error) }),
  );
  process.stdout.write(`${JSON.stringify(answer, withoutRaw)}\n`);
}
