/** Publishing: what will change, for whom, and what happens when somebody else was faster. */
import { fill, icon, make } from "../dom.ts";
import { ask, openDialog } from "../dialogs.ts";
import { tell } from "../toasts.ts";
import { count, number, size } from "../words.ts";
import { call, explain, Refusal, type Facts, type Json, type Preview } from "./api.ts";
import { previewBody, type Desk } from "./desk.ts";
import { makeDifference } from "./difference_view.ts";
import { formatJson } from "./json_text.ts";
import { makeBlast } from "./population_view.ts";
import { tellAuthor } from "./tools.ts";

/** Opens the dialog of a save, unless errors stand in the way: then says which. */
export async function askToPublish(desk: Desk, reason = ""): Promise<void> {
  if (!desk.facts.can_write || document.querySelector("dialog.publish[open]")) return;
  if (!desk.isDirty()) { tell("Nothing was changed since the last version."); return; }
  const preview = await loadPreview(desk, desk.text.get());
  if (!preview) return;
  desk.preview.set(preview);
  const errors = preview.diagnostics.filter((one) => one.severity === "error");
  if (errors[0]) {
    desk.say(`${count(errors.length, "error")} must be fixed before this can be published.`);
    tell(`${count(errors.length, "error")} must be fixed first`);
    desk.code.goTo(errors[0].line, errors[0].column);
    return;
  }
  openPublish(desk, preview, reason);
}

async function loadPreview(desk: Desk, text: string): Promise<Preview | null> {
  try {
    return { ...(await call<Preview>("POST", "preview", previewBody(desk, text))), text };
  } catch (error) {
    desk.trouble.set(explain(error));
    return null;
  }
}

function openPublish(desk: Desk, preview: Preview, reason: string): void {
  const dialog = make("dialog", { class: "publish", "aria-labelledby": "publish-title" });
  const input = make("input", { id: "publish-reason", maxlength: 500, value: reason, autocomplete: "off" });
  const problem = make("div", { class: "publish-problem", role: "alert" });
  const publish = make("button", { class: "primary", "data-publish": "" }, icon("check"), make("span", {}, "Publish claims"));
  const blast = makeBlast(desk, () => dialog.close());
  const red = preview.fixtures.filter((one) => !one.passed);
  const form = make("form", { onsubmit: (event) => { event.preventDefault(); void send(); } },
    makeHead("publish-title", `Publish claims: ${desk.facts.title}`, () => dialog.close()),
    make("div", { class: "dialog-body" },
      red.length ? makeRed(red.map((one) => one.name)) : null,
      makePart("Template", makeDifference(desk.base.text, desk.text.get(), [desk.base.version ? `Live, version ${desk.base.version}` : "Live", "Yours"])),
      makeTokenPart(desk, preview),
      makePart("Effect on all users", blast.element),
      make("div", { class: "field" }, make("label", { for: "publish-reason" }, "Reason ", make("span", { class: "optional" }, "optional")), input,
        make("p", { class: "hint" }, "Kept in the history and in the audit log."))),
    problem,
    make("div", { class: "form-foot" }, make("span", { class: "quiet small keys-hint" }, "Ctrl+Enter publishes"),
      make("button", { type: "button", class: "plain", onclick: () => dialog.close() }, "Keep editing"), publish));
  publish.disabled = red.length > 0;
  const send = async (): Promise<void> => {
    if (publish.disabled) return;
    publish.disabled = true;
    const refused = await publishText(desk, input.value, desk.base.version);
    publish.disabled = false;
    if (!refused || refused === "conflict") dialog.close();
    else fill(problem, icon("circle-alert"), make("span", {}, refused));
  };
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); void send(); }
    if (event.key === "s" && (event.ctrlKey || event.metaKey)) event.preventDefault();
  });
  dialog.append(form);
  dialog.addEventListener("close", () => { blast.stop(); dialog.remove(); });
  document.body.append(dialog);
  openDialog(dialog);
  input.focus();
}

function makeHead(id: string, title: string, close: () => void): HTMLElement {
  return make("div", { class: "dialog-head" }, make("h2", { id }, title),
    make("button", { type: "button", class: "ghost icon-only", title: "Close", onclick: close }, make("span", { class: "unseen" }, "Close"), icon("x")));
}

function makePart(title: string, ...children: (HTMLElement | null)[]): HTMLElement {
  return make("section", { class: "publish-part" }, make("h3", {}, title), ...children);
}

function makeRed(names: string[]): HTMLElement {
  return make("div", { class: "notice bad", role: "alert" }, icon("circle-alert"),
    make("div", {}, make("p", { class: "notice-title" }, `${count(names.length, "test")} ${names.length === 1 ? "fails" : "fail"}`),
      make("p", {}, `Red tests keep a template from being published: ${names.join(", ")}. Change the template, or delete the test.`)));
}

/** The token of the user shown, before and after; loaded while the dialog is open. */
function makeTokenPart(desk: Desk, preview: Preview): HTMLElement {
  const holder = make("div", {}, make("p", { class: "quiet" }, "Loading the live token…"));
  const heading = make("h3", {}, "Token", desk.chosen.get().user ? make("span", { class: "quiet" }, " of ", make("bdi", {}, desk.chosen.get().user?.name ?? "")) : null);
  void loadPreview(desk, desk.base.text).then((live) => {
    const change = (preview.token?.cookie_bytes ?? 0) - (live?.token?.cookie_bytes ?? 0);
    const words = change === 0 ? "as large as before" : `${number(Math.abs(change))} B ${change > 0 ? "larger" : "smaller"}`;
    fill(holder, makeDifference(writeClaims(live), writeClaims(preview), ["Live token", "New token"]),
      preview.token ? make("p", { class: "quiet small" }, `${size(preview.token.cookie_bytes)}, ${words}`) : null);
  });
  return make("section", { class: "publish-part" }, heading, holder);
}

const CHANGING = new Set(["iat", "exp", "nbf", "jti"]);

function writeClaims(preview: Preview | null): string {
  const claims = preview?.token?.claims.filter((one) => !CHANGING.has(one.name)) ?? [];
  return JSON.stringify(Object.fromEntries(claims.map((one): [string, Json] => [one.name, one.value])), null, 2);
}

/** Publishes; `""` when done, `conflict` when somebody else was first and was told of, else what is wrong. */
async function publishText(desk: Desk, reason: string, base: number): Promise<string> {
  const text = desk.text.get();
  try {
    const body = { text, base_version: base, ...(reason.trim() ? { reason: reason.trim() } : {}) };
    const { version, config_version } = await call<{ version: number; config_version: number }>("POST", `claims/${encodeURIComponent(desk.facts.target)}`, body);
    desk.facts.live_version = version;
    desk.facts.config_version = config_version;
    desk.base = { text, version };
    desk.text.set(desk.text.get());
    tell(`Published version ${version}`);
    await refresh(desk);
    return "";
  } catch (error) {
    if (error instanceof Refusal && error.status === 409 && typeof error.meta.live_text === "string") {
      void settleConflict(desk, error, reason);
      return "conflict";
    }
    return explain(error);
  }
}

async function refresh(desk: Desk): Promise<void> {
  const path = `editor/${encodeURIComponent(desk.facts.target)}`;
  const facts = await call<Facts>("GET", path).catch(() => null);
  if (facts) Object.assign(desk.facts, { history: facts.history, fixtures: facts.fixtures, live_version: facts.live_version });
  desk.root.dispatchEvent(new CustomEvent("published", { bubbles: true }));
}

/** Somebody published in the meantime: both texts side by side, and three ways on. Nothing is lost in any of them. */
async function settleConflict(desk: Desk, refusal: Refusal, reason: string): Promise<void> {
  const { live_text: live, live_version: version, author, created_at: at } = refusal.meta;
  const theirs = formatJson(String(live)) ?? String(live);
  const mine = desk.text.get();
  const who = tellAuthor(typeof author === "string" ? author : null, typeof at === "number" ? at : null);
  const answer = await ask(`Version ${String(version)} is live already`, [
    make("p", {}, "While you edited, ", make("bdi", {}, who), " published other claims. Nothing of yours is lost: choose what goes on."),
    makeDifference(theirs, mine, [`Theirs, version ${String(version)}`, "Yours"]),
  ], [
    { label: "Keep editing", value: "edit" },
    { label: "Take theirs", value: "theirs" },
    { label: "Keep mine over theirs", value: "mine", kind: "primary" },
  ], "conflict wide");
  if (answer !== "mine" && answer !== "theirs") { desk.code.view.focus(); return; }
  desk.base = { text: theirs, version: Number(version) };
  if (answer === "theirs") {
    desk.code.setText(theirs);
    desk.text.set(theirs);
    tell("Theirs is in the editor", { label: "Bring mine back", run: () => desk.code.setText(mine) });
    await refresh(desk);
    return;
  }
  const refused = await publishText(desk, reason, Number(version));
  if (refused && refused !== "conflict") { tell(refused); desk.text.set(mine); }
}

/** Asks before changes are thrown away. */
export async function askToLeave(): Promise<boolean> {
  const answer = await ask("Leave without publishing?", ["Your text is kept as a draft and offered when you come back."], [
    { label: "Keep editing", value: "stay" }, { label: "Leave", value: "leave", kind: "primary" },
  ]);
  return answer === "leave";
}
