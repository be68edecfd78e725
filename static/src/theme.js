// Before the first paint: the theme that was chosen here, if any. Without this script the system's own choice holds.
try {
  const theme = localStorage.getItem("lotse-theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.kernTheme = theme;
} catch {
  // A browser that keeps nothing for framed pages: the system decides.
}
document.documentElement.classList.add("js");
