// What learners will see of one text, in a frame of its own: the server sends the pieces that changed, and they are put in their places.
export class Preview {
  // `ask` posts what the server has to know besides the keys of the pieces that are there; `drawn` hears of each new picture.
  constructor(frame, ask, drawn = () => {}) {
    Object.assign(this, { frame, ask, drawn, known: new Map(), pieces: null });
    frame.addEventListener("load", () => this.framed());
    if (frame.contentDocument?.readyState === "complete") this.framed();
  }

  get window() { return this.frame.contentWindow; }
  get shown() { return Boolean(this.pieces && this.frame.offsetParent); }

  framed() {
    this.pieces = this.frame.contentDocument?.getElementById("pieces") ?? null;
    if (!this.pieces) return;
    this.known = new Map([...this.pieces.children].map((piece) => [piece.dataset.key, piece.innerHTML]));
    this.theme(this.dark);
    this.onframed?.();
    this.refresh();
  }

  // One question at a time: what is asked for meanwhile is asked for once, when the answer is there.
  async refresh() {
    if (!this.pieces) return;
    if (this.drawing) { this.again = true; return; }
    this.drawing = true;
    const began = performance.now();
    try {
      const response = await this.ask([...this.known.keys()].join(" "));
      if (response.ok) { this.draw(await response.json()); this.drawn(Math.round(performance.now() - began)); }
    } catch { /* Saving says what is wrong. */ }
    this.drawing = false;
    if (this.again) { this.again = false; this.refresh(); }
  }

  draw({ title, minutes, pieces }) {
    const page = this.frame.contentDocument;
    for (const piece of pieces) if (piece.html !== null) this.known.set(piece.key, piece.html);
    const spare = new Map();
    for (const element of this.pieces.children) spare.set(element.dataset.key, [...(spare.get(element.dataset.key) ?? []), element]);
    let next = this.pieces.firstElementChild;
    for (const { key, line } of pieces) {
      let element = spare.get(key)?.shift();
      if (!element) {
        element = page.createElement("div");
        element.className = "piece";
        element.dataset.key = key;
        element.innerHTML = this.known.get(key); // Sanitised on the server, as learners get it.
      }
      element.dataset.line = line;
      if (element === next) next = next.nextElementSibling;
      else this.pieces.insertBefore(element, next);
    }
    for (const rest of spare.values()) for (const element of rest) element.remove();
    this.known = new Map(pieces.map(({ key }) => [key, this.known.get(key)]));
    page.getElementById("piece-title").textContent = title;
    page.getElementById("piece-minutes").textContent = minutes;
  }

  theme(dark) {
    this.dark = dark;
    const root = this.frame.contentDocument?.documentElement, own = document.documentElement.dataset.kernTheme;
    if (!root) return;
    if (dark) root.dataset.kernTheme = "dark";
    else if (own) root.dataset.kernTheme = own;
    else delete root.dataset.kernTheme;
  }

  // Where a line of the text is in the frame. A piece has the line at which it begins; within it the place is estimated.
  placeOf(line, lines) {
    const pieces = [...this.pieces.children], at = pieces.findLastIndex((piece) => Number(piece.dataset.line) <= line);
    if (at < 0) return null;
    const { top, height } = pieces[at].getBoundingClientRect();
    const first = Number(pieces[at].dataset.line), next = Number(pieces[at + 1]?.dataset.line ?? lines + 1);
    return top + height * Math.min(1, (line - first) / Math.max(1, next - first));
  }
}
