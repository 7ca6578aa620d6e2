// Comfort only: every page works without this file.
"use strict";
(() => {
  const summary = document.getElementById("error-summary");
  if (summary) summary.focus();

  // A form is sent once; going back makes its button work again.
  document.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (event.target.dataset.sent) return event.preventDefault();
    if (event.target.method === "post") event.target.dataset.sent = "1";
    if (button && event.target.method === "post") button.setAttribute("aria-disabled", "true");
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
    for (const button of document.querySelectorAll(".button[aria-disabled]")) button.removeAttribute("aria-disabled");
  });

  for (const field of document.querySelectorAll('input[type="file"]')) {
    for (const name of ["dragenter", "dragover"]) field.addEventListener(name, () => field.classList.add("dropping"));
    for (const name of ["dragleave", "drop"]) field.addEventListener(name, () => field.classList.remove("dropping"));
  }

  // The menu is folded on a phone, and is there again when the phone is turned or the window is made wider.
  const fold = document.querySelector(".side-fold");
  const narrow = window.matchMedia("(max-width: 61.99em)");
  if (fold && narrow.matches) fold.open = false;
  if (fold) narrow.addEventListener("change", () => { fold.open = !narrow.matches; });

  // A link to a confirmation page opens the dialog instead, where there is one.
  for (const link of document.querySelectorAll("[data-opens]")) {
    link.addEventListener("click", (event) => { event.preventDefault(); document.getElementById(link.dataset.opens).showModal(); });
  }

  for (const button of document.querySelectorAll("[data-print]")) button.addEventListener("click", () => window.print());

  // Two minutes before the session ends somebody is asked whether to go on.
  const ending = document.getElementById("session-ending");
  const minutes = Number(document.body.dataset.sessionMinutes);
  if (ending && minutes > 2) {
    let timer;
    const wait = () => { timer = setTimeout(() => ending.showModal(), (minutes - 2) * 60000); };
    ending.querySelector("[data-extend]").addEventListener("click", async () => {
      const answer = await fetch(ending.dataset.url, { headers: { "HX-Request": "true" } });
      ending.close();
      if (answer.ok) { clearTimeout(timer); wait(); }
    });
    wait();
  }
})();
