// Keeps what is typed and chosen in a question's form while it is not sent: whoever comes back, on whichever device, goes on there. Programs have
// a way of their own (code.js), and a survey knows no person.
const KEEP_AFTER = 1200;
const TRY_AGAIN = 8000;
const waiting = new Map(); // form → timer

function keptForm(target) {
  const form = target.closest?.(".question form[hx-post]");
  if (!form || !form.elements.attempt || form.closest(".question--likert, .question--survey")) return null;
  return /\/(answer|try)$/.test(form.getAttribute("action")) ? form : null;
}

function changed(event) {
  const form = keptForm(event.target);
  if (form) later(form, KEEP_AFTER);
}

function later(form, delay) {
  clearTimeout(waiting.get(form));
  waiting.set(form, setTimeout(() => keep(form), delay));
}

async function keep(form, more) {
  clearTimeout(waiting.get(form));
  waiting.delete(form);
  if (!form.isConnected || form.querySelector(":scope fieldset:disabled")) return;
  const body = new URLSearchParams(new FormData(form));
  const answer = await fetch(form.getAttribute("action").replace(/[^/]+$/, "typed"), { method: "POST", body, ...more }).catch(() => null);
  if (!answer || answer.status >= 500 || answer.status === 429) later(form, TRY_AGAIN);
}

document.addEventListener("input", changed);
document.addEventListener("change", changed);
document.addEventListener("click", (event) => event.target.closest("[data-order] button[name='move']") && changed(event));
// What is being sent is no draft any more; if it is refused, the next change begins another one.
document.addEventListener("htmx:beforeRequest", (event) => {
  const form = keptForm(event.target);
  if (form) clearTimeout(waiting.get(form)), waiting.delete(form);
});
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState !== "hidden") return;
  for (const form of [...waiting.keys()]) keep(form, { keepalive: true });
});
