"use strict";
// Two plots of the points, with axes, zoom, legend, and what the pointer is at.

const padded = ([low, high]) => {
  const room = (high - low) * 0.04;
  return [low - room, high + room];
};

function scatter(id, plot, tell) {
  const box = byId(id);
  const decades = (u, _axis, low, high) => {
    const least = plot.yScale.asinh,
      ticks = [0];
    for (let size = 10 ** Math.ceil(Math.log10(least)); size <= Math.max(high, -low); size *= 10)
      (ticks.unshift(-size), ticks.push(size));
    return ticks.filter((v) => v >= low && v <= high);
  };
  const axis = (label) => ({
    label,
    stroke: () => colour("--muted"),
    grid: { stroke: () => colour("--line"), width: 1 },
    ticks: { stroke: () => colour("--line"), width: 1 },
    labelSize: 22,
  });
  const sized = () => ({
    width: Math.max(220, box.clientWidth - 12),
    height: Math.max(330, Math.min(420, box.clientWidth * 0.75)),
  });
  let begun = performance.now();
  const full = { x: plot.xRange, y: plot.yRange };
  const range = (name) => (u, low, high) =>
    u.data && low !== null && Number.isFinite(low) && plot.zoomed ? [low, high] : full[name];
  const u = new uPlot(
    {
      ...sized(),
      mode: 2,
      legend: { show: false },
      cursor: { points: { show: false }, drag: { x: true, y: true, uni: 20 } },
      scales: { x: { time: false, range: range("x") }, y: { range: range("y"), ...plot.yScale } },
      axes: [
        axis(plot.xLabel),
        {
          ...axis(plot.yLabel),
          size: 64,
          ...(plot.yScale.asinh
            ? {
                splits: decades,
                filter: (_u, ticks) => ticks,
                values: (_u, ticks) => ticks.map((v) => String(Number(v.toPrecision(1)))),
              }
            : {}),
        },
      ],
      series: [
        null,
        {
          facets: [
            { scale: "x", auto: true },
            { scale: "y", auto: true },
          ],
          paths: (self) => {
            drawPoints(self, plot);
            return null;
          },
          points: { show: false },
        },
      ],
      hooks: {
        setSelect: [
          (self) => {
            plot.zoomed = self.select.width > 0;
          },
        ],
        drawClear: [
          () => {
            if (begun === null) begun = performance.now();
          },
        ],
        draw: [
          () => {
            box.dataset.drawMs = (performance.now() - begun).toFixed(1);
            box.dataset.points = plot.xs.length;
            begun = null;
          },
        ],
      },
    },
    [null, [plot.xs, plot.ys]],
    box,
  );
  u.over.addEventListener(
    "dblclick",
    () => {
      plot.zoomed = false;
      u.redraw(true, true);
    },
    true,
  );
  u.over.addEventListener("mousemove", (event) => tell(nearest(u, plot, event)));
  const fit = () => {
    const size = sized();
    if (size.width !== u.width) u.setSize(size);
  };
  new ResizeObserver(() => requestAnimationFrame(fit)).observe(box);
  changed.push(() => u.redraw(false, true));
}

/** The listed row whose point is nearest the pointer, or -1 where none is near. */
function nearest(u, plot, event) {
  const frame = u.over.getBoundingClientRect(),
    ratio = devicePixelRatio;
  const x = u.bbox.left + (event.clientX - frame.left) * ratio,
    y = u.bbox.top + (event.clientY - frame.top) * ratio;
  let best = -1,
    least = (14 * ratio) ** 2;
  for (let i = 0; i < plot.listed; i++) {
    const away = (plot.px[i] - x) ** 2 + (plot.py[i] - y) ** 2 - (plot.issue[i] ? ratio : 0);
    if (away < least) {
      best = i;
      least = away;
    }
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
  let low = Infinity,
    high = -Infinity;
  for (const v of points.influence) {
    if (v < low) low = v;
    if (v > high) high = v;
  }
  return high > low ? [low * (low < 0 ? 1.3 : 0.8), high * (high > 0 ? 1.3 : 0.8)] : [low - 1, high + 1];
}

function drawPlots(points, about, columns) {
  const tell = reader(columns),
    listed = Math.min(columns[0].cells.length, points.count);
  const common = { issue: points.issue, listed };
  scatter(
    "plot-influence",
    {
      ...common,
      xs: points.score,
      ys: points.influence,
      groups: new Uint8Array(points.count),
      colours: ["--point"],
      xLabel: "label score",
      yLabel: "average influence",
      xRange: [-0.03, 1.03],
      yRange: influenceRange(points),
      yScale: { distr: 4, asinh: about.linear },
    },
    tell,
  );
  if (!points.x) return;
  const { place, order } = classPlaces(points, about.classes);
  scatter(
    "plot-projection",
    {
      ...common,
      xs: points.x,
      ys: points.y,
      groups: Uint8Array.from(points.given, (code) => place[code]),
      colours: Array.from({ length: CLASS_COLOURS + 1 }, (_, i) => `--c${i}`),
      xLabel: about.across,
      yLabel: "up",
      xRange: padded(about.ranges.x),
      yRange: padded(about.ranges.y),
      yScale: {},
    },
    tell,
  );
  legend(order, about.classes);
}

function legend(order, names) {
  const entry = (kind, text) => {
    const item = document.createElement("span"),
      words = document.createElement("b");
    item.className = kind;
    words.textContent = text;
    item.append(words);
    byId("legend-projection").append(item);
  };
  order.slice(0, CLASS_COLOURS).forEach((code, i) => entry(`k${i}`, names[code]));
  if (order.length > CLASS_COLOURS) entry("k6", `${order.length - CLASS_COLOURS} other classes`);
  entry("cross", "suspect");
}
