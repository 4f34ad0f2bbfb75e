import assert from "node:assert/strict";
import { test } from "node:test";
import { EditorState } from "@codemirror/state";
import { json } from "@codemirror/lang-json";
import { explainJson } from "../src/dashboard/json_fields.ts";
import { compareLines, hasChanges, pairLines } from "../src/editor/differences.ts";
import { makeInsertion } from "../src/editor/insertion.ts";
import { formatJson } from "../src/editor/json_text.ts";
import { judgeSize } from "../src/editor/meter.ts";
import { countMissingBraces, findOperand, nameClaim } from "../src/editor/shortcode_places.ts";
import { tintClass } from "../src/editor/tints.ts";
import { ago, share, writeJson } from "../src/words.ts";

test("an operand is found within braces alone, after the last ||", () => {
  assert.deepEqual(findOperand('"a": "{{user.fi'), { from: 8, written: "user.fi" });
  assert.deepEqual(findOperand('"a": "{{a || us'), { from: 13, written: "us" });
  assert.deepEqual(findOperand('"a": "{{'), { from: 8, written: "" });
  assert.equal(findOperand('"a": "user.fi'), null);
  assert.equal(findOperand('"a": "{{user.id}} x'), null);
  assert.equal(findOperand(`"a": "{{user.id || 'a || b`), null);
});

test("only the braces that are missing are written", () => {
  assert.equal(countMissingBraces('"'), 2);
  assert.equal(countMissingBraces(' || org.id}}"'), 0);
  assert.equal(countMissingBraces('}"'), 1);
  assert.equal(countMissingBraces('", "b": "{{x}}"'), 2);
});

test("a claim is named after its shortcode, and never like another", () => {
  assert.equal(nameClaim("user.first_name", new Set()), "firstName");
  assert.equal(nameClaim("org.id", new Set()), "orgId");
  assert.equal(nameClaim("user.public_metadata.plan", new Set(["plan"])), "plan2");
});

function insertAt(marked: string, shortcode: string): string {
  const at = marked.indexOf("^");
  const state = EditorState.create({ doc: marked.replace("^", ""), selection: { anchor: at }, extensions: [json()] });
  const next = state.update(makeInsertion(state, shortcode)).state;
  return `${next.sliceDoc(0, next.selection.main.head)}^${next.sliceDoc(next.selection.main.head)}`;
}

test("a shortcode brings what its place needs", () => {
  assert.equal(insertAt('{"a": "^"}', "org.id"), '{"a": "{{org.id}}^"}');
  assert.equal(insertAt('{"a": "{{us^"}', "user.id"), '{"a": "{{user.id^"}');
  assert.equal(insertAt('{"a": ^}', "org.id"), '{"a": "{{org.id}}"^}');
  assert.equal(insertAt("^", "org.id"), '{\n  "orgId": "{{org.id}}"^\n}');
  assert.equal(insertAt("{^}", "org.id"), '{\n  "orgId": "{{org.id}}"^\n}');
  assert.equal(insertAt('{\n  "a": 1^\n}', "org.id"), '{\n  "a": 1,\n  "orgId": "{{org.id}}"^\n}');
  assert.equal(insertAt('^{\n  "a": 1\n}', "org.id"), '{\n  "orgId": "{{org.id}}",^\n  "a": 1\n}');
});

test("formatting changes white space alone", () => {
  assert.equal(formatJson('{"a":1.0e5,"a":[1,{}],"b":"{{x}} , \\"" }'), '{\n  "a": 1.0e5,\n  "a": [\n    1,\n    {}\n  ],\n  "b": "{{x}} , \\""\n}');
  assert.equal(formatJson('{"big": 12345678901234567890}'), '{\n  "big": 12345678901234567890\n}');
  for (const broken of ['{"a": 1', '{"a": [}', '"open', "{]"]) assert.equal(formatJson(broken), null);
});

test("both texts can be read from their difference", () => {
  const alphabet = ["a", "b", "c"];
  for (let seed = 0; seed < 300; seed++) {
    const pick = (at: number): string => alphabet[((seed + 1) * (at + 7) * 2654435761 >>> 7) % 3] ?? "a";
    const before = Array.from({ length: seed % 7 }, (_, at) => pick(at)).join("\n");
    const after = Array.from({ length: (seed * 5) % 8 }, (_, at) => pick(at + 31)).join("\n");
    const lines = compareLines(before, after);
    assert.equal(lines.filter((one) => one.kind !== "added").map((one) => one.text).join("\n"), before);
    assert.equal(lines.filter((one) => one.kind !== "removed").map((one) => one.text).join("\n"), after);
    assert.equal(hasChanges(lines), before !== after);
    const rows = pairLines(lines);
    assert.equal(rows.flatMap((row) => (row.left ? [row.left.text] : [])).join("\n"), before);
  }
});

test("a colour follows from the name, as on the server", () => {
  assert.deepEqual(["fullName", "role", "plan", "\u{1f980}"].map(tintClass), ["tint-7", "tint-1", "tint-2", "tint-7"]);
});

test("a size is judged by the cookie before anything was left out", () => {
  const size = { limit: 4096, name: 18, header: 100, default: 300, custom: 50, signature: 342, per_claim: [], custom_payload_bytes: 37, uncut_cookie_bytes: 810 };
  const limits = { cookie: 4096, custom: 1229 };
  assert.equal(judgeSize(size, 810, limits).kind, "good");
  assert.equal(judgeSize({ ...size, custom_payload_bytes: 1230 }, 2500, limits).kind, "warn");
  assert.equal(judgeSize(size, 3700, limits).kind, "warn");
  assert.equal(judgeSize({ ...size, uncut_cookie_bytes: 4097 }, 900, limits).kind, "bad");
  assert.equal(judgeSize({ ...size, limit: null }, 9000, limits).kind, "good");
});

test("words are the server's", () => {
  assert.deepEqual([0, 59_999, 60_000, 7_200_000, 86_400_000 * 400, -180_000].map(ago), ["just now", "just now", "1 min ago", "2 h ago", "400 d ago", "in 3 min"]);
  assert.deepEqual([0, 0.001, 0.94, 0.999, 1].map(share), ["0 %", "<1 %", "94 %", ">99 %", "100 %"]);
});

test("metadata fields are told of what is no JSON object", () => {
  assert.equal(explainJson('{"a": 1}'), null);
  assert.equal(explainJson(""), null);
  assert.match(explainJson("[1]") ?? "", /object/);
  assert.match(explainJson('{\n "a": x}') ?? "", /not JSON/);
});

test("nothing in a value hides or reverses what is beside it", () => {
  assert.equal(writeJson("\u202eEvil\u200b \u{1f469}\u200d\u{1f680}"), '"\\u202eEvil\\u200b \u{1f469}\u200d\u{1f680}"');
  assert.equal(writeJson(undefined), "null");
});
