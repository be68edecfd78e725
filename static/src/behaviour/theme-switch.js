// The button that turns the theme over. A choice equal to the system's is forgotten again, so that the page goes on
// following the system (at dusk, say).
const root = document.documentElement;
const system = matchMedia("(prefers-color-scheme: dark)");

const isDark = () => (root.dataset.kernTheme ? root.dataset.kernTheme === "dark" : system.matches);

function show() {
  for (const button of document.querySelectorAll(".theme-switch")) {
    button.hidden = false;
    button.setAttribute("aria-pressed", String(isDark()));
  }
}

function choose(theme) {
  if ((theme === "dark") === system.matches) delete root.dataset.kernTheme;
  else root.dataset.kernTheme = theme;
  try {
    if (root.dataset.kernTheme) localStorage.setItem("lotse-theme", theme);
    else localStorage.removeItem("lotse-theme");
  } catch {
    // Not kept, but it holds for this page.
  }
  show();
}

document.addEventListener("click", (event) => {
  if (event.target.closest(".theme-switch")) choose(isDark() ? "light" : "dark");
});
system.addEventListener("change", show);
show();
