// The chances of next tokens at another temperature: the server gives them at 1, and p^(1/T) makes them those of T.
import htmx from "htmx.org";

function begin(box) {
  const rows = [...box.querySelectorAll("tr[data-p]")];
  const slider = box.querySelector("[data-next-slider]");
  const said = box.querySelector("[data-next-value]");
  const numbers = new Intl.NumberFormat(document.documentElement.lang, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  let shares = rows.map((row) => Number(row.dataset.p));
  box.querySelector("[data-next-tools]").hidden = false;

  function rescale() {
    const temperature = Number(slider.value);
    const known = rows.map((row) => Number(row.dataset.p));
    const top = Math.max(...known);
    const weights = known.map((p) => (temperature === 0 ? Number(p === top) : (p / top) ** (1 / temperature)));
    const whole = weights.reduce((sum, weight) => sum + weight, 0);
    // At 1 nothing changes; else the tokens that are shown share what all of them have.
    shares = temperature === 1 ? known : weights.map((weight) => weight / whole);
    rows.forEach((row, at) => {
      row.querySelector("progress").value = shares[at];
      row.querySelector(".next-share").textContent = `${numbers.format(shares[at] * 100)} %`;
    });
    said.textContent = numbers.format(temperature);
  }

  slider.addEventListener("input", rescale);
  box.querySelector("[data-next-draw]")?.addEventListener("click", () => {
    const whole = shares.reduce((sum, share) => sum + share, 0);
    let left = Math.random() * whole;
    const at = shares.findIndex((share) => (left -= share) <= 0);
    rows[at < 0 ? 0 : at].querySelector("button")?.click();
  });
  rescale();
}

htmx.onLoad((part) => {
  const boxes = part.matches?.("[data-next]") ? [part] : part.querySelectorAll("[data-next]");
  for (const box of boxes) begin(box);
});
