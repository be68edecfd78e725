// A frame without cookies asks the platform's page to keep a value for Lotse, or to give it back (LTI Client Side postMessages
// 1.0). Only a window of the platform's own origin is spoken to and listened to. Who does not answer in time does not keep
// anything, and the page shows the other way: a new window.
const box = document.querySelector("[data-storage]");
const PATIENCE = 3000;

function keeper(name) {
  if (window.parent === window) return null;
  return name === "_parent" ? window.parent : (window.parent.frames[name] ?? null);
}

function ask({ target, origin, key, value }) {
  const subject = value ? "lti.put_data" : "lti.get_data";
  const message = { subject, message_id: crypto.randomUUID?.() ?? String(Math.random()), key, ...(value && { value }) };
  return new Promise((resolve, reject) => {
    const listen = ({ origin: from, data }) => {
      if (from !== origin || data?.subject !== `${subject}.response` || data.message_id !== message.message_id) return;
      removeEventListener("message", listen);
      if (data.error || data.key !== key || typeof data.value !== "string") reject(new Error("refused"));
      else resolve(data.value);
    };
    addEventListener("message", listen);
    setTimeout(() => reject(new Error("no answer")), PATIENCE);
    keeper(target).postMessage(message, origin);
  });
}

async function begin() {
  const article = document.querySelector("article.problem");
  const waiting = box.querySelector("[data-waiting]");
  article.hidden = true;
  waiting.hidden = false;
  try {
    const kept = await ask(box.dataset);
    if (box.dataset.onward) {
      if (kept !== box.dataset.value) throw new Error("something else was kept");
      return location.replace(box.dataset.onward);
    }
    const form = box.querySelector("form");
    form.elements.kept.value = kept;
    form.submit();
  } catch {
    article.hidden = false;
    waiting.hidden = true;
  }
}

if (box) begin();
