// The editor of Python exercises: CodeMirror over the textarea, which stays what is sent. It lives in a shadow root, so that its
// styles are sheets of its own and the page's policy (no inline styles) holds. Loaded only where there is something to edit.
import { closeBrackets, closeBracketsKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, isolateHistory } from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import { bracketMatching, HighlightStyle, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { EditorState, StateEffect, StateField, Transaction } from "@codemirror/state";
import { Decoration, drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { look, tabs } from "./code-look.js";

const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.controlKeyword], color: "light-dark(#7a1fa2, #d9a6f2)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--right)" },
  { tag: [tags.number, tags.bool, tags.null], color: "light-dark(#9a4a00, #f0b95a)" },
  { tag: tags.comment, color: "var(--muted)", fontStyle: "italic" },
  { tag: [tags.function(tags.definition(tags.variableName)), tags.definition(tags.className)], color: "var(--action)", fontWeight: "600" },
  { tag: [tags.standard(tags.variableName), tags.function(tags.variableName)], color: "var(--action)" },
]);

const setProblem = StateEffect.define();
const problemLine = StateField.define({
  create: () => Decoration.none,
  update(marks, change) {
    for (const effect of change.effects) {
      if (!effect.is(setProblem)) continue;
      const line = effect.value && effect.value <= change.state.doc.lines ? change.state.doc.line(effect.value) : null;
      return line ? Decoration.set([Decoration.line({ class: "cm-problem" }).range(line.from)]) : Decoration.none;
    }
    return change.docChanged ? Decoration.none : marks; // What was wrong may be mended by now.
  },
  provide: (field) => EditorView.decorations.from(field),
});

window.lotseEditor = function edit(field, { label, description, locked, onChange, onRun }) {
  const host = document.createElement("div");
  host.className = "code-editor";
  field.after(host);
  const root = host.attachShadow({ mode: "open" });
  const view = new EditorView({
    parent: root,
    root,
    state: EditorState.create({
      doc: field.value,
      extensions: [
        // First, so that it comes before the editor's own new line.
        keymap.of([{ key: "Mod-Enter", run: () => (onRun(), true) }]),
        lineNumbers(), highlightActiveLineGutter(), highlightActiveLine(), history(), drawSelection(), indentOnInput(), bracketMatching(), closeBrackets(),
        indentUnit.of("    "), python(), syntaxHighlighting(colours), look, problemLine, tabs(),
        keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap]),
        EditorState.readOnly.of(locked), EditorView.editable.of(!locked),
        EditorView.contentAttributes.of({ "aria-label": label, "aria-description": description, ...(locked && { tabindex: "0" }) }),
        EditorView.updateListener.of((update) => {
          if (!update.docChanged) return;
          field.value = update.state.doc.toString();
          onChange();
        }),
      ],
    }),
  });
  field.hidden = true;
  document.fonts.ready.then(() => view.requestMeasure()); // Lines were measured in another font until then.
  return {
    get text() { return view.state.doc.toString(); },
    // A step of its own, which Ctrl+Z takes back.
    set text(text) { view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text }, annotations: isolateHistory.of("full") }); },
    // What was there before the first key: nothing to take back.
    load(text) { view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text }, annotations: Transaction.addToHistory.of(false) }); },
    mark(line) { view.dispatch({ effects: setProblem.of(line) }); },
    goTo(line) {
      const at = view.state.doc.line(Math.min(Math.max(line, 1), view.state.doc.lines)).from;
      view.dispatch({ selection: { anchor: at }, effects: [EditorView.scrollIntoView(at, { y: "center" }), setProblem.of(line)] });
      view.focus();
    },
    focus() { view.focus(); },
    destroy() { view.destroy(); host.remove(); field.hidden = false; },
  };
};
