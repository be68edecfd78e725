// "New window" in a frame. The window has none of the frame's cookies, so a one-time ticket goes along, in the body of a form.
// The window is opened first, because browsers allow that only directly upon a click. Where that does not work, or without
// this script, the frame shows a page with a second button.
const forms = document.querySelectorAll("form[data-hand-over]");
const framed = window.top !== window.self;

async function handOver(form) {
  const name = `lotse-${Date.now()}`;
  const opened = window.open("about:blank", name);
  if (!opened) return form.submit();
  try {
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(answer.statusText);
    send((await answer.json()).ticket, name);
    opened.opener = null;
  } catch {
    opened.close();
    form.submit();
  }
}

function send(ticket, target) {
  const form = document.createElement("form");
  Object.assign(form, { method: "post", action: "/lti/ticket", target, hidden: true });
  const field = document.createElement("input");
  Object.assign(field, { type: "hidden", name: "ticket", value: ticket });
  form.append(field);
  document.body.append(form);
  form.submit();
  form.remove();
}

for (const form of forms) {
  form.hidden = !framed; // It is a window of its own already.
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    handOver(form);
  });
}
