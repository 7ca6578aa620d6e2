// Comfort only: without this file the buttons save. Saves a page's answers as they are chosen, one saving after the other.
"use strict";
(() => {
  const form = document.querySelector("form[data-autosave]");
  const line = document.getElementById("saved");
  if (!form || !line) return;
  const WAIT = 700; // arrow keys pass over answers: the one that stays is saved
  let timer = null;
  let running = null;
  let changed = false;

  const say = (sentences, wrong) => {
    line.toggleAttribute("data-wrong", wrong);
    line.textContent = sentences.join(" ");
  };

  const once = async () => {
    changed = false;
    try {
      const answer = await fetch(form.action, {
        method: "POST", headers: { Accept: "application/json" }, body: new URLSearchParams(new FormData(form)), redirect: "manual",
      });
      if (answer.status === 409) return form.submit(); // the page again, with both what is saved and what was chosen here
      const told = await answer.json();
      if (answer.ok) form.elements.revision.value = told.revision;
      say(told.told, !answer.ok);
    } catch {
      say([line.dataset.failed], true);
    }
  };

  const save = () => {
    running = running || (async () => { while (changed) await once(); running = null; })();
    return running;
  };

  form.addEventListener("change", () => {
    changed = true;
    clearTimeout(timer);
    timer = setTimeout(save, WAIT);
  });

  // A button pressed while a saving is under way waits for it: the page's own saving is not somebody else's.
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    if (!running) return;
    event.preventDefault();
    event.stopPropagation();
    changed = false;
    running.then(() => form.requestSubmit(event.submitter));
  });
})();
