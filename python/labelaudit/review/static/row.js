// The row that one looks at: its cells, its explanation, and what was decided on it.
import { ask } from "./api.js";
import * as show from "./show.js";
import { $, guarded, say, state } from "./state.js";

const LOADING_MS = 400; // how often to ask whether explanations are there
export const FILTERS = ["scope", "state", "given", "predicted", "search"];

export async function loadQueue(stay) {
  const wanted = new URLSearchParams();
  for (const name of FILTERS) {
    const value = $(name).value;
    if (value !== "") wanted.set(name, name === "given" || name === "predicted" ? value.slice(1) : value);
  }
  const found = await ask(`/api/rows?${wanted}`);
  state.queue = found.rows;
  state.total = found.total;
  const before = stay === null ? -1 : state.queue.indexOf(stay);
  state.at = Math.max(before, 0);
  await showRow();
}

export async function showRow() {
  state.turn += 1;
  const mineTurn = state.turn;
  [state.explanation, state.other] = [null, null];
  $("row").hidden = state.queue.length === 0;
  if (state.queue.length === 0) {
    state.current = null;
    $("position").textContent = "";
    const all = $("scope").value === "all" ? "" : " Choose all rows above to see the others.";
    say(`No row fits.${all}`);
    return;
  }
  const found = await ask(`/api/rows/${state.queue[state.at]}`);
  if (mineTurn !== state.turn) return;
  state.current = found;
  render();
  window.scrollTo(0, 0);
  guarded(() => explain(mineTurn)); // meanwhile one can decide
}

async function explain(mineTurn) {
  const row = state.current.finding.row;
  let found = { loading: true };
  while (found.loading) {
    found = await ask(`/api/rows/${row}/explanation`).catch((error) => ({ error: error.message }));
    if (mineTurn !== state.turn) return;
    if (found.loading) await new Promise((done) => setTimeout(done, LOADING_MS));
    if (mineTurn !== state.turn) return;
  }
  if (found.error) {
    $("sentence").textContent = show.visible(found.error);
    return;
  }
  state.explanation = found;
  renderExplanation();
  const next = state.queue[state.at + 1];
  if (next !== undefined) ask(`/api/rows/${next}/explanation`).catch(() => null); // so that it is ready
}

function render() {
  const { finding, history } = state.current;
  $("place").textContent = show.place(finding);
  $("labels").replaceChildren(...show.labels(finding));
  $("scores").textContent = show.scores(finding);
  $("sentence").textContent = "Reading the model…";
  for (const id of ["probabilities", "opposing", "supporting", "notes"]) $(id).replaceChildren();
  $("cells").replaceChildren(...show.cells(state.current.cells, null, null));
  $("history").replaceChildren(...show.history(history));
  const last = history.at(-1);
  $("note").value = last && last.decision !== "undo" ? last.note : "";
  markDecision();
  renderPosition();
}

function renderExplanation() {
  $("sentence").textContent = show.visible(state.explanation.sentence);
  $("cells").replaceChildren(...show.cells(state.current.cells, state.explanation, state.other));
  $("probabilities").replaceChildren(...show.probabilities(state.explanation));
  $("opposing").replaceChildren(...show.side(state.explanation.opposing, "against its label", compare));
  $("supporting").replaceChildren(...show.side(state.explanation.supporting, "for its label", compare));
  $("notes").replaceChildren(...state.explanation.notes.map((note) => show.element("li", show.visible(note))));
}

function compare(row) {
  return guarded(async () => {
    state.other = state.other?.finding.row === row ? null : await ask(`/api/rows/${row}`);
    $("cells").replaceChildren(...show.cells(state.current.cells, state.explanation, state.other));
    $("own").scrollIntoView({ block: "nearest" });
  });
}

export function markDecision() {
  const last = state.current.history.at(-1);
  for (const button of document.querySelectorAll("#actions [data-word]")) {
    button.setAttribute("aria-pressed", String(last?.decision === button.dataset.word && last.decision !== "undo"));
  }
}

function renderPosition() {
  const more = state.total > state.queue.length ? ` (of ${show.number(state.total)})` : "";
  $("position").textContent = `${show.number(state.at + 1)} of ${show.number(state.queue.length)}${more}`;
}

// Shows what somebody else has just decided on the row that one looks at.
export async function refresh(changes) {
  const row = state.current?.finding.row;
  if (!changes.some((change) => change.row === row)) return;
  const found = await ask(`/api/rows/${row}`);
  if (state.current?.finding.row !== row || found.history.length === state.current.history.length) return;
  state.current.history = found.history;
  $("history").replaceChildren(...show.history(found.history));
  markDecision();
  say(`${found.history.at(-1).who || "Somebody"} has just decided on this row.`);
}
