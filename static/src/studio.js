// The authors' editor: CodeMirror over the textarea, which stays what is sent. The text is saved as it is written; what could
// not be saved stays in the page and in this browser, until it could be.
import { autocompletion, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { HighlightStyle, StreamLanguage, syntaxHighlighting } from "@codemirror/language";
import { EditorState, StateEffect, StateField } from "@codemirror/state";
import { Decoration, drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { look, tabs } from "./code-look.js";
import { Preview } from "./studio-preview.js";
import { Together } from "./studio-together.js";

const SAVE = 1500, SAVE_AT_LEAST = 8000, CHECK = 600, PULSE = 15000, FORM = 120;
const EDGE = 40; // What is nearer to the frame's edge is not seen well.
const VIEW = "lotse-studio-view";
const GIFT = "gift";

// --- Markdown with ::: blocks ---
const markdown = StreamLanguage.define({
  name: "lotse",
  startState: () => ({ head: false, block: false, fence: "", first: true }),
  token(stream, state) {
    if (stream.sol()) {
      const first = state.first;
      state.first = false;
      if (state.fence) {
        if (stream.match(new RegExp(`^\\s*${state.fence}\\s*$`))) { state.fence = ""; return "meta"; }
        stream.skipToEnd();
        return "monospace";
      }
      if (stream.match(/^---\s*$/)) { if (first) state.head = true; else if (state.head) state.head = false; return "meta"; }
      if (state.head && stream.match(/^[\w-]+:/)) return "propertyName";
      const fence = stream.match(/^\s*(`{3,}|~{3,})/);
      if (fence) { state.fence = fence[1]; stream.skipToEnd(); return "meta"; }
      if (stream.match(/^:::\s*$/) || stream.match(/^\/\/\/\s*$/)) { state.block = false; return "keyword"; }
      if (stream.match(/^(:::|\/\/\/)\s*[a-z][a-z0-9-]*/)) { state.block = true; return "keyword"; }
      if (stream.match(/^#{1,6}\s.*/)) return "heading";
      if (state.block && stream.match(/^\s{0,3}(\([ xX]?\)|\[[ xX]?\]|=(?=\s)|[?!](?=\s))/)) return "atom";
      if (stream.match(/^\s*>\s?/)) return "quote";
      if (stream.match(/^\s*([-*+]|\d+\.)\s/)) return "list";
    }
    if (stream.match(/^\{#?[^}]*\}/)) return "labelName";
    if (stream.match(/^`[^`]+`/)) return "monospace";
    if (stream.match(/^\*\*[^*]+\*\*/)) return "strong";
    if (stream.match(/^\*[^*\s][^*]*\*/)) return "emphasis";
    if (stream.match(/^\[\[[^\]]*\]\]/)) return "atom";
    if (stream.match(/^!?\[[^\]]*\]\([^)]*\)/)) return "link";
    stream.next();
    stream.eatWhile(/[^\s`*[{!]/);
    return null;
  },
});
const colours = HighlightStyle.define([
  { tag: tags.heading, color: "var(--heading)", fontWeight: "700" },
  { tag: tags.strong, fontWeight: "700" },
  { tag: tags.emphasis, fontStyle: "italic" },
  { tag: tags.keyword, color: "light-dark(#7a1fa2, #d9a6f2)", fontWeight: "600" },
  { tag: [tags.atom, tags.list], color: "light-dark(#8a4200, #f0b95a)", fontWeight: "600" },
  { tag: tags.quote, color: "var(--muted)" },
  { tag: [tags.meta, tags.labelName], color: "var(--muted)" },
  { tag: tags.propertyName, color: "var(--action)" },
  { tag: tags.link, color: "var(--action)", textDecoration: "underline" },
  { tag: tags.monospace, color: "var(--right)" },
]);
const own = EditorView.theme({
  "&": { height: "100%", border: "none", borderRadius: "0" },
  "&.cm-focused": { outlineOffset: "-3px" },
  ".cm-scroller": { maxHeight: "none", minHeight: "100%", fontSize: "0.9375rem", lineHeight: "1.6" },
  ".cm-content": { paddingBottom: "40vh" },
  ".cm-error-line": { boxShadow: "inset 4px 0 0 var(--wrong)", backgroundColor: "var(--wrong-mist)" },
  ".cm-warning-line": { boxShadow: "inset 4px 0 0 var(--beacon)" },
  ".cm-tooltip": { backgroundColor: "var(--raised)", color: "var(--ink)", border: "1px solid var(--line-strong)", borderRadius: "var(--radius)" },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--action)", color: "var(--on-action)" },
});

const setFindings = StateEffect.define();
const findingLines = StateField.define({
  create: () => Decoration.none,
  update(marks, change) {
    let now = marks.map(change.changes);
    for (const effect of change.effects) {
      if (!effect.is(setFindings)) continue;
      const worst = new Map();
      for (const { line, severity } of effect.value) if (line >= 1 && line <= change.state.doc.lines && worst.get(line) !== "error") worst.set(line, severity);
      now = Decoration.set([...worst].sort((a, b) => a[0] - b[0]).map(([line, severity]) => Decoration.line({ class: `cm-${severity}-line` }).range(change.state.doc.line(line).from)));
    }
    return now;
  },
  provide: (field) => EditorView.decorations.from(field),
});

// The lines of the block (or the module's head, or GIFT) around a place; null between blocks.
function blockAround(doc, place) {
  const lines = doc.toString().split("\n");
  const at = doc.lineAt(place).number - 1;
  if (lines[0].trim() === "---") {
    const end = lines.findIndex((line, number) => number > 0 && line.trim() === "---");
    if (end > 0 && at <= end) return range(doc, 0, end);
  }
  let open = -1;
  for (let number = 0, fence = "", begun = 0; number < lines.length; number++) {
    const tick = lines[number].match(/^\s*(`{3,}|~{3,})\s*(\S*)/);
    if (fence) {
      if (lines[number].trim() !== fence) continue;
      if (open < 0 && begun <= at && at <= number && /^\s*[`~]{3,}\s*gift\b/.test(lines[begun])) return range(doc, begun, number);
      fence = "";
      continue;
    }
    if (tick) { fence = tick[1]; begun = number; continue; }
    if (/^(:::|\/\/\/)\s*[a-z]/.test(lines[number])) { if (number > at) return null; open = number; }
    else if (/^(:::|\/\/\/)\s*$/.test(lines[number]) && open >= 0) { if (number >= at) return range(doc, open, number); open = -1; }
  }
  return null;
}
function range(doc, first, last) {
  const from = doc.line(first + 1).from, to = doc.line(last + 1).to;
  return { from, to, text: doc.sliceString(from, to) };
}

// The smallest change that makes one text of another, so that cursor and history stay.
function difference(old, text) {
  let from = 0, end = 0;
  const most = Math.min(old.length, text.length);
  while (from < most && old[from] === text[from]) from++;
  while (end < most - from && old[old.length - 1 - end] === text[text.length - 1 - end]) end++;
  return { from, to: old.length - end, insert: text.slice(from, text.length - end) };
}

// Where the cursor goes after one of the form's buttons, by what it did and the numbers of fence and row.
const INPUT = "input:not([type=hidden]), select, textarea";
function placeAfter(name, at, row) {
  const to = { up: -1, down: 1 }[name.replace("row-", "")] ?? 0;
  if (name.startsWith("row-") && to) return `[data-act="${name} ${at} ${Number(row) + to}"]`;
  if (name === "row") return `#f-rows-${at} > :last-child :is(${INPUT})`;
  if (name.startsWith("row-")) return `[data-act="row ${at}"]`;
  if (to) return `[data-act="${name} ${Number(at) + to}"]`;
  return { remove: "[data-act=answer]", answer: "#f-rows > :last-child [name^=text-]" }[name];
}

class Studio {
  constructor(form) {
    this.form = form;
    this.field = form.elements.text;
    this.words = JSON.parse(form.querySelector("[data-words]").textContent);
    this.kinds = JSON.parse(form.querySelector("[data-kinds]").textContent);
    this.marks = JSON.parse(form.querySelector("[data-marks]").textContent);
    this.key = `lotse-studio ${form.dataset.slug} ${form.dataset.path}`;
    this.saved = this.field.value;
    this.timers = {};
    for (const hidden of form.querySelectorAll("[data-script]")) hidden.hidden = false;
    this.edit();
    this.rescue();
    this.looks();
    this.listen();
    this.check();
    setInterval(() => this.pulse(), PULSE);
    this.goToHash();
  }

  get text() { return this.view.state.doc.toString(); }
  get dirty() { return this.text !== this.saved; }
  at(name) { return this.form.querySelector(`[data-${name}]`); }
  later(name, wait, work) { clearTimeout(this.timers[name]); this.timers[name] = setTimeout(work, wait); }
  say(words, tone = "") { const place = this.at("state"); if (place.textContent !== words) place.textContent = words; place.dataset.tone = tone; }

  edit() {
    const host = document.createElement("div");
    host.className = "studio-editor";
    this.field.after(host);
    const root = host.attachShadow({ mode: "open" });
    this.view = new EditorView({
      parent: root, root,
      state: EditorState.create({
        doc: this.field.value,
        extensions: [
          keymap.of([{ key: "Mod-s", run: () => (this.save(), true) }]),
          lineNumbers(), highlightActiveLineGutter(), highlightActiveLine(), history(), drawSelection(), EditorView.lineWrapping,
          markdown, syntaxHighlighting(colours), own, look, findingLines,
          autocompletion({ override: [(context) => this.complete(context)], icons: false }),
          keymap.of([...completionKeymap, ...defaultKeymap, ...historyKeymap]), tabs(),
          EditorView.contentAttributes.of({ "aria-label": this.words.label, "aria-description": this.words.keys, spellcheck: "true", tabindex: "0", lang: this.field.lang }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) this.changed();
            else if (update.selectionSet) this.later("follow", FORM, () => this.follow());
            if (update.docChanged || update.selectionSet) this.later("form", FORM, () => this.formOfText());
          }),
        ],
      }),
    });
    this.field.hidden = true;
    document.fonts.ready.then(() => this.view.requestMeasure());
  }

  // At the beginning of a line: a new block. In a block's braces: its attributes. Behind three ticks in a block: its parts.
  complete(context) {
    const before = context.matchBefore(/^(:::|```)\s*[a-z-]*/);
    const around = before?.text.startsWith(":::") ? null : blockAround(context.state.doc, context.pos);
    const kind = this.kinds.find(({ name }) => name === around?.text.match(/^(?::::|\/\/\/)\s*([a-z-]+)/)?.[1]);
    if (before?.text.startsWith("```")) return { from: before.from, options: kind ? this.parts(kind) : this.news(before, [GIFT]), filter: Boolean(kind) };
    if (before) return { from: before.from, filter: false, options: this.news(before, this.kinds.map(({ name }) => name).filter((name) => name !== GIFT)) };
    const word = kind && context.state.doc.lineAt(context.pos).from === around.from && context.matchBefore(/[{\s][a-z_]*/);
    return word ? { from: word.from + 1, options: kind.attributes.map(({ label, detail }) => ({ label, detail, apply: `${label}=` })) } : null;
  }

  news(before, names) {
    return this.kinds.filter(({ name }) => names.includes(name) && name.startsWith(before.text.replace(/^(:::|```)\s*/, ""))).map((kind) => ({
      label: kind.name === GIFT ? "``` gift" : `::: ${kind.name}`, detail: kind.title,
      apply: (view, _, from, to) => { view.dispatch({ changes: { from, to } }); this.insert(kind.name, from); },
    }));
  }

  parts(kind) {
    return kind.fences.map(({ label, detail }) => ({
      label: `\`\`\`${label}`, detail,
      apply: (view, _, from, to) => view.dispatch({ changes: { from, to, insert: `\`\`\`${label}\n\n\`\`\`` }, selection: { anchor: from + label.length + 4 } }),
    }));
  }

  replace(text) {
    const change = difference(this.text, text);
    if (change.from !== change.to || change.insert) this.view.dispatch({ changes: change });
  }

  changed() {
    this.field.value = this.text;
    if (this.dirty) this.say(this.words.unsaved);
    this.keep();
    this.preview();
    this.form.dispatchEvent(new Event("written")); // For the page beside whose editor this one is.
    this.later("check", CHECK, () => this.check());
    this.later("save", SAVE, () => this.save());
    this.timers.surely ??= setTimeout(() => this.save(), SAVE_AT_LEAST);
  }

  // --- Nothing is lost ---
  keep() {
    try {
      if (this.dirty) localStorage.setItem(this.key, JSON.stringify({ text: this.text, base: this.form.elements.base.value, at: Date.now() }));
      else localStorage.removeItem(this.key);
    } catch { /* Private windows may have no store: the page still has the text. */ }
  }

  rescue() {
    let kept = null;
    try { kept = JSON.parse(localStorage.getItem(`${this.key} rescued`) ?? localStorage.getItem(this.key)); } catch { return; }
    if (!kept || kept.text === this.text) return;
    localStorage.setItem(`${this.key} rescued`, JSON.stringify(kept)); // Until somebody decides: what is written now has a place of its own.
    const drop = () => { localStorage.removeItem(`${this.key} rescued`); this.trouble(); };
    this.trouble(this.words.rescued.replace("@", new Date(kept.at).toLocaleString(document.documentElement.lang)), [
      [this.words.take, () => { this.form.elements.base.value = kept.base; this.replace(kept.text); drop(); this.view.focus(); }],
      [this.words.drop, drop],
    ]);
  }

  trouble(words = "", acts = []) {
    const place = this.at("trouble");
    place.replaceChildren();
    if (!words) return;
    const box = document.createElement("div");
    box.className = "studio-trouble";
    box.setAttribute("role", "alert");
    box.append(Object.assign(document.createElement("p"), { textContent: words }));
    for (const [label, act] of acts) {
      const button = Object.assign(document.createElement("button"), { type: "button", className: "kern-btn kern-btn--secondary" });
      button.append(Object.assign(document.createElement("span"), { className: "kern-label", textContent: label }));
      button.addEventListener("click", act);
      box.append(button);
    }
    place.append(box);
  }

  async send(url, values, headers = {}) {
    const body = new URLSearchParams({ csrf_token: this.form.elements.csrf_token.value, ...values });
    const response = await fetch(url, { method: "POST", body, headers, redirect: "manual" });
    if (response.type === "opaqueredirect" || response.status === 400 || response.status === 401) throw new Error("signed out");
    return response;
  }

  async save() {
    clearTimeout(this.timers.save);
    clearTimeout(this.timers.surely);
    this.timers.surely = undefined;
    if (this.stopped || !this.dirty) return;
    if (this.saving) { this.again = true; return; }
    this.saving = true;
    this.say(this.words.saving);
    const sent = this.text;
    try {
      const response = await this.send(this.form.action, { text: sent, base: this.form.elements.base.value }, { "X-Studio": "save" });
      const answer = await response.json();
      if (response.status === 409) this.conflict();
      else if (!response.ok) this.say(answer.problem, "wrong");
      else this.stored(sent, answer);
    } catch (error) {
      this.lost = true;
      this.say(error.message === "signed out" ? this.words.signedOut : this.words.offline, "wrong");
      this.later("pulse", 3000, () => this.pulse());
    }
    this.saving = false;
    if (this.again) { this.again = false; this.later("save", 200, () => this.save()); }
  }

  stored(sent, { revision, text, merged }) {
    if (!merged) { this.saved = sent; this.form.elements.base.value = revision; }
    else if (this.text === sent) { this.saved = text; this.form.elements.base.value = revision; this.replace(text); }
    else this.again = true; // Written on meanwhile: the next one is put together with it, too.
    this.lost = false;
    this.say(this.dirty ? this.words.unsaved : merged ? this.words.merged : this.words.saved, this.dirty ? "" : "right");
    this.keep();
  }

  conflict() {
    this.stopped = true;
    this.say(this.words.conflict, "wrong");
    this.trouble(this.words.conflict, [[this.words.look, () => { this.leaving = true; this.form.submit(); }]]);
  }

  async pulse() {
    let response;
    try { response = await fetch(this.form.dataset.pulse, { redirect: "manual" }); } catch { response = { ok: false }; }
    if (!response.ok) { if (this.lost) this.later("pulse", 5000, () => this.pulse()); return; }
    const { token, here, others } = await response.json();
    this.form.elements.csrf_token.value = token; // After a new sign-in the old one is worth nothing.
    const words = here.join(", ");
    if (this.at("here").textContent.trim() !== words) this.at("here").textContent = words;
    if (this.lost) this.save();
    const now = JSON.stringify(others);
    if (this.others && this.others !== now) this.previewBeside();
    this.others = now;
  }

  // --- Preview ---
  looks() {
    const frame = this.at("frame");
    if (!frame) return;
    const said = (known) => ({ known, ...(this.at("solutions").checked && { solutions: "1" }) });
    this.recall();
    this.live = new Preview(frame, (known) => this.send(this.form.dataset.previewUrl, { text: this.text, ...said(known) }), (taken) => {
      this.form.dataset.drawn = String(taken);
      if (this.view.hasFocus) this.follow();
      else this.together?.soon();
    });
    const choice = this.at("beside");
    if (choice) {
      this.other = new Preview(this.at("frame-beside"), (known) => {
        const open = this.editorOf(choice.value);
        return this.send(choice.selectedOptions[0].dataset.draw, { ...(open && { text: open.text }), ...said(known) });
      }, () => this.together.soon());
      this.together = new Together(this.live, this.other);
      for (const preview of [this.live, this.other]) {
        preview.onframed = () => this.together.listen(preview);
        if (preview.pieces) preview.onframed();
      }
      choice.addEventListener("change", () => this.beside());
      this.beside();
    }
    this.dark();
    this.at("phone").addEventListener("change", () => { this.phone(); requestAnimationFrame(() => this.follow()); });
    this.at("dark").addEventListener("change", () => this.dark());
    this.at("solutions").addEventListener("change", () => { this.live.refresh().then(() => this.follow()); this.previewBeside(); });
    this.phone();
    this.form.querySelector(".studio-view").addEventListener("change", () => this.remember());
  }

  preview() { this.live?.refresh(); }

  // The other text is drawn when it changed, never for a key of this one.
  previewBeside() { if (this.at("beside")?.value) this.other.refresh(); }

  beside() {
    const choice = this.at("beside"), chosen = choice.selectedOptions[0], both = Boolean(choice.value), frame = this.at("frame-beside");
    this.at("beside-box").hidden = !both;
    this.at("beside-name").textContent = both ? chosen.dataset.name : "";
    this.form.querySelector(".studio-panes").classList.toggle("is-both", both);
    if (both && frame.getAttribute("src") !== chosen.dataset.show) { frame.src = chosen.dataset.show; frame.title = `${this.words.preview}: ${chosen.dataset.name}`; }
    else this.previewBeside();
  }

  // The editor of another text of this module, if it is open beside.
  editorOf(code) { return document.querySelector(`#pane-other-${code} iframe`)?.contentDocument?.querySelector("[data-studio]")?.studio; }

  looked() { return [this.live, this.other].filter(Boolean); }
  dark() { for (const preview of this.looked()) preview.theme(this.at("dark").checked); }
  phone() { for (const { frame } of this.looked()) frame.classList.toggle("is-phone", this.at("phone").checked); }

  // How one looks at previews is remembered in this browser; a pair of languages holds in the editor of either.
  remember() {
    const other = this.at("beside")?.value;
    const kept = Object.fromEntries(["solutions", "phone", "dark"].map((name) => [name, this.at(name).checked]));
    try { localStorage.setItem(VIEW, JSON.stringify({ ...kept, both: other ? [this.form.dataset.language, other] : [] })); } catch { /* as above */ }
  }

  recall() {
    let kept = {};
    try { kept = JSON.parse(localStorage.getItem(VIEW)) ?? {}; } catch { /* as above */ }
    for (const name of ["solutions", "phone", "dark"]) if (name in kept) this.at(name).checked = kept[name] === true;
    const choice = this.at("beside"), other = kept.both?.find((code) => code !== this.form.dataset.language);
    if (choice) choice.value = [...choice.options].some(({ value }) => value === other) ? other : "";
  }

  // Where the cursor is in the preview.
  placeSeen() {
    const { doc, selection } = this.view.state;
    return this.live?.shown ? this.live.placeOf(doc.lineAt(selection.main.head).number, doc.lines) : null;
  }

  // The preview stays where the text is being written; the other one comes after it, so that no key waits for it.
  follow() {
    const place = this.placeSeen();
    if (place === null) return;
    const { window: page } = this.live;
    if (place < EDGE || place > page.innerHeight - EDGE) page.scrollBy({ top: place - page.innerHeight / 3, behavior: "instant" });
    if (this.at("beside")?.value) this.later("level", FORM, () => { this.together.leader = this.live; this.together.soon(this.placeSeen() ?? undefined); });
  }

  // --- Check ---
  async check() {
    let found;
    try { found = (await (await this.send(this.form.dataset.findings, { text: this.text })).json()).findings; } catch { return; }
    this.view.dispatch({ effects: setFindings.of(found) });
    const wrong = found.filter(({ severity }) => severity === "error").length;
    const words = [wrong && this.words.errors.replace("@", wrong), found.length - wrong && this.words.advice.replace("@", found.length - wrong)].filter(Boolean);
    this.at("check").hidden = false;
    this.at("check").classList.toggle("is-wrong", wrong > 0);
    this.at("count").textContent = words.join(", ") || this.words.nothing;
    this.at("list").replaceChildren(...found.map((finding) => this.finding(finding)));
  }

  finding({ line, severity, message, mend, missing }) {
    const item = document.createElement("li");
    item.className = `is-${severity}`;
    const button = Object.assign(document.createElement("button"), { type: "button", className: "link-button", textContent: this.words.line.replace("@", line) });
    button.addEventListener("click", () => this.goTo(line));
    const kind = Object.assign(document.createElement("strong"), { textContent: `${severity === "error" ? this.words.error : this.words.hint}: ` });
    item.append(kind, `${message} ${mend} `, button);
    if (missing && this.form.dataset.path !== missing) {
      const copy = Object.assign(document.createElement("button"), { type: "button", className: "link-button", textContent: this.words.copy });
      copy.addEventListener("click", () => this.copy(line, missing));
      item.append(" ", copy);
    }
    return item;
  }

  // A block that is missing in the other language is put there, behind those that both have.
  async copy(line, path) {
    const { doc } = this.view.state, place = doc.line(Math.min(line, doc.lines)).from, block = blockAround(doc, place);
    if (!block) return;
    const before = [...doc.sliceString(0, block.from).matchAll(/^(?::::|\/\/\/)\s*[a-z-]+\s*\{#([\w.-]+)/gm)].map(([, id]) => id).join(" ");
    try { await this.send(`${this.form.dataset.missing}${path}`, { source: block.text, before }); } catch { return; }
    this.check();
    this.previewBeside();
  }

  goTo(line) {
    const place = this.view.state.doc.line(Math.min(Math.max(line, 1), this.view.state.doc.lines)).from;
    this.view.dispatch({ selection: { anchor: place }, effects: EditorView.scrollIntoView(place, { y: "center" }) });
    this.view.focus();
  }

  goToHash() {
    const line = Number(location.hash.match(/^#line-(\d+)$/)?.[1]);
    if (line) this.goTo(line);
  }

  // --- Questions as forms ---
  async insert(kind, place) {
    const response = await this.send(this.form.dataset.new, { kind, language: this.form.dataset.language });
    const { source } = await response.json();
    const doc = this.view.state.doc;
    const around = blockAround(doc, place ?? this.view.state.selection.main.head);
    const head = around?.from === 0 && around.text.startsWith("---"); // Nobody means that a question comes before all words.
    const line = doc.lineAt(head ? doc.length : around ? around.to : place ?? this.view.state.selection.main.head);
    const above = line.number > 1 ? doc.line(line.number - 1).text : "", below = line.number < doc.lines ? doc.line(line.number + 1).text : null;
    const before = line.text ? "\n\n" : above ? "\n" : "";
    this.view.dispatch({ changes: { from: line.to, insert: `${before}${source}${below === "" ? "" : "\n"}` }, selection: { anchor: line.to + before.length + source.indexOf("\n") + 1 }, scrollIntoView: true });
    this.open("form");
    this.view.focus();
  }

  async formOfText() {
    const pane = this.at("form");
    if (!pane || pane.hidden || pane.contains(document.activeElement)) return;
    const block = blockAround(this.view.state.doc, this.view.state.selection.main.head);
    const source = block?.text ?? "";
    if (source === this.shown && pane.childElementCount) return;
    this.shown = source;
    const opened = [...pane.querySelectorAll("details[id][open]")].map(({ id }) => id);
    try { pane.innerHTML = await (await this.send(this.form.dataset.read, { source, language: this.form.dataset.language })).text(); } catch { /* as above */ }
    for (const id of opened) { const details = document.getElementById(id); if (details) details.open = true; }
  }

  // What the form says goes into the text; `act` is one of the form's buttons.
  async textOfForm(act = "") {
    const pane = this.at("form");
    const block = blockAround(this.view.state.doc, this.view.state.selection.main.head);
    if (!block) return;
    const chosen = (field) => !["radio", "checkbox"].includes(field.type) || field.checked;
    const values = new URLSearchParams([...pane.querySelectorAll("[name]")].filter(chosen).map((field) => [field.name, field.value]));
    for (const [name, value] of Object.entries({ csrf_token: this.form.elements.csrf_token.value, source: block.text, language: this.form.dataset.language, act })) values.set(name, value);
    if (block.text.startsWith("---")) values.set("front", block.text);
    let answer;
    try { answer = await fetch(this.form.dataset.write, { method: "POST", body: values, redirect: "manual" }); } catch { return; }
    const problem = pane.querySelector("[data-form-problem]");
    if (problem) problem.textContent = answer.status === 422 ? (await answer.json()).problem : "";
    if (!answer.ok) return;
    const { source } = await answer.json();
    const now = blockAround(this.view.state.doc, this.view.state.selection.main.head);
    if (now && now.text !== block.text && now.text === this.shown) return this.textOfForm(act); // An earlier key of the form came in between.
    if (!now || now.text !== block.text) return; // The text was changed meanwhile: it is what counts.
    this.shown = source;
    const change = difference(now.text, source);
    this.view.dispatch({ changes: { from: now.from + change.from, to: now.from + change.to, insert: change.insert }, selection: { anchor: now.from + Math.min(4, source.length) } });
  }

  // The form is made anew; told is which field had the cursor just before.
  async rewrite(act) {
    clearTimeout(this.timers.write);
    await this.textOfForm(act);
    this.shown = null;
    const { id } = document.activeElement;
    document.activeElement.blur();
    await this.formOfText();
    return id;
  }

  // After a button the cursor goes to what it made, or stays with what it moved.
  async act(does) {
    const pane = this.at("form");
    await this.rewrite(does);
    const [name, ...numbers] = does.split(" ");
    const place = placeAfter(name, ...numbers);
    const field = (place && pane.querySelector(place)) ?? (name === "fence" ? [...pane.querySelectorAll(`[name^=name-]`)].pop()?.closest("fieldset").querySelector(INPUT) : pane.querySelector(`[data-act="${name}"]`)) ?? pane;
    if (field.disabled) field.closest("fieldset")?.querySelector(INPUT)?.focus();
    else field.focus();
    if (name === "answer") field.select?.();
  }

  formActs(pane) {
    pane.addEventListener("input", (event) => {
      const box = event.target.closest("[data-sign]");
      if (box) pane.querySelector(`[name="${box.dataset.sign}"]`).value = box.dataset.signs.split("|")[box.checked ? 0 : 1];
      if (event.target.name || box) this.later("write", FORM, () => this.textOfForm());
    });
    pane.addEventListener("change", async (event) => {
      if (!event.target.closest("[data-again]")) return;
      const id = await this.rewrite("");
      if (id && document.activeElement === document.body) document.getElementById(id)?.focus();
    });
    pane.addEventListener("click", (event) => {
      const button = event.target.closest("[data-act]");
      if (button) this.act(button.dataset.act || pane.querySelector("[data-more]").value);
    });
  }

  // Signs of Markdown around what is selected, or before its lines.
  mark(name) {
    const { main } = this.view.state.selection, doc = this.view.state.doc;
    const chosen = doc.sliceString(main.from, main.to);
    const [before, words, behind] = this.marks[name];
    const line = before.startsWith("\n"), first = doc.lineAt(main.from);
    const from = line ? first.from : main.from, to = line ? doc.lineAt(main.to).to : main.to;
    const text = (line ? doc.sliceString(from, to) : chosen) || words;
    const sign = line ? before.slice(1) : before;
    const insert = line && !behind ? text.split("\n").map((row, number) => sign.replace("1.", `${number + 1}.`) + row).join("\n") : sign + text + behind;
    this.view.dispatch({ changes: { from, to, insert }, selection: { anchor: from + sign.length, head: from + (line && !behind ? insert.length : sign.length + text.length) }, scrollIntoView: true });
    this.view.focus();
  }

  // A picture: uploaded from here, and its line written where the cursor is.
  async upload(box) {
    const [file, words, problem] = ["input[type=file]", "input:not([type=file])", "[data-upload-problem]"].map((each) => box.querySelector(each));
    const body = new FormData();
    body.set("csrf_token", this.form.elements.csrf_token.value);
    body.set("words", words.value);
    if (file.files[0]) body.set("file", file.files[0]);
    let response;
    try { response = await fetch(box.dataset.upload, { method: "POST", body, headers: { "X-Studio": "upload" }, redirect: "manual" }); } catch { problem.textContent = this.words.notUploaded; return; }
    const answer = response.headers.get("Content-Type")?.includes("json") ? await response.json() : { problem: this.words.notUploaded };
    problem.textContent = answer.problem;
    if (answer.problem) return;
    file.value = words.value = "";
    box.open = false;
    const { main } = this.view.state.selection, line = this.view.state.doc.lineAt(main.head);
    const insert = line.text.trim() ? `\n\n${answer.reference}\n` : `${answer.reference}\n`, at = line.text.trim() ? line.to : line.from;
    this.view.dispatch({ changes: { from: at, insert }, selection: { anchor: at + insert.length }, scrollIntoView: true });
    this.view.focus();
  }

  open(name) {
    for (const tab of this.form.querySelectorAll("[role=tab]")) {
      const chosen = tab.id === `tab-${name}`;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
      document.getElementById(tab.getAttribute("aria-controls")).hidden = !chosen;
    }
    if (name === "form") this.formOfText();
    const other = document.getElementById(`tab-${name}`).dataset.other;
    const frame = document.querySelector(`#pane-${name} iframe`);
    if (!other || frame.src) return;
    const drawn = () => this.later("beside", FORM, () => this.previewBeside());
    frame.addEventListener("load", () => {
      frame.contentDocument?.querySelector("[data-studio]")?.addEventListener("written", drawn);
      drawn();                         // Of what was written before all of the page was there.
    });
    frame.src = other;
  }

  listen() {
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.save(); });
    window.addEventListener("beforeunload", (event) => { if (this.dirty && !this.leaving) event.preventDefault(); });
    window.addEventListener("online", () => this.pulse());
    document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") this.save(); else this.pulse(); });
    const list = this.form.querySelector("[role=tablist]");
    list?.addEventListener("click", (event) => { const tab = event.target.closest("[role=tab]"); if (tab) this.open(tab.id.slice(4)); });
    list?.addEventListener("keydown", (event) => {
      const all = [...list.querySelectorAll("[role=tab]")];
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = all[(all.indexOf(document.activeElement) + step + all.length) % all.length];
      this.open(next.id.slice(4));
      next.focus();
    });
    const pane = this.at("form");
    if (pane) this.formActs(pane);
    this.at("upload-now")?.addEventListener("click", (event) => this.upload(event.target.closest("[data-upload]")));
    for (const button of this.form.querySelectorAll("[data-mark]")) {
      button.addEventListener("click", () => { button.closest("details").open = false; this.mark(button.dataset.mark); });
    }
    for (const button of this.form.querySelectorAll("[data-insert]")) {
      button.addEventListener("click", () => { button.closest("details").open = false; this.insert(button.dataset.insert); });
    }
  }
}

for (const form of document.querySelectorAll("[data-studio]")) form.studio = new Studio(form);
