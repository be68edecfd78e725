// What all editors of the house share: how they look, and that the keyboard can leave them.
import { indentWithTab } from "@codemirror/commands";
import { Compartment } from "@codemirror/state";
import { EditorView, keymap } from "@codemirror/view";

export const look = EditorView.theme({
  "&": { width: "100%", boxSizing: "border-box", color: "var(--ink)", backgroundColor: "var(--field)", fontSize: "0.9375rem", border: "1px solid var(--line-strong)", borderRadius: "var(--radius)" },
  "&.cm-focused": { outline: "3px solid var(--action)", outlineOffset: "1px" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55", minHeight: "12rem", maxHeight: "36rem", overflow: "auto" },
  ".cm-content": { caretColor: "var(--ink)", padding: "0.5rem 0" },
  ".cm-cursor": { borderLeftColor: "var(--ink)", borderLeftWidth: "2px" },
  ".cm-gutters": { color: "var(--muted)", backgroundColor: "var(--mist)", border: "none", borderRight: "1px solid var(--line)" },
  ".cm-lineNumbers .cm-gutterElement": { padding: "0 0.6rem 0 0.5rem", minWidth: "2.2rem" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "color-mix(in srgb, var(--tint) 45%, transparent)" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "color-mix(in srgb, var(--action) 28%, transparent) !important" },
  ".cm-matchingBracket": { backgroundColor: "var(--tint) !important", outline: "1px solid var(--line-strong)" },
  ".cm-problem": { backgroundColor: "var(--wrong-mist)", boxShadow: "inset 4px 0 0 var(--wrong)" },
});

// Escape lets the next Tab leave the editor, as people who use the keyboard alone expect (WCAG 2.1.2).
export function tabs() {
  const compartment = new Compartment();
  const away = EditorView.domEventHandlers({
    keydown(event, view) {
      if (event.key === "Escape") view.dispatch({ effects: compartment.reconfigure([]) });
      else if (event.key !== "Tab" && event.key !== "Shift") view.dispatch({ effects: compartment.reconfigure(keymap.of([indentWithTab])) });
    },
    focus(_, view) {
      view.dispatch({ effects: compartment.reconfigure(keymap.of([indentWithTab])) });
    },
  });
  return [compartment.of(keymap.of([indentWithTab])), away];
}
