// What the page asks of its server. Every failure is an Error with a sentence for the reader.

export async function ask(path) {
  return answered(await sent(path));
}

export async function tell(path, body) {
  const options = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  return answered(await sent(path, options));
}

async function sent(path, options = {}) {
  try {
    return await fetch(path, { credentials: "same-origin", ...options });
  } catch {
    throw new Error("The server has ended. What was decided is kept: start labelaudit review again.");
  }
}

async function answered(response) {
  const isJson = (response.headers.get("Content-Type") ?? "").startsWith("application/json");
  const found = isJson ? await response.json() : { error: await response.text() };
  if (response.ok) return found;
  const error = new Error(found.error || `The server answered ${response.status}.`);
  error.status = response.status;
  throw error;
}
