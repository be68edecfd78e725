// How well one knew a question: the keys 1 to 4 press the buttons, but only while the result or the buttons have the focus
// (WCAG 2.1.4), so that nobody says anything by chance.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const place = event.target.closest("[data-rating]");
  if (!place || event.target.closest("input, textarea, select, [contenteditable]")) return;
  if (!/^[1-4]$/.test(event.key)) return;
  place.querySelector(`.rating button[value='${event.key}']`)?.click();
});
