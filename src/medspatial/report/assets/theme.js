"use strict";
// Light or dark: what the reader chose last on this page, else what the system asks for.
(() => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  let chosen = null;
  try { chosen = localStorage.getItem("medspatial-theme"); } catch { /* storage may be closed to local files */ }
  const apply = () => { root.dataset.theme = chosen || (dark.matches ? "dark" : "light"); };
  apply();
  dark.addEventListener("change", apply);
  document.addEventListener("DOMContentLoaded", () => {
    const button = document.getElementById("theme");
    const name = () => { button.textContent = root.dataset.theme === "dark" ? "Light page" : "Dark page"; };
    name();
    dark.addEventListener("change", name);
    button.hidden = false;
    button.addEventListener("click", () => {
      chosen = root.dataset.theme === "dark" ? "light" : "dark";
      try { localStorage.setItem("medspatial-theme", chosen); } catch { /* the choice then holds until the page is closed */ }
      apply();
      name();
    });
  });
})();
