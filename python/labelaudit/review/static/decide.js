// What is decided, and the way from row to row.
import { tell } from "./api.js";
import { chooseLabel } from "./relabel.js";
import { markDecision, showRow } from "./row.js";
import * as show from "./show.js";
import { $, guarded, isOpen, say, state } from "./state.js";

export function renderProgress(p) {
  $("bar").max = Math.max(p.issues, 1);
  $("bar").value = p.decided_issues;
  const kinds = ["keep", "relabel", "drop", "unsure"].filter((w) => p[w]).map((w) => `${show.number(p[w])} ${w}`);
  const elsewhere = p.elsewhere ? `; ${show.number(p.elsewhere)} on rows that this data has not` : "";
  const told = kinds.length ? `: ${kinds.join(", ")}` : "";
  $("counts").textContent =
    `${show.number(p.decided_issues)} of ${show.number(p.issues)} suspects decided${told}${elsewhere}`;
}

export function take(changes) {
  for (const change of changes) {
    state.words.set(change.row, change);
    if (change.label !== null && !state.classes.includes(change.label)) state.classes.push(change.label);
  }
}

export function step(by) {
  const to = state.at + by;
  if (state.busy || to < 0 || to >= state.queue.length) {
    return say(state.queue.length ? "There is no further row." : "");
  }
  state.at = to;
  say("");
  return guarded(showRow);
}

// The next row that nobody has decided; without one, the next row.
async function onward() {
  const next = state.queue.findIndex((row, i) => i > state.at && isOpen(row));
  if (next < 0 && state.at + 1 >= state.queue.length) {
    return say(`${$("message").textContent} That was the last row here.`);
  }
  state.at = next < 0 ? state.at + 1 : next;
  return showRow();
}

export async function decide(word, label) {
  if (state.current === null || state.busy) return;
  state.busy = true;
  await guarded(async () => {
    const row = state.current.finding.row;
    const body = { row, decision: word, note: $("note").value.trim() };
    if (label !== undefined) body.label = label;
    const found = await tell("/api/decisions", body);
    state.mine.push({ row, seen: found.history.length });
    take([{ row, ...found.decision }]);
    renderProgress(found.progress);
    state.current.history = found.history;
    $("history").replaceChildren(...show.history(found.history));
    markDecision();
    document.activeElement?.blur();
    say(`Row ${show.number(row)}: ${word}${label === undefined ? "" : ` as ${show.visible(label)}`}.`);
    await onward();
  });
  state.busy = false;
}

export async function undo() {
  if (state.busy) return;
  const { current, mine } = state;
  const last = mine.at(-1) ?? (current && { row: current.finding.row, seen: current.history.length });
  if (!last) return;
  state.busy = true;
  await guarded(async () => {
    try {
      const found = await tell("/api/decisions", { row: last.row, decision: "undo", seen: last.seen });
      take([{ row: last.row, ...found.decision }]);
      renderProgress(found.progress);
      say(`Row ${show.number(last.row)}: the decision is taken back.`);
    } finally {
      mine.pop();
    }
    if (!state.queue.includes(last.row)) state.queue.splice(state.at, 0, last.row);
    state.at = state.queue.indexOf(last.row);
    await showRow();
  });
  state.busy = false;
}

export function relabel() {
  if (state.current === null || state.busy) return;
  chooseLabel(state.current.finding, state.classes, (label) => decide("relabel", label));
}
