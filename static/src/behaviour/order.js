// Entries that one brings into order: the arrows move them on the page, say where they are now, and keep the focus. Without this
// script each arrow sends the form and the server moves the entry.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-order] button[name='move']");
  if (!button) return;
  event.preventDefault();
  const entry = button.closest("li");
  const list = entry.parentElement;
  const up = button.value.startsWith("up-");
  const other = up ? entry.previousElementSibling : entry.nextElementSibling;
  if (!other) return;
  if (up) other.before(entry);
  else other.after(entry);
  button.focus(); // A node that was taken out and put in again has lost it.
  const entries = [...list.children];
  entries.forEach((each, at) => {
    mark(each, "up", at === 0);
    mark(each, "down", at === entries.length - 1);
  });
  const text = entry.querySelector("[id]").textContent.trim();
  list.parentElement.querySelector("[data-order-voice]").textContent = list.dataset.said
    .replace("{text}", text).replace("{place}", entries.indexOf(entry) + 1).replace("{count}", entries.length);
});

// Still to be reached at the end, so that the focus is not lost.
function mark(entry, direction, disabled) {
  const button = entry.querySelector(`button[value^='${direction}-']`);
  if (disabled) button.setAttribute("aria-disabled", "true");
  else button.removeAttribute("aria-disabled");
}
