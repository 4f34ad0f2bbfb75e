// Shows new mails as they come: asks for the newest one every two seconds, reloads when it is another.
"use strict";
const newest = document.querySelector("#outbox").dataset.newest;
const look = async () => {
  if (document.visibilityState === "visible") {
    try {
      const answer = await fetch("/dashboard/outbox.json?limit=1", { cache: "no-store" });
      const { mails } = await answer.json();
      if (answer.ok && (mails[0]?.id ?? "") !== newest) {
        location.reload();
        return;
      }
    } catch {
      // The server is away, perhaps restarting: the next look tells.
    }
  }
  setTimeout(look, 2000);
};
setTimeout(look, 2000);
