// The answer of a model as it comes. The server sends plain text, piece by piece; when the try is over, the whole question
// comes back from the server with the answer set properly and checked. If the stream is not to be had (another tab
// watches, too many people at once, a proxy in between), the page just looks for the outcome every now and then.
import htmx from "htmx.org";

const LOOK_EVERY = 1500;
const voice = document.createElement("p");
voice.className = "sr-only";
voice.setAttribute("role", "status");
document.body.append(voice);

function begin(box) {
  if (box.dataset.begun) return;
  box.dataset.begun = "yes";
  voice.textContent = box.dataset.begin;
  const stream = new EventSource(`${box.dataset.live}/stream`);
  const look = () => {
    stream.close();
    fetchQuestion(box);
  };
  let text;
  stream.addEventListener("answer", (event) => (text = addTurn(box, JSON.parse(event.data))));
  stream.addEventListener("text", (event) => text.appendData(JSON.parse(event.data)));
  stream.addEventListener("done", look);
  stream.addEventListener("later", look);
  stream.addEventListener("error", look);
}

function addTurn(box, { number, of, ask }) {
  box.querySelector(".live-wait")?.remove();
  for (const streaming of box.querySelectorAll(".is-streaming")) streaming.classList.remove("is-streaming");
  const turn = document.createElement("div");
  turn.className = "turn turn--model";
  const label = document.createElement("p");
  label.className = "turn-label";
  const repeated = ask === box.dataset.ask; // Several runs of one question: it is said once.
  box.dataset.ask = ask;
  const name = of > 1 ? box.dataset.label.replace("{number}", number).replace("{of}", of) : box.dataset.only;
  label.textContent = name + (ask && !repeated ? ` · ${ask}` : "");
  const answer = document.createElement("div");
  answer.className = "turn-text is-streaming";
  const text = document.createTextNode("");
  answer.append(text);
  turn.append(label, answer);
  box.querySelector(".chat").append(turn);
  return text;
}

// Nothing comes back (204) while somebody is still at work on it.
async function fetchQuestion(box) {
  if (!box.isConnected) return;
  const question = box.closest(".question");
  const fresh = question.contains(document.activeElement) || document.activeElement === document.body;
  await htmx.ajax("GET", `${box.dataset.live}/question${fresh ? "?fresh" : ""}`, { target: question, swap: "outerHTML" }).catch(() => {});
  if (box.isConnected) setTimeout(fetchQuestion, LOOK_EVERY, box);
  else voice.textContent = box.dataset.end;
}

htmx.onLoad((part) => {
  for (const box of part.querySelectorAll("[data-live]")) begin(box);
});
