"use strict";
// The page comes to life: it works as far as it goes without any of this.

async function start() {
  themeButton();
  if (typeof DecompressionStream === "undefined") {
    byId("table-note").textContent = "This browser is too old to unpack the whole table and the plots.";
    return;
  }
  const about = JSON.parse(byId("points-about").textContent);
  const [rows, dots] = await Promise.all([unpacked("table-data"), unpacked("points-data")]);
  const columns = readColumns(rows);
  drawPlots(readPoints(dots, about), about, columns);
  fillTable(columns);
  root.dataset.ready = "true";
}

start();
