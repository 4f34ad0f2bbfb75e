/** Whom the token is for: a user, found by search, at random or by size; their organization and session. */
import { fill, icon, make } from "../dom.ts";
import { ago } from "../words.ts";
import { call, explain, isAborted, type Subject, type SubjectUser } from "./api.ts";
import type { Desk } from "./desk.ts";
import { makeDebounce } from "./signal.ts";

const SEARCH_MS = 150;

/** The controls. The newest user is chosen to begin with. */
export function makeSubjects(desk: Desk, choose: (id: string) => void): HTMLElement {
  const combobox = makeCombobox(desk);
  const organization = make("select", { id: "subject-organization", onchange: () => change(desk, { organization_id: organization.value === "-" ? null : organization.value }) });
  const session = make("select", { id: "subject-session", onchange: () => changeSession(desk, session.value) });
  const impersonated = make("input", { type: "checkbox", id: "subject-impersonated", onchange: () => change(desk, { impersonated: impersonated.checked }) });
  desk.chosen.follow(({ user, subject }) => {
    fillOrganizations(organization, user, subject);
    fillSessions(session, user, subject);
    impersonated.checked = subject.impersonated;
    impersonated.disabled = organization.disabled = session.disabled = !user;
  });
  const pick = (kind: string, label: string, name: string): HTMLElement =>
    make("button", { type: "button", class: "plain small", onclick: () => void pickUser(desk, kind) }, icon(name), make("span", {}, label));
  void pickUser(desk, "search", choose);
  return make("div", { class: "subjects" },
    make("div", { class: "subject-user" }, combobox, pick("random", "Random", "shuffle"), pick("largest", "Largest", "maximize-2")),
    make("div", { class: "subject-more" },
      make("label", { for: "subject-organization" }, make("span", {}, "Organization"), organization),
      make("label", { for: "subject-session" }, make("span", {}, "Session"), session),
      make("label", { class: "subject-check", for: "subject-impersonated" }, impersonated, make("span", {}, "Impersonated"))));
}

/** Chooses the first user of a pick. */
export async function pickUser(desk: Desk, pick: string, then?: (id: string) => void): Promise<void> {
  try {
    const { users } = await call<{ users: SubjectUser[] }>("GET", `subjects?pick=${pick}`);
    const user = users[0];
    if (user) chooseUser(desk, user);
    else if (!desk.chosen.get().user) desk.askPreview();
    if (user) then?.(user.id);
  } catch (error) {
    desk.trouble.set(explain(error));
  }
}

/** Shows the token of a user. */
export function chooseUser(desk: Desk, user: SubjectUser): void {
  const { impersonated } = desk.chosen.get().subject;
  desk.chosen.set({ user, subject: { user_id: user.id, organization_id: null, impersonated } });
  desk.askPreview();
}

/** Shows the token of the user with this id. */
export async function chooseUserById(desk: Desk, id: string, organization: string | null = null): Promise<void> {
  const { users } = await call<{ users: SubjectUser[] }>("GET", `subjects?query=${encodeURIComponent(id)}`);
  const user = users.find((one) => one.id === id);
  if (!user) return;
  chooseUser(desk, user);
  if (organization) change(desk, { organization_id: organization });
}

function change(desk: Desk, changed: Partial<Subject>): void {
  const { user, subject } = desk.chosen.get();
  desk.chosen.set({ user, subject: { ...subject, ...changed } });
  desk.askPreview();
}

function changeSession(desk: Desk, id: string): void {
  const { user, subject } = desk.chosen.get();
  const { session_id: _, ...rest } = subject;
  desk.chosen.set({ user, subject: id ? { ...rest, session_id: id } : rest });
  desk.askPreview();
}

function fillOrganizations(select: HTMLSelectElement, user: SubjectUser | null, subject: Subject): void {
  const value = subject.organization_id ?? "-";
  const active = activeOrganization(user, subject);
  fill(select, option("-", active ? `Active: ${active}` : "Active organization", value), option("", "No organization", value),
    ...(user?.organizations ?? []).map((one) => option(one.id, `${one.name} (${one.role})`, value)));
}

function activeOrganization(user: SubjectUser | null, subject: Subject): string {
  const session = user?.sessions.find((one) => one.id === subject.session_id) ?? user?.sessions[0];
  return user?.organizations.find((one) => one.id === session?.organization_id)?.name ?? "";
}

function fillSessions(select: HTMLSelectElement, user: SubjectUser | null, subject: Subject): void {
  const value = subject.session_id ?? "";
  const newest = user?.sessions.length ? "Newest session" : "Example session";
  fill(select, option("", newest, value), ...(user?.sessions ?? []).map((one) =>
    option(one.id, `${one.device || "Session"} · ${one.status} · ${ago(Date.now() - one.last_active_at)}`, value)));
}

function option(value: string, label: string, chosen: string): HTMLOptionElement {
  return make("option", { value, selected: value === chosen }, label);
}

/** A search field with a list of users: the combobox of ARIA 1.2. */
function makeCombobox(desk: Desk): HTMLElement {
  const input = make("input", {
    id: "subject-search", type: "text", role: "combobox", autocomplete: "off", spellcheck: "false", "aria-expanded": "false",
    "aria-controls": "subject-list", "aria-autocomplete": "list",
  });
  const list = make("ul", { id: "subject-list", role: "listbox", class: "subject-list", "aria-label": "Users", hidden: true });
  const debounce = makeDebounce(SEARCH_MS);
  let [users, at]: [SubjectUser[], number] = [[], -1];
  let running: AbortController | null = null;

  const close = (): void => { list.hidden = true; at = -1; input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); };
  const showName = (): void => { input.value = desk.chosen.get().user?.name ?? ""; };
  const take = (user: SubjectUser | undefined): void => { if (user) { chooseUser(desk, user); close(); showName(); } };
  const mark = (to: number): void => {
    at = users.length ? (to + users.length) % users.length : -1;
    for (const [index, item] of [...list.children].entries()) item.setAttribute("aria-selected", String(index === at));
    if (at >= 0) { input.setAttribute("aria-activedescendant", `subject-${at}`); list.children[at]?.scrollIntoView({ block: "nearest" }); }
  };
  const show = (found: SubjectUser[]): void => {
    [users, at] = [found, -1];
    const items = found.map((one, index) => make("li", { id: `subject-${index}`, role: "option", "aria-selected": "false", onpointerdown: (event) => { event.preventDefault(); take(one); } },
      make("bdi", {}, one.name), make("bdi", { class: "quiet" }, one.email || one.id)));
    fill(list, ...(items.length ? items : [make("li", { role: "option", "aria-disabled": "true", class: "quiet" }, "No user is called so")]));
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
  };
  const load = async (): Promise<void> => {
    running?.abort();
    running = new AbortController();
    try {
      show((await call<{ users: SubjectUser[] }>("GET", `subjects?query=${encodeURIComponent(input.value.trim())}`, undefined, running.signal)).users);
    } catch (error) {
      if (!isAborted(error)) desk.trouble.set(explain(error));
    }
  };
  input.addEventListener("input", () => debounce.ask(() => void load()));
  input.addEventListener("focus", () => input.select());
  input.addEventListener("blur", () => { debounce.cancel(); close(); showName(); });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) void load();
      else mark(at + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter") { event.preventDefault(); take(users[at] ?? (list.hidden ? undefined : users[0])); }
    else if (event.key === "Escape" && !list.hidden) { event.preventDefault(); event.stopPropagation(); close(); showName(); }
  });
  desk.chosen.follow(() => { if (document.activeElement !== input) showName(); });
  return make("div", { class: "search subject-search" }, make("label", { class: "unseen", for: "subject-search" }, "User whose token is shown"), icon("search"), input, list);
}
