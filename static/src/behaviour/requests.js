// Around htmx: where the focus goes after a part of the page was replaced, and what is said when a request fails.
// A failed request never replaces anything that a person wrote (see the response handling in base.html).
const place = document.getElementById("request-problem");

document.addEventListener("htmx:afterSettle", (event) => {
  const part = event.detail.elt;
  const next = part.matches("[data-focus]") ? part : part.querySelector("[data-focus]");
  if (next) next.focus();
});

document.addEventListener("htmx:beforeRequest", () => place.replaceChildren());

for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, () => {
    place.replaceChildren(document.getElementById("offline-problem").content.cloneNode(true));
  });
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-dismiss]")) place.replaceChildren();
});
