"use strict";
// What table and plots share: the data in the page, and its colours.

const byId = (id) => document.getElementById(id);
const root = document.documentElement;
const colour = (name) => getComputedStyle(root).getPropertyValue(name).trim();

/** The bytes of an island: base64 of a zlib stream. */
async function unpacked(id) {
  const text = byId(id).textContent;
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).arrayBuffer();
}

const changed = []; // what draws with the theme's colours
function isDark() {
  return root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}
function themeButton() {
  const button = byId("theme");
  const show = () => {
    button.textContent = isDark() ? "Light" : "Dark";
    button.setAttribute("aria-label", `Switch to ${isDark() ? "light" : "dark"} colours`);
  };
  button.hidden = false;
  show();
  const redraw = () => {
    show();
    changed.forEach((draw) => draw());
  };
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    redraw();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
}
