// The page's parts from what the server told. Texts from the data are only ever set as textContent.

const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu;
const LONGEST = 2000; // characters of a cell that are shown at first
const MOST_OF_LABEL = 30; // characters

export function visible(text) {
  return String(text).replace(UNSAFE, (c) =>
    c === "\n" || c === "\t" ? c : `\\u{${c.codePointAt(0).toString(16)}}`);
}

export function element(name, content = [], attributes = {}) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...[content].flat().filter((part) => part !== null));
  return made;
}

// A label where it stands among others; in full it stands at the head of the page.
function brief(text) {
  const cut = data(text.length > MOST_OF_LABEL ? `${text.slice(0, MOST_OF_LABEL)}…` : text);
  cut.title = visible(text);
  return cut;
}

export function data(text, name = "span") {
  return element(name, visible(text), { class: "data" });
}

export function number(value, digits = 3) {
  if (value === null || value === undefined) return "–";
  return Number.isInteger(value) ? value.toLocaleString("en") : Number(value.toPrecision(digits)).toString();
}

function worded(value) {
  if (value === null) return "(missing)";
  return typeof value === "number" ? number(value, 4) : visible(value);
}

export function place(finding) {
  const parts = [`Row ${number(finding.row)}`];
  if (finding.file !== null) parts.push(visible(finding.file));
  if (finding.line !== null) parts.push(`line ${number(finding.line)}`);
  for (const [name, cell] of Object.entries(finding.ids)) parts.push(`${visible(name)} ${visible(cell)}`);
  return parts.join(" · ");
}

export function labels(finding) {
  const same = finding.given_label === finding.predicted_label;
  if (same) return [data(finding.given_label), element("small", "given, and predicted")];
  return [
    element("span", [element("small", "given"), data(finding.given_label)], { class: "given" }),
    element("span", "→", { class: "arrow", "aria-label": "predicted" }),
    element("span", [element("small", "predicted"), data(finding.predicted_label)], { class: "predicted" }),
  ];
}

export function scores(finding) {
  const flagged = finding.is_label_issue ? "flagged" : "not flagged";
  return [
    `rank ${number(finding.rank)}, ${flagged}`,
    `label_score ${number(finding.label_score)}`,
    `average_influence ${number(finding.average_influence)}`,
    `self_confidence ${number(finding.self_confidence)}`,
  ].join(" · ");
}

// The row's own cells, those that push it most first, beside the usual values of both labels and another row's cells.
export function cells(own, explanation, other) {
  const pushes = new Map((explanation?.columns ?? []).map((push, i) => [push.column, { ...push, order: i }]));
  const order = (cell) => pushes.get(cell.column)?.order ?? pushes.size;
  const rows = own.map((cell, i) => ({ ...cell, i })).sort((a, b) => order(a) - order(b) || a.i - b.i);
  const largest = Math.max(0, ...[...pushes.values()].map((p) => Math.abs(p.contribution)));
  const theirs = new Map((other?.cells ?? []).map((cell) => [cell.column, cell.value]));
  const header = ["column", "value"];
  if (other) header.push(`row ${number(other.finding.row)}`);
  if (pushes.size) {
    header.push(usual(explanation.finding.given_label), usual(explanation.against_label), "speaks for");
  }
  const body = rows.map((cell) => {
    const line = [element("th", data(cell.column), { scope: "row" }), element("td", long(cell.value))];
    if (other) line.push(theirCell(theirs.get(cell.column), cell.value));
    if (pushes.size) line.push(...pushCells(pushes.get(cell.column), largest, explanation));
    return element("tr", line);
  });
  const names = header.map((name) => element("th", name, { scope: "col" }));
  return [element("thead", element("tr", names)), element("tbody", body)];
}

function usual(label) {
  return element("span", ["usual ", brief(label)]);
}

function theirCell(value, own) {
  return element("td", long(value ?? ""), value === own ? { class: "same" } : {});
}

function long(text) {
  if (text === "") return element("span", "(empty)", { class: "empty" });
  if (text.length <= LONGEST) return data(text);
  const start = data(`${text.slice(0, LONGEST)}…`);
  const more = element("button", `all ${number(text.length)} characters`, { type: "button" });
  more.addEventListener("click", () => {
    start.textContent = visible(text);
    more.remove();
  });
  return element("span", [start, " ", more]);
}

function pushCells(push, largest, explanation) {
  if (!push) return [element("td"), element("td"), element("td", "not used", { class: "empty" })];
  const speaks = push.contribution >= 0;
  const bar = element("meter", [], { min: 0, max: largest || 1, value: Math.abs(push.contribution) });
  bar.setAttribute("aria-hidden", "true");
  bar.className = speaks ? "given" : "predicted";
  const label = speaks ? explanation.finding.given_label : explanation.against_label;
  const told = element("span", [brief(label), ` ${Math.abs(push.contribution).toFixed(2)}`]);
  const hasUsual = push.kind !== "text" && push.kind !== "embedding";
  return [
    element("td", hasUsual ? worded(push.usual_given) : "", { class: "data" }),
    element("td", hasUsual ? worded(push.usual_against) : "", { class: "data" }),
    element("td", [bar, told], { class: "push" }),
  ];
}

const MOST_CLASSES = 8;

export function probabilities(explanation) {
  const of = (p) => p.without_row ?? p.with_row;
  const shown = [...explanation.probabilities].sort((a, b) => of(b) - of(a)).slice(0, MOST_CLASSES);
  const rows = shown.map((p) =>
    element("tr", [
      element("th", brief(p.label), { scope: "row" }),
      element("td", percent(p.without_row), { class: "figure" }),
      element("td", percent(p.with_row), { class: "figure" }),
    ]));
  const more = explanation.probabilities.length - shown.length;
  const names = ["label", "without the row", "with it"].map((n) => element("th", n, { scope: "col" }));
  const title = `What the model gives${more ? `, the first ${shown.length} of ${shown.length + more} labels` : ""}`;
  return [element("h3", title), table(title, [names], rows)];
}

function percent(p) {
  return p === null ? "–" : `${(100 * p).toFixed(1)} %`;
}

// One side of the label; `compare` is called with the number of a row that is to stand beside this one.
export function side(found, title, compare) {
  if (!found.rows) return [element("h3", `No row ${title}`)];
  const weighed = found.strongest.reduce((sum, n) => sum + n.influence * n.label_score, 0) / found.weight;
  const whole = `${number(found.rows)} ${found.rows === 1 ? "row" : "rows"} ${title}`;
  const some = `; the first ${found.strongest.length} have ${(100 * weighed).toFixed(0)} % of the weight`;
  const names = ["row", "label", "score", "influence", "agrees in"].map((n) => element("th", n, { scope: "col" }));
  const rows = found.strongest.map((n) => {
    const button = element("button", number(n.row), { type: "button", title: "Show its cells beside this row's" });
    button.addEventListener("click", () => compare(n.row));
    return element("tr", [
      element("td", button),
      element("td", brief(n.given_label), { class: "label" }),
      element("td", n.label_score.toFixed(3), { class: "figure" }),
      element("td", number(n.influence), { class: "figure" }),
      element("td", agreement(n)),
    ]);
  });
  return [element("h3", whole + (found.strongest.length < found.rows ? some : "")), table(whole, [names], rows)];
}

function agreement(n) {
  if (n.same_features) return "all: a duplicate";
  const told = n.agrees.slice(0, 3).map((a) => `${visible(a.column)} ${worded(a.value)}`).join(", ");
  return element("span", `${n.agrees.length} of ${n.of_columns}${told ? `: ${told}` : ""}`, { class: "data" });
}

function table(title, header, rows) {
  const inner = element("table", [element("thead", element("tr", header.flat())), element("tbody", rows)]);
  return element("div", inner, { class: "scroll", tabindex: "0", role: "region", "aria-label": title });
}

export function decided(decision) {
  const to = decision.label === null ? [] : [" as ", data(decision.label)];
  const note = decision.note ? [": ", data(decision.note, "q")] : [];
  return [element("b", decision.decision), ...to, " by ", data(decision.who || "somebody"), ...note];
}

export function history(entries) {
  return entries.map((d) => {
    const when = new Date(d.when);
    const time = element("time", Number.isNaN(when.getTime()) ? visible(d.when) : when.toLocaleString());
    return element("li", [...decided(d), " ", time]);
  });
}
