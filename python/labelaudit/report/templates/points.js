"use strict";
// The rows as points: read from the page, and drawn.

function readPoints(buffer, about) {
  const n = about.count;
  const array = (name, Kind) =>
    name in about.starts
      ? new Kind(buffer.slice(about.starts[name], about.starts[name] + n * Kind.BYTES_PER_ELEMENT))
      : null;
  const spread = (name) => {
    const steps = array(name, Uint16Array);
    if (!steps) return null;
    const [low, high] = about.ranges[name];
    return Float32Array.from(steps, (v) => low + ((high - low) * v) / about.steps);
  };
  const kind = array("kind", Uint8Array);
  const influence = spread("influence").map((v, i) => (kind[i] & 2 ? NaN : about.linear * Math.sinh(v))); // a canvas skips NaN
  return {
    count: n,
    influence,
    score: spread("score"),
    x: spread("x"),
    y: spread("y"),
    given: array("given", Uint16Array),
    issue: kind.map((k) => k & 1),
  };
}

const CLASS_COLOURS = 6; // the others are grey

/** Classes by frequency among the points: place 0 is the most frequent. */
function classPlaces(points, names) {
  const counts = new Array(names.length).fill(0);
  for (const code of points.given) counts[code] += 1;
  const order = names.map((_, i) => i).sort((a, b) => counts[b] - counts[a]);
  const place = new Array(names.length);
  order.forEach((code, i) => {
    place[code] = Math.min(i, CLASS_COLOURS);
  });
  return { place, order };
}

/** A colour #rrggbb as a pixel without its opacity, in the order of a picture's bytes. */
function pixelColour(name) {
  const value = parseInt(colour(name).slice(1), 16);
  return (value >> 16) | (value & 0xff00) | ((value & 0xff) << 16);
}

/** Draws the points as small squares into a picture of their own: ten times as fast as asking the canvas for each. */
function drawSquares(u, plot, px, py) {
  const { left, top, width, height } = u.bbox,
    { issue, groups, colours } = plot,
    n = px.length;
  const size = Math.max(1, Math.round((n > 2000 ? 2 : 4) * devicePixelRatio)),
    hit = n > 20000 ? 115 : 180;
  const layer = document.createElement("canvas");
  layer.width = width;
  layer.height = height;
  const ctx = layer.getContext("2d"),
    picture = ctx.createImageData(width, height);
  const pixels = new Uint32Array(picture.data.buffer),
    hues = colours.map(pixelColour);
  for (let i = 0; i < n; i++) {
    if (issue[i] || Number.isNaN(py[i])) continue;
    const x = Math.round(px[i] - left - size / 2),
      y = Math.round(py[i] - top - size / 2);
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
  const { ctx } = u,
    { left, top, width, height } = u.bbox,
    { issue } = plot;
  const arm = (issue.reduce((sum, k) => sum + k, 0) > 1000 ? 2 : 3) * devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top, width, height);
  ctx.clip();
  for (const [style, wide] of [
    ["--back", arm > 2.5 * devicePixelRatio ? 4 : 2.4],
    ["--hot", 1.6],
  ]) {
    ctx.strokeStyle = colour(style);
    ctx.lineWidth = wide * devicePixelRatio;
    ctx.beginPath();
    for (let i = 0; i < px.length; i++) {
      if (!issue[i]) continue;
      ctx.moveTo(px[i] - arm, py[i] - arm);
      ctx.lineTo(px[i] + arm, py[i] + arm);
      ctx.moveTo(px[i] - arm, py[i] + arm);
      ctx.lineTo(px[i] + arm, py[i] - arm);
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
