// The page comes to life: keys and buttons, and what others decide meanwhile.
import { ask, tell } from "./api.js";
import { decide, relabel, renderProgress, step, take, undo } from "./decide.js";
import { FILTERS, loadQueue, refresh, showRow } from "./row.js";
import * as show from "./show.js";
import { $, guarded, isOpen, say, state } from "./state.js";

const POLL_MS = 3000; // how often to ask what others decided

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
  if (!document.hidden && !state.busy) {
    try {
      const found = await ask(`/api/changes?since=${state.seen}`);
      state.seen = found.decisions;
      take(found.changes);
      renderProgress(found.progress);
      await refresh(found.changes);
    } catch (error) {
      say(error.message, true);
    }
  }
  setTimeout(poll, POLL_MS);
}

async function invite() {
  await guarded(async () => {
    const found = await tell("/api/links", { who: $("guest").value });
    $("link").textContent = found.link;
  });
}

function fillClasses() {
  for (const name of ["given", "predicted"]) {
    const options = state.classes.map((label) => {
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
    return guarded(() => loadQueue(state.current?.finding.row ?? null));
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
  state.classes = session.classes;
  document.title = `${session.label} · labelaudit review`;
  $("source").textContent = show.visible(`${session.sources.join(", ")} · ${session.label}`);
  $("who").textContent = show.visible(`as ${session.who}`);
  renderProgress(session.progress);
  fillClasses();
  const known = await ask("/api/changes?since=0");
  state.seen = known.decisions;
  take(known.changes);
  if (session.progress.issues === 0) $("scope").value = "all";
  wire();
  await loadQueue(null);
  const open = state.queue.findIndex(isOpen);
  if (open > 0) {
    state.at = open;
    await showRow();
  }
  if (session.progress.issues === 0) say("The audit flags no row: here are all.");
  setTimeout(poll, POLL_MS);
}

guarded(start);
