// What is said when a request of htmx fails. A failed request never replaces anything that a person wrote (see the
// response handling in base.html).
const place = document.getElementById("request-problem");

document.addEventListener("htmx:beforeRequest", () => place.replaceChildren());

for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, () => {
    place.replaceChildren(document.getElementById("offline-problem").content.cloneNode(true));
  });
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-dismiss]")) place.replaceChildren();
});
