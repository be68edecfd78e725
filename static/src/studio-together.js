// Two previews beside each other move together: they are level where both have the same question, and in proportion in between.
const LEADS = ["wheel", "pointerdown", "touchstart", "keydown", "focusin"];

// The pieces that stand for each other: the same question, or the same place between two questions with as many pieces in both.
export function pairs(ones, others) {
  const found = [];
  let i = -1, j = -1;
  const between = (a, b) => { if (a - i === b - j) for (let step = 1; step < a - i; step++) found.push([i + step, j + step]); };
  ones.forEach((name, a) => {
    const b = name ? others.indexOf(name, j + 1) : -1;
    if (b < 0) return;
    between(a, b);
    found.push([a, b]);
    [i, j] = [a, b];
  });
  between(ones.length, others.length);
  return found;
}

// The place in the other for a place in the one, by points that stand for each other.
export function across(points, place) {
  const at = Math.max(0, points.findLastIndex(([one]) => one <= place));
  const [from, to] = points[at], [end, otherEnd] = points[at + 1] ?? points[at];
  return end > from ? to + ((place - from) / (end - from)) * (otherEnd - to) : to;
}

export class Together {
  constructor(main, beside) {
    Object.assign(this, { main, beside, leader: main });
  }

  // Whoever is moved by hand leads; the other one follows, and its own scrolling means nothing.
  listen(preview) {
    for (const name of LEADS) preview.window.addEventListener(name, () => { this.leader = preview; }, { passive: true });
    preview.window.addEventListener("scroll", () => { if (this.leader === preview) this.soon(); }, { passive: true });
  }

  // `y` is the height in the leader at which both are to be level.
  soon(y) {
    if (y !== undefined) this.y = y;
    this.due ??= requestAnimationFrame(() => { this.due = undefined; this.move(); });
  }

  move() {
    const [one, other] = this.leader === this.main ? [this.main, this.beside] : [this.beside, this.main];
    const wanted = this.y;
    this.y = undefined;
    if (!one.shown || !other.shown) return;
    const from = one.window, to = other.window;
    const room = from.document.documentElement.scrollHeight - from.innerHeight;
    const part = wanted === undefined ? (room > 0 ? from.scrollY / room : 0) : wanted / from.innerHeight;
    const place = across(points(one, other), from.scrollY + part * from.innerHeight);
    to.scrollTo({ top: place - part * to.innerHeight, behavior: "instant" });
  }
}

function points(one, other) {
  const found = pairs(names(one), names(other)).map(([a, b]) => [topOf(one, a), topOf(other, b)]);
  return [[0, 0], ...found, [heightOf(one), heightOf(other)]];
}

// The piece itself is measured, never what is in it: that may not be laid out yet.
const names = ({ pieces }) => [...pieces.children].map((piece) => piece.querySelector(".question[id]")?.id ?? "");
const topOf = ({ pieces, window }, at) => pieces.children[at].getBoundingClientRect().top + window.scrollY;
const heightOf = ({ window }) => window.document.documentElement.scrollHeight;
