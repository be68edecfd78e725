// Buttons that copy what stands in a field beside them. Without this script the field can be selected and copied by hand.
for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = !navigator.clipboard;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  field.select();
  const copied = await navigator.clipboard.writeText(field.value).then(() => true, () => false);
  if (copied) button.closest(".copyable").querySelector("[role=status]").textContent = button.dataset.done;
});
