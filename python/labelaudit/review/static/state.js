// What the page knows, and its line of messages.

export const state = {
  classes: [], // labels that can be given
  queue: [], // numbers of the rows that fit the filters
  total: 0, // how many fit, beyond the first 10,000 too
  at: 0, // where in the queue
  current: null, // the row as the server told it
  explanation: null, // of the current row
  other: null, // a row to compare with
  seen: 0, // how many decisions of the file this page knows
  words: new Map(), // the present decision on each row, by its number
  mine: [], // rows that were decided here, the last one last, with how many decisions each then had
  busy: false, // a decision is on its way
  turn: 0, // tells answers for a row that was left
};

export const $ = (id) => document.getElementById(id);

export function say(text, isError = false) {
  $("message").textContent = text;
  $("message").classList.toggle("error", isError);
}

export async function guarded(action) {
  try {
    return await action();
  } catch (error) {
    say(error.message, true);
    return null;
  }
}

/** Whether nobody has decided on a row, or the decision was taken back. */
export const isOpen = (row) => (state.words.get(row)?.decision ?? "undo") === "undo";
