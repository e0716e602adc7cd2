// Small comforts. Every page works without them.
"use strict";

(function theme() {
  const root = document.documentElement;
  let chosen = null;
  try { chosen = localStorage.getItem("theme"); } catch { /* storage may be off */ }
  if (chosen === "light" || chosen === "dark") root.dataset.theme = chosen;
})();

document.addEventListener("DOMContentLoaded", () => {
  const root = document.documentElement;

  document.querySelector("[data-theme-switch]")?.addEventListener("click", () => {
    const dark = root.dataset.theme
      ? root.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    try { localStorage.setItem("theme", root.dataset.theme); } catch { /* storage may be off */ }
  });

  // "/" goes to the search box, as in many tools
  const find = document.querySelector("[data-find]");
  document.addEventListener("keydown", (event) => {
    const typing = /^(input|textarea|select)$/i.test(event.target.tagName);
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && find) {
      event.preventDefault();
      find.focus();
    }
  });

  for (const button of document.querySelectorAll("[data-copy]")) {
    button.addEventListener("click", async () => {
      const label = button.textContent;
      try {
        await navigator.clipboard.writeText(button.dataset.copy);
        button.textContent = "Copied";
      } catch {
        button.textContent = button.dataset.copy;
      }
      setTimeout(() => { button.textContent = label; }, 2000);
    });
  }

  for (const box of document.querySelectorAll("[data-filter]")) {
    const rows = document.getElementById(box.dataset.filter).tBodies[0].rows;
    box.addEventListener("input", () => {
      const wanted = box.value.trim().toLowerCase();
      for (const row of rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
    });
  }

  for (const place of document.querySelectorAll("[data-origin]")) place.textContent = location.origin;
});
