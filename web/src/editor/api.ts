/** The JSON that the editor exchanges with its server. */
import { readMeta } from "../dom.ts";

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** Exact text edits are in UTF-16 offsets, as JavaScript counts. */
export interface Fix { title: string; from: number; to: number; replacement: string }

export interface Finding {
  code: string; severity: "error" | "warning"; line: number; column: number; length: number; from: number; to: number;
  message: string; hint: string; claim: string | null; path: string; fix: Fix | null;
}

export interface Source { text: string; from: number; to: number; value: Json; used: boolean; doc: string; cut: boolean }

export interface Claim {
  name: string; value: Json; kind: "default" | "custom"; bytes: number; doc: string;
  line: number | null; column: number | null; sources: Source[];
}

/** Characters of the cookie; `limit` is `null` for the token of a JWT template, which is in no cookie. */
export interface Size {
  limit: number | null; name: number; header: number; default: number; custom: number; signature: number;
  per_claim: { name: string; kind: "default" | "custom"; bytes: number }[];
  custom_payload_bytes: number; uncut_cookie_bytes: number;
}

export interface Token {
  header: Record<string, Json>; header_text: string; payload_text: string; signature_characters: number;
  claims: Claim[]; omitted: string[]; failed: string[]; cookie_bytes: number; size: Size;
}

export interface Verdict { id: string; name: string; passed: boolean; diff: { path: string; message: string }[] }

export interface Preview {
  diagnostics: Finding[];
  token: Token | null;
  types: { typescript: string; python: string; json_schema: string } | null;
  how_to_read: Record<string, string> | null;
  fixtures: Verdict[];
  problem: string | null;
  /** What was previewed; set here, not by the server. */
  text: string;
}

export interface Shortcode {
  name: string; root: string; type: string; nullable: boolean; doc: string; is_path: boolean; group: string;
}
export interface MetadataKey { name: string; type: string; coverage: number; median_bytes: number; of: number }
export interface Recipe { name: string; description: string; text: string; cookie_bytes: number }
export interface Draft { text: string; base_version: number; author: string; updated_at: number }
export interface Published { version: number; author: string; reason: string | null; created_at: number }
export interface Fixture { id: string; name: string; expected: Json; context: Json; author: string; created_at: number }

export interface Facts {
  target: string; title: string; text: string; live_version: number; config_version: number; draft: Draft | null;
  claims_version: number; size_policy: string; claims_priority: string[]; cookie_name: string; can_write: boolean;
  shortcodes: Shortcode[]; metadata_keys: MetadataKey[]; recipes: Recipe[]; reserved: string[];
  default_claims: { name: string; doc: string }[]; fixtures: Fixture[]; history: Published[];
  limits: { cookie: number; custom: number; template_bytes: number };
}

export interface SubjectSession {
  id: string; device: string; status: string; organization_id: string | null; last_active_at: number;
}
export interface SubjectUser {
  id: string; name: string; email: string | null; sessions: SubjectSession[];
  organizations: { id: string; name: string; role: string }[];
}

/** Whom the preview is for. `organization_id`: `null` is the session's active one, `""` none. */
export interface Subject {
  user_id?: string; organization_id: string | null; session_id?: string; impersonated: boolean;
}

export interface Bar { from: number; to: number; count: number }
export interface Population {
  of: number; total: number; p50: number; p95: number; max: number; histogram: Bar[];
  over: { count: number; users: { id: string; name: string; cookie_bytes: number; largest_claim: string | null }[] };
  omitted: Record<string, number>; failed: Record<string, number>; largest_user_id: string | null;
}

interface WireError { code: string; message: string; long_message: string; meta?: Record<string, Json> }

/** What the server refused, with its wire error. */
export class Refusal extends Error {
  readonly status: number;
  readonly errors: WireError[];

  constructor(status: number, errors: WireError[]) {
    super(errors[0]?.long_message || errors[0]?.message || `The server answered ${status}.`);
    this.status = status;
    this.errors = errors;
  }

  get code(): string { return this.errors[0]?.code ?? ""; }
  get meta(): Record<string, Json> { return this.errors[0]?.meta ?? {}; }
}

const ROOT = "/dashboard/api";

/** Whether a request was given up by us. */
export function isAborted(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

/** A sentence for a person about why something did not work. */
export function explain(error: unknown): string {
  if (error instanceof Refusal) {
    return error.status === 401 ? "You are signed out. Sign in in another tab; your text stays here." : error.message;
  }
  return "The server can't be reached. Your text stays here.";
}

async function send(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (method !== "GET") headers["X-CSRF-Token"] = readMeta("csrf-token");
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const init: RequestInit = { method, headers, credentials: "same-origin" };
  if (body !== undefined) init.body = JSON.stringify(body);
  if (signal) init.signal = signal;
  const response = await fetch(`${ROOT}/${path}`, init);
  if (response.ok) return response;
  const told = (await response.json().catch(() => ({}))) as { errors?: WireError[] };
  throw new Refusal(response.status, told.errors ?? []);
}

/** The JSON of an answer; `undefined` where it has no body. */
export async function call<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const text = await (await send(method, path, body, signal)).text();
  return (text ? JSON.parse(text) : undefined) as T;
}

/** The size of the token of every user, or of `sample` of them; `tell` is given what is done meanwhile. */
export async function measure(
  body: { target: string; text: string; claims_version?: number; sample?: number },
  tell: (done: number, of: number) => void,
  signal: AbortSignal,
): Promise<Population> {
  const response = await send("POST", "population", body, signal);
  for await (const line of readLines(response)) {
    const message = JSON.parse(line) as { done?: number; of?: number; result?: Population; error?: WireError };
    if (message.result) return message.result;
    if (message.error) throw new Refusal(500, [message.error]);
    if (message.done !== undefined) tell(message.done, message.of ?? 0);
  }
  throw new Error("The stream ended early.");
}

async function* readLines(response: Response): AsyncGenerator<string> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const part = await reader?.read();
    if (!part || part.done) break;
    const lines = (rest + part.value).split("\n");
    rest = lines.pop() ?? "";
    yield* lines.filter(Boolean);
  }
  if (rest) yield rest;
}
