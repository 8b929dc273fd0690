// Stepping through the suspects: where one is, what is decided, and the keys.
import { ask, tell } from "./api.js";
import { chooseLabel } from "./relabel.js";
import * as show from "./show.js";

const POLL_MS = 3000; // how often to ask what others decided
const LOADING_MS = 400; // how often to ask whether explanations are there
const $ = (id) => document.getElementById(id);
const FILTERS = ["scope", "state", "given", "predicted", "search"];

let classes = []; // labels that can be given
let queue = []; // numbers of the rows that fit the filters
let total = 0; // how many fit, beyond the first 10,000 too
let at = 0; // where in the queue
let current = null; // the row as the server told it
let explanation = null; // of the current row
let other = null; // a row to compare with
let seen = 0; // how many decisions of the file this page knows
let words = new Map(); // the present decision on each row, by its number
let mine = []; // rows that were decided here, the last one last, with how many decisions each then had
let busy = false; // a decision is on its way
let turn = 0; // tells answers for a row that was left

function say(text, isError = false) {
  $("message").textContent = text;
  $("message").classList.toggle("error", isError);
}

async function guarded(action) {
  try {
    return await action();
  } catch (error) {
    say(error.message, true);
    return null;
  }
}

async function loadQueue(stay) {
  const wanted = new URLSearchParams();
  for (const name of FILTERS) {
    const value = $(name).value;
    if (value !== "") wanted.set(name, name === "given" || name === "predicted" ? value.slice(1) : value);
  }
  const found = await ask(`/api/rows?${wanted}`);
  queue = found.rows;
  total = found.total;
  const before = stay === null ? -1 : queue.indexOf(stay);
  at = Math.max(before, 0);
  await showRow();
}

async function showRow() {
  turn += 1;
  const mineTurn = turn;
  [explanation, other] = [null, null];
  $("row").hidden = queue.length === 0;
  if (queue.length === 0) {
    current = null;
    $("position").textContent = "";
    const all = $("scope").value === "all" ? "" : " Choose all rows above to see the others.";
    say(`No row fits.${all}`);
    return;
  }
  const found = await ask(`/api/rows/${queue[at]}`);
  if (mineTurn !== turn) return;
  current = found;
  render();
  window.scrollTo(0, 0);
  guarded(() => explain(mineTurn)); // meanwhile one can decide
}

async function explain(mineTurn) {
  const row = current.finding.row;
  let found = { loading: true };
  while (found.loading) {
    found = await ask(`/api/rows/${row}/explanation`).catch((error) => ({ error: error.message }));
    if (mineTurn !== turn) return;
    if (found.loading) await new Promise((done) => setTimeout(done, LOADING_MS));
    if (mineTurn !== turn) return;
  }
  if (found.error) {
    $("sentence").textContent = show.visible(found.error);
    return;
  }
  explanation = found;
  renderExplanation();
  if (at + 1 < queue.length) ask(`/api/rows/${queue[at + 1]}/explanation`).catch(() => null); // so that it is ready
}

function render() {
  const { finding, history } = current;
  $("place").textContent = show.place(finding);
  $("labels").replaceChildren(...show.labels(finding));
  $("scores").textContent = show.scores(finding);
  $("sentence").textContent = "Reading the model…";
  for (const id of ["probabilities", "opposing", "supporting", "notes"]) $(id).replaceChildren();
  $("cells").replaceChildren(...show.cells(current.cells, null, null));
  $("history").replaceChildren(...show.history(history));
  const last = history.at(-1);
  $("note").value = last && last.decision !== "undo" ? last.note : "";
  markDecision();
  renderPosition();
}

function renderExplanation() {
  $("sentence").textContent = show.visible(explanation.sentence);
  $("cells").replaceChildren(...show.cells(current.cells, explanation, other));
  $("probabilities").replaceChildren(...show.probabilities(explanation));
  $("opposing").replaceChildren(...show.side(explanation.opposing, "against its label", compare));
  $("supporting").replaceChildren(...show.side(explanation.supporting, "for its label", compare));
  $("notes").replaceChildren(...explanation.notes.map((note) => show.element("li", show.visible(note))));
}

function compare(row) {
  return guarded(async () => {
    other = other?.finding.row === row ? null : await ask(`/api/rows/${row}`);
    $("cells").replaceChildren(...show.cells(current.cells, explanation, other));
    $("own").scrollIntoView({ block: "nearest" });
  });
}

function markDecision() {
  const last = current.history.at(-1);
  for (const button of document.querySelectorAll("#actions [data-word]")) {
    button.setAttribute("aria-pressed", String(last?.decision === button.dataset.word && last.decision !== "undo"));
  }
}

function renderPosition() {
  const more = total > queue.length ? ` (of ${show.number(total)})` : "";
  $("position").textContent = `${show.number(at + 1)} of ${show.number(queue.length)}${more}`;
}

function renderProgress(p) {
  $("bar").max = Math.max(p.issues, 1);
  $("bar").value = p.decided_issues;
  const kinds = ["keep", "relabel", "drop", "unsure"].filter((w) => p[w]).map((w) => `${show.number(p[w])} ${w}`);
  const elsewhere = p.elsewhere ? `; ${show.number(p.elsewhere)} on rows that this data has not` : "";
  const told = kinds.length ? `: ${kinds.join(", ")}` : "";
  $("counts").textContent =
    `${show.number(p.decided_issues)} of ${show.number(p.issues)} suspects decided${told}${elsewhere}`;
}

function take(changes) {
  for (const change of changes) {
    words.set(change.row, change);
    if (change.label !== null && !classes.includes(change.label)) classes.push(change.label);
  }
}

function step(by) {
  const to = at + by;
  if (busy || to < 0 || to >= queue.length) return say(queue.length ? "There is no further row." : "");
  at = to;
  say("");
  return guarded(showRow);
}

// The next row that nobody has decided; without one, the next row.
async function onward() {
  const isOpen = (row) => (words.get(row)?.decision ?? "undo") === "undo";
  const next = queue.findIndex((row, i) => i > at && isOpen(row));
  if (next < 0 && at + 1 >= queue.length) {
    return say(`${$("message").textContent} That was the last row here.`);
  }
  at = next < 0 ? at + 1 : next;
  return showRow();
}

async function decide(word, label) {
  if (current === null || busy) return;
  busy = true;
  await guarded(async () => {
    const row = current.finding.row;
    const body = { row, decision: word, note: $("note").value.trim() };
    if (label !== undefined) body.label = label;
    const found = await tell("/api/decisions", body);
    mine.push({ row, seen: found.history.length });
    take([{ row, ...found.decision }]);
    renderProgress(found.progress);
    current.history = found.history;
    $("history").replaceChildren(...show.history(found.history));
    markDecision();
    document.activeElement?.blur();
    say(`Row ${show.number(row)}: ${word}${label === undefined ? "" : ` as ${show.visible(label)}`}.`);
    await onward();
  });
  busy = false;
}

async function undo() {
  if (busy) return;
  const last = mine.at(-1) ?? (current && { row: current.finding.row, seen: current.history.length });
  if (!last) return;
  busy = true;
  await guarded(async () => {
    try {
      const found = await tell("/api/decisions", { row: last.row, decision: "undo", seen: last.seen });
      take([{ row: last.row, ...found.decision }]);
      renderProgress(found.progress);
      say(`Row ${show.number(last.row)}: the decision is taken back.`);
    } finally {
      mine.pop();
    }
    if (!queue.includes(last.row)) queue.splice(at, 0, last.row);
    at = queue.indexOf(last.row);
    await showRow();
  });
  busy = false;
}

function relabel() {
  if (current !== null && !busy) chooseLabel(current.finding, classes, (label) => decide("relabel", label));
}

const ACTIONS = {
  keep: () => decide("keep"),
  relabel,
  drop: () => decide("drop"),
  unsure: () => decide("unsure"),
  undo,
};

const KEYS = {
  k: ACTIONS.keep,
  r: relabel,
  d: ACTIONS.drop,
  u: ACTIONS.unsure,
  z: undo,
  ArrowLeft: () => step(-1),
  ArrowRight: () => step(1),
  n: () => $("note").focus(),
  "/": () => $("search").select(),
  "?": () => $("help").showModal(),
};

function onKey(event) {
  // a dialog that was closed may keep the focus until the page is drawn again
  const isTyping = event.target.closest("input, textarea, select, dialog[open]");
  if (event.key === "Escape" && isTyping && !event.target.closest("dialog")) return event.target.blur();
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) return undefined;
  const action = KEYS[event.key] ?? KEYS[event.key.toLowerCase()];
  if (!action) return undefined;
  event.preventDefault();
  return action();
}

async function poll() {
  if (!document.hidden && !busy) {
    try {
      const found = await ask(`/api/changes?since=${seen}`);
      seen = found.decisions;
      take(found.changes);
      renderProgress(found.progress);
      await refresh(found.changes);
    } catch (error) {
      say(error.message, true);
    }
  }
  setTimeout(poll, POLL_MS);
}

// Shows what somebody else has just decided on the row that one looks at.
async function refresh(changes) {
  const row = current?.finding.row;
  if (!changes.some((change) => change.row === row)) return;
  const found = await ask(`/api/rows/${row}`);
  if (current?.finding.row !== row || found.history.length === current.history.length) return;
  current.history = found.history;
  $("history").replaceChildren(...show.history(found.history));
  markDecision();
  say(`${found.history.at(-1).who || "Somebody"} has just decided on this row.`);
}

async function invite() {
  await guarded(async () => {
    const found = await tell("/api/links", { who: $("guest").value });
    $("link").textContent = found.link;
  });
}

function fillClasses() {
  for (const name of ["given", "predicted"]) {
    const options = classes.map((label) => {
      const option = show.element("option", show.visible(label));
      option.value = `=${label}`; // so that no label reads as "any"
      return option;
    });
    $(name).append(...options);
  }
}

function wire() {
  for (const button of document.querySelectorAll("#actions [data-word]")) {
    button.addEventListener("click", ACTIONS[button.dataset.word]);
  }
  $("previous").addEventListener("click", () => step(-1));
  $("next").addEventListener("click", () => step(1));
  $("help-button").addEventListener("click", () => $("help").showModal());
  $("invite").addEventListener("click", () => $("invitation").showModal());
  $("make-link").addEventListener("click", invite);
  const filter = () => {
    say("");
    return guarded(() => loadQueue(current?.finding.row ?? null));
  };
  for (const name of FILTERS) $(name).addEventListener("change", filter);
  $("filters").addEventListener("submit", (event) => {
    event.preventDefault();
    $("search").blur();
  });
  document.addEventListener("keydown", onKey);
}

async function start() {
  const session = await ask("/api/session");
  classes = session.classes;
  document.title = `${session.label} · labelaudit review`;
  $("source").textContent = show.visible(`${session.sources.join(", ")} · ${session.label}`);
  $("who").textContent = show.visible(`as ${session.who}`);
  renderProgress(session.progress);
  fillClasses();
  const known = await ask("/api/changes?since=0");
  seen = known.decisions;
  take(known.changes);
  if (session.progress.issues === 0) $("scope").value = "all";
  wire();
  await loadQueue(null);
  const open = queue.findIndex((row) => (words.get(row)?.decision ?? "undo") === "undo");
  if (open > 0) {
    at = open;
    await showRow();
  }
  if (session.progress.issues === 0) say("The audit flags no row: here are all.");
  setTimeout(poll, POLL_MS);
}

guarded(start);
