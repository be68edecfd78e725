// Python exercises: the editor, trying a program out, keeping what was typed. Without it the form still runs and hands in.
import htmx from "htmx.org";

const SAVE_AFTER = 1200;
const TRY_AGAIN = 8000;
const ASK_AGAIN = 400; // At first, and longer each time until
const ASK_SELDOM = 2000;
let loading;

function load(address) {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.addEventListener("load", () => resolve(window.lotseEditor));
    script.addEventListener("error", reject);
    document.head.append(script);
  });
  return loading;
}

class Exercise {
  constructor(box) {
    this.box = box;
    this.say = box.dataset;
    this.form = box.closest("form");
    this.field = box.querySelector("textarea[name=code]");
    this.state = box.querySelector(".code-state");
    this.starter = box.querySelector(".code-starter").innerHTML;
    this.locked = box.dataset.locked === "yes";
    this.version = 0;
    this.address = this.form.getAttribute("action").replace(/code$/, "");
    this.token = this.form.elements.csrf_token.value;
  }

  async begin() {
    const edit = await load(this.say.code).catch(() => null);
    if (!edit || !this.box.isConnected) return;
    const keys = this.box.querySelector(".code-keys");
    keys.hidden = this.locked;
    this.starter = new DOMParser().parseFromString(this.starter, "text/html").documentElement.textContent;
    this.editor = edit(this.field, {
      label: this.box.querySelector("label").textContent, description: keys.textContent, locked: this.locked,
      onChange: () => this.changed(), onRun: () => this.run(),
    });
    this.box.querySelector("label").addEventListener("click", (event) => (event.preventDefault(), this.editor.focus()));
    this.form.addEventListener("click", (event) => this.toLine(event));
    if (this.locked) return;
    this.button("run").addEventListener("click", (event) => (event.preventDefault(), this.run()));
    this.button("stop").addEventListener("click", () => this.running?.abort());
    this.button("reset").hidden = false;
    this.button("reset").addEventListener("click", () => this.reset());
    this.form.elements.stdin.addEventListener("input", () => this.changed());
    document.addEventListener("visibilitychange", () => this.leave());
    await this.restore();
  }

  button(name) { return this.form.querySelector(`[data-code-${name}]`); }

  toLine(event) {
    const link = event.target.closest("a[data-line]");
    if (!link) return;
    event.preventDefault();
    this.editor.goTo(Number(link.dataset.line));
  }

  // --- Keeping ---

  fields() { return { code: this.editor.text.replace(/^\n/, ""), stdin: this.form.elements.stdin.value }; }

  async restore() {
    const { fields, version } = (await told(await fetch(`${this.address}draft`).catch(() => null))) ?? {};
    this.version = version;
    if (version && !this.touched) this.take(fields, "load");
  }

  take(fields, how) {
    this.quiet = true;
    if (typeof fields.code === "string" && fields.code !== this.editor.text) {
      if (how === "load") this.editor.load(fields.code);
      else this.editor.text = fields.code;
    }
    if (typeof fields.stdin === "string") this.form.elements.stdin.value = fields.stdin;
    if (fields.stdin) this.form.querySelector(".code-input").open = true;
    this.quiet = false;
  }

  changed() {
    if (this.quiet) return;
    this.touched = this.unsaved = true;
    clearTimeout(this.later);
    this.later = setTimeout(() => this.save(), SAVE_AFTER);
  }

  async save(more) {
    if (!this.box.isConnected) return;
    clearTimeout(this.later);
    this.unsaved = false;
    this.state.textContent = this.say.saving;
    const body = new URLSearchParams({ ...this.fields(), version: this.version, csrf_token: this.token });
    const answer = await fetch(`${this.address}draft`, { method: "POST", body, ...more }).catch(() => null);
    const said = await told(answer);
    if (answer?.status === 409 && said) return this.choose(said);
    if (!answer?.ok || !said) {
      this.unsaved = true;
      this.state.textContent = said?.error ?? this.say.unsaved;
      this.later = setTimeout(() => this.save(), TRY_AGAIN);
      return;
    }
    this.version = said.version;
    if (!this.unsaved) this.state.textContent = this.say.saved;
  }

  // The page goes away: what the last seconds brought goes with the last request.
  leave() {
    if (this.unsaved && document.visibilityState === "hidden") this.save({ keepalive: true });
  }

  // Another tab was later: nothing is overwritten before the learner has said which one stays.
  choose({ fields, version }) {
    this.version = version;
    this.ask(this.say.conflict, [this.say.theirs, () => this.take(fields)], [this.say.mine, () => this.save()]);
  }

  reset() {
    const anew = () => (this.editor.text = this.starter);
    this.ask(this.say.reset, [this.say.yes, anew], [this.say.no, () => {}]).focus();
  }

  // Asks on the page itself: browsers do not let a frame of another site open a dialog. Gives the first button.
  ask(words, ...answers) {
    const buttons = answers.map(([label, act]) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "kern-btn kern-btn--secondary";
      button.append(Object.assign(document.createElement("span"), { className: "kern-label", textContent: label }));
      button.addEventListener("click", () => (this.state.replaceChildren(), act(), this.editor.focus()));
      return button;
    });
    this.state.replaceChildren(`${words} `, ...buttons);
    return buttons[0];
  }

  // --- Trying out ---

  async run() {
    if (this.running || this.locked) return;
    const place = this.form.querySelector(".code-run");
    const output = place.querySelector(".run-output");
    const outcome = place.querySelector(".run-outcome");
    place.hidden = false;
    output.replaceChildren();
    outcome.replaceChildren();
    this.editor.mark(0);
    this.busy(new AbortController());
    this.state.textContent = this.say.running;
    try {
      const answer = await this.begun(this.running.signal);
      this.state.textContent = this.say.running;
      for await (const line of linesOf(answer.body)) this.show(line, output, outcome);
      if (!output.textContent) output.textContent = this.say.nothing;
      this.state.textContent = this.say.ended;
    } catch (error) {
      const stopped = error.name === "AbortError";
      this.state.textContent = stopped ? this.say.ended : error instanceof TypeError ? this.say.failed : error.message;
    }
    this.busy(null);
  }

  // The answer to watch. While others come first, it is asked for again and the place in the line is told.
  async begun(signal) {
    for (let after = ASK_AGAIN; ; after = Math.min(after + ASK_AGAIN, ASK_SELDOM)) {
      const body = new URLSearchParams({ ...this.fields(), csrf_token: this.token });
      const answer = await fetch(`${this.address}run`, { method: "POST", body, signal });
      if (answer.headers.get("Content-Type") === "application/x-ndjson") return answer;
      if (answer.status === 429) throw new Error(this.say.often);
      const said = await told(answer);
      if (!said?.wait) throw new Error(said?.error ?? this.say.reload);
      if (this.state.textContent !== said.wait) this.state.textContent = said.wait;
      await pause(after, signal);
    }
  }

  busy(running) {
    this.running = running;
    const focused = document.activeElement;
    const [run, stop] = [this.button("run"), this.button("stop")];
    stop.hidden = !running;
    run.hidden = Boolean(running);
    if (focused === run && running) stop.focus();
    if (focused === stop && !running) run.focus();
  }

  show(line, output, outcome) {
    if (line.failed) throw new Error(line.failed);
    if (line.html !== undefined) {
      outcome.innerHTML = line.html;
      const mark = outcome.querySelector("[data-mark]");
      if (mark) this.editor.mark(Number(mark.dataset.line));
      return;
    }
    const piece = document.createElement("span");
    if (line.error) piece.className = "is-error";
    piece.textContent = line.out;
    output.append(piece);
    output.scrollTop = output.scrollHeight;
  }
}

// What an answer says as data; nothing when it is a page, for instance the one to sign in.
function told(answer) {
  return answer?.headers.get("Content-Type")?.startsWith("application/json") ? answer.json().catch(() => null) : null;
}

function pause(time, signal) {
  return new Promise((resolve, reject) => {
    const later = setTimeout(resolve, time);
    signal.addEventListener("abort", () => (clearTimeout(later), reject(signal.reason)), { once: true });
  });
}

async function* linesOf(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const line of lines) if (line) yield JSON.parse(line);
  }
}

htmx.onLoad((part) => {
  for (const box of part.querySelectorAll("[data-code]")) new Exercise(box).begin();
});
