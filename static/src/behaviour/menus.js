// Menus are <details>; this closes them as people expect: Escape, a click elsewhere, the focus gone elsewhere.
const open = () => document.querySelectorAll("details.menu[open]");

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of open()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

for (const name of ["click", "focusin"]) {
  document.addEventListener(name, (event) => {
    for (const menu of open()) if (!menu.contains(event.target)) menu.open = false;
  });
}
