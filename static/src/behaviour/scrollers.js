// What scrolls sideways can be reached with the keyboard. (Some browsers do this by themselves, Safari does not.)
const scrollers = "pre, .prose table, .table-scroll, math[display='block'], div.arithmatex";

function mark(part) {
  for (const box of part.querySelectorAll(scrollers)) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else if (box.tabIndex === 0) box.removeAttribute("tabindex");
  }
}

mark(document);
addEventListener("resize", () => mark(document));
document.addEventListener("htmx:afterSettle", (event) => mark(event.detail.elt));
