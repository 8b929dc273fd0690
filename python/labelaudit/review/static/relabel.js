// The choice of a label: the predicted one first, then every class, then what is typed as a new one.
import { data, element } from "./show.js";

const MOST = 50; // labels in the list at a time

const dialog = document.getElementById("relabel");
const input = document.getElementById("new-label");
const list = document.getElementById("choices");
let state = null; // { classes, choose, options, at }

export function choicesOf(classes, given, predicted, typed) {
  const others = [...new Set([predicted, ...classes])].filter((label) => label !== given);
  if (typed === "") return others.slice(0, MOST).map((label) => ({ label, isNew: false }));
  const wanted = typed.toLowerCase();
  const fits = others.filter((label) => label.toLowerCase().includes(wanted));
  const rank = (label) => (label === typed ? 0 : label.toLowerCase().startsWith(wanted) ? 1 : 2);
  fits.sort((a, b) => rank(a) - rank(b));
  const found = fits.slice(0, MOST).map((label) => ({ label, isNew: false }));
  if (!others.includes(typed) && typed !== given) found.push({ label: typed, isNew: true });
  return found;
}

export function chooseLabel(finding, classes, choose) {
  state = { finding, classes, choose, options: [], at: 0 };
  input.value = "";
  update();
  dialog.showModal();
  input.focus();
}

function update() {
  const { finding, classes } = state;
  state.options = choicesOf(classes, finding.given_label, finding.predicted_label, input.value);
  state.at = 0;
  list.replaceChildren(...state.options.map((option, i) => {
    const hint = option.isNew ? "new label" : option.label === finding.predicted_label ? "predicted" : null;
    const item = element("li", [data(option.label), hint && element("small", hint)], { role: "option", id: `choice-${i}` });
    item.addEventListener("click", () => finish(i));
    return item;
  }));
  mark();
}

function mark() {
  [...list.children].forEach((item, i) => item.setAttribute("aria-selected", String(i === state.at)));
  const chosen = list.children[state.at];
  chosen?.scrollIntoView({ block: "nearest" });
  if (chosen) input.setAttribute("aria-activedescendant", chosen.id);
  else input.removeAttribute("aria-activedescendant");
}

function finish(i) {
  const option = state.options[i];
  if (!option) return;
  dialog.close();
  state.choose(option.label);
}

input.addEventListener("input", update);
input.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) {
    state.at = Math.min(Math.max(state.at + step, 0), state.options.length - 1);
    mark();
  } else if (event.key === "Enter") {
    finish(state.at);
  } else {
    return;
  }
  event.preventDefault();
});
