"use strict";
// The rows as points on two canvases.

function readPoints(buffer, about) {
  const n = about.count;
  const array = (name, Kind) => name in about.starts ? new Kind(buffer.slice(about.starts[name], about.starts[name] + n * Kind.BYTES_PER_ELEMENT)) : null;
  const spread = (name) => {
    const steps = array(name, Uint16Array);
    if (!steps) return null;
    const [low, high] = about.ranges[name];
    return Float32Array.from(steps, (v) => low + (high - low) * v / about.steps);
  };
  const kind = array("kind", Uint8Array);
  const influence = spread("influence").map((v, i) => kind[i] & 2 ? NaN : about.linear * Math.sinh(v)); // a canvas skips NaN
  return { count: n, influence, score: spread("score"), x: spread("x"), y: spread("y"),
    given: array("given", Uint16Array), issue: kind.map((k) => k & 1) };
}

const CLASS_COLOURS = 6; // the others are grey

/** Classes by frequency among the points: place 0 is the most frequent. */
function classPlaces(points, names) {
  const counts = new Array(names.length).fill(0);
  for (const code of points.given) counts[code] += 1;
  const order = names.map((_, i) => i).sort((a, b) => counts[b] - counts[a]);
  const place = new Array(names.length);
  order.forEach((code, i) => { place[code] = Math.min(i, CLASS_COLOURS); });
  return { place, order };
}

/** A colour #rrggbb as a pixel without its opacity, in the order of a picture's bytes. */
function pixelColour(name) {
  const value = parseInt(colour(name).slice(1), 16);
  return (value >> 16) | (value & 0xff00) | ((value & 0xff) << 16);
}

/** Draws the points as small squares into a picture of their own: ten times as fast as asking the canvas for each. */
function drawSquares(u, plot, px, py) {
  const { left, top, width, height } = u.bbox, { issue, groups, colours } = plot, n = px.length;
  const size = Math.max(1, Math.round((n > 2000 ? 2 : 4) * devicePixelRatio)), hit = n > 20000 ? 115 : 180;
  const layer = document.createElement("canvas");
  layer.width = width; layer.height = height;
  const ctx = layer.getContext("2d"), picture = ctx.createImageData(width, height);
  const pixels = new Uint32Array(picture.data.buffer), hues = colours.map(pixelColour);
  for (let i = 0; i < n; i++) {
    if (issue[i] || Number.isNaN(py[i])) continue;
    const x = Math.round(px[i] - left - size / 2), y = Math.round(py[i] - top - size / 2);
    for (let row = Math.max(0, y); row < Math.min(height, y + size); row++) {
      for (let at = row * width + Math.max(0, x); at < row * width + Math.min(width, x + size); at++) {
        const opacity = Math.min(255, (pixels[at] >>> 24) + hit); // where points lie on each other it grows
        pixels[at] = ((opacity << 24) | hues[groups[i]]) >>> 0;
      }
    }
  }
  ctx.putImageData(picture, 0, 0);
  u.ctx.drawImage(layer, left, top);
}

function drawCrosses(u, plot, px, py) {
  const { ctx } = u, { left, top, width, height } = u.bbox, { issue } = plot;
  const arm = (issue.reduce((sum, k) => sum + k, 0) > 1000 ? 2 : 3) * devicePixelRatio;
  ctx.save();
  ctx.beginPath(); ctx.rect(left, top, width, height); ctx.clip();
  for (const [style, wide] of [["--back", arm > 2.5 * devicePixelRatio ? 4 : 2.4], ["--hot", 1.6]]) {
    ctx.strokeStyle = colour(style); ctx.lineWidth = wide * devicePixelRatio;
    ctx.beginPath();
    for (let i = 0; i < px.length; i++) {
      if (!issue[i]) continue;
      ctx.moveTo(px[i] - arm, py[i] - arm); ctx.lineTo(px[i] + arm, py[i] + arm);
      ctx.moveTo(px[i] - arm, py[i] + arm); ctx.lineTo(px[i] + arm, py[i] - arm);
    }
    ctx.stroke();
  }
  ctx.restore();
}

/** Draws all points: squares in the colour of their group, then the suspects as crosses. */
function drawPoints(u, plot) {
  plot.px = Float32Array.from(plot.xs, (v) => u.valToPos(v, "x", true));
  plot.py = Float32Array.from(plot.ys, (v) => u.valToPos(v, "y", true));
  drawSquares(u, plot, plot.px, plot.py);
  drawCrosses(u, plot, plot.px, plot.py);
}

const padded = ([low, high]) => { const room = (high - low) * 0.04; return [low - room, high + room]; };

function scatter(id, plot, tell) {
  const box = byId(id);
  const decades = (u, _axis, low, high) => {
    const least = plot.yScale.asinh, ticks = [0];
    for (let size = 10 ** Math.ceil(Math.log10(least)); size <= Math.max(high, -low); size *= 10) ticks.unshift(-size), ticks.push(size);
    return ticks.filter((v) => v >= low && v <= high);
  };
  const axis = (label) => ({ label, stroke: () => colour("--muted"), grid: { stroke: () => colour("--line"), width: 1 }, ticks: { stroke: () => colour("--line"), width: 1 }, labelSize: 22 });
  const sized = () => ({ width: Math.max(220, box.clientWidth - 12), height: Math.max(330, Math.min(420, box.clientWidth * 0.75)) });
  let begun = performance.now();
  const full = { x: plot.xRange, y: plot.yRange };
  const range = (name) => (u, low, high) => u.data && low !== null && Number.isFinite(low) && plot.zoomed ? [low, high] : full[name];
  const u = new uPlot({
    ...sized(), mode: 2, legend: { show: false },
    cursor: { points: { show: false }, drag: { x: true, y: true, uni: 20 } },
    scales: { x: { time: false, range: range("x") }, y: { range: range("y"), ...plot.yScale } },
    axes: [axis(plot.xLabel), { ...axis(plot.yLabel), size: 64, ...(plot.yScale.asinh ? { splits: decades, filter: (_u, ticks) => ticks, values: (_u, ticks) => ticks.map((v) => String(Number(v.toPrecision(1)))) } : {}) }],
    series: [null, { facets: [{ scale: "x", auto: true }, { scale: "y", auto: true }], paths: (self) => { drawPoints(self, plot); return null; }, points: { show: false } }],
    hooks: {
      setSelect: [(self) => { plot.zoomed = self.select.width > 0; }],
      drawClear: [() => { if (begun === null) begun = performance.now(); }],
      draw: [() => { box.dataset.drawMs = (performance.now() - begun).toFixed(1); box.dataset.points = plot.xs.length; begun = null; }],
    },
  }, [null, [plot.xs, plot.ys]], box);
  u.over.addEventListener("dblclick", () => { plot.zoomed = false; u.redraw(true, true); }, true);
  u.over.addEventListener("mousemove", (event) => tell(nearest(u, plot, event)));
  const fit = () => { const size = sized(); if (size.width !== u.width) u.setSize(size); };
  new ResizeObserver(() => requestAnimationFrame(fit)).observe(box);
  changed.push(() => u.redraw(false, true));
}

/** The listed row whose point is nearest the pointer, or -1 where none is near. */
function nearest(u, plot, event) {
  const frame = u.over.getBoundingClientRect(), ratio = devicePixelRatio;
  const x = u.bbox.left + (event.clientX - frame.left) * ratio, y = u.bbox.top + (event.clientY - frame.top) * ratio;
  let best = -1, least = (14 * ratio) ** 2;
  for (let i = 0; i < plot.listed; i++) {
    const away = (plot.px[i] - x) ** 2 + (plot.py[i] - y) ** 2 - (plot.issue[i] ? ratio : 0);
    if (away < least) { best = i; least = away; }
  }
  return best;
}

function reader(columns) {
  const of = Object.fromEntries(columns.map((c) => [c.name, c]));
  const by = (role) => columns.find((c) => c.role === role).cells;
  const [given, predicted, score, why] = [by("given"), by("predicted"), by("score"), by("why")];
  const rows = columns.find((c) => c.role === "number").cells;
  const lines = of.line && of.line.role === "number" ? of.line.cells : null;
  return (i) => {
    if (i < 0) return;
    const place = `row ${rows[i]}` + (lines && lines[i] !== null ? `, line ${lines[i]}` : "");
    const change = given[i] === predicted[i] ? `${given[i]}` : `given ${given[i]}, more probably ${predicted[i]}`;
    byId("readout").textContent = `${place}: ${change}; label score ${score[i].toFixed(3)}; ${why[i]}.`;
  };
}

function influenceRange(points) {
  let low = Infinity, high = -Infinity;
  for (const v of points.influence) { if (v < low) low = v; if (v > high) high = v; }
  return high > low ? [low * (low < 0 ? 1.3 : 0.8), high * (high > 0 ? 1.3 : 0.8)] : [low - 1, high + 1];
}

function drawPlots(points, about, columns) {
  const tell = reader(columns), listed = Math.min(columns[0].cells.length, points.count);
  const common = { issue: points.issue, listed };
  scatter("plot-influence", { ...common, xs: points.score, ys: points.influence, groups: new Uint8Array(points.count), colours: ["--point"],
    xLabel: "label score", yLabel: "average influence", xRange: [-0.03, 1.03], yRange: influenceRange(points), yScale: { distr: 4, asinh: about.linear } }, tell);
  if (!points.x) return;
  const { place, order } = classPlaces(points, about.classes);
  scatter("plot-projection", { ...common, xs: points.x, ys: points.y, groups: Uint8Array.from(points.given, (code) => place[code]),
    colours: Array.from({ length: CLASS_COLOURS + 1 }, (_, i) => `--c${i}`), xLabel: about.across, yLabel: "up",
    xRange: padded(about.ranges.x), yRange: padded(about.ranges.y), yScale: {} }, tell);
  legend(order, about.classes);
}

function legend(order, names) {
  const entry = (kind, text) => {
    const item = document.createElement("span"), words = document.createElement("b");
    item.className = kind; words.textContent = text; item.append(words);
    byId("legend-projection").append(item);
  };
  order.slice(0, CLASS_COLOURS).forEach((code, i) => entry(`k${i}`, names[code]));
  if (order.length > CLASS_COLOURS) entry("k6", `${order.length - CLASS_COLOURS} other classes`);
  entry("cross", "suspect");
}
