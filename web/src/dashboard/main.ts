/** What every page of the dashboard gains with JavaScript. Nothing depends on it. */
import { startCopying } from "./copying.ts";
import { startEditorLinks } from "./editor_links.ts";
import { startGuards } from "./guards.ts";
import { startJsonFields } from "./json_fields.ts";
import { startOpening } from "./opening.ts";
import { startTables } from "./tables.ts";
import { startTimes } from "./times.ts";

startCopying();
startOpening();
startTimes();
startGuards();
startTables();
startJsonFields();
startEditorLinks();
forgetNotice();

/** Once told, `?done=` goes from the address, so that a reload does not tell it again. */
function forgetNotice(): void {
  const address = new URL(location.href);
  if (!address.searchParams.has("done")) return;
  address.searchParams.delete("done");
  history.replaceState(history.state, "", address);
}
