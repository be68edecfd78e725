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

// Where the next answer is written: a turn of its own, or on its side where several stand beside each other.
function addTurn(box, said) {
  box.querySelector(".live-wait")?.remove();
  for (const streaming of box.querySelectorAll(".is-streaming")) streaming.classList.remove("is-streaming");
  const answer = made("div", "turn-text is-streaming");
  const text = document.createTextNode("");
  answer.append(text);
  if (said.arm) sideOf(box, said).append(answer);
  else turnOf(box, said).append(answer);
  box.dataset.ask = said.ask;
  return text;
}

function turnOf(box, { number, of, ask }) {
  const turn = made("div", "turn turn--model");
  const repeated = ask === box.dataset.ask; // Several runs of one question: it is said once.
  const name = of > 1 ? box.dataset.label.replace("{number}", number).replace("{of}", of) : box.dataset.only;
  turn.append(made("p", "turn-label", name + (ask && !repeated ? ` · ${ask}` : "")));
  box.querySelector(".chat").append(turn);
  return turn;
}

function sideOf(box, { arm, ask }) {
  const chat = box.querySelector(".chat");
  let sides = chat.lastElementChild;
  if (!sides?.matches(".sides") || ask !== box.dataset.ask) {
    sides = made("div", "sides");
    if (ask) chat.append(made("p", "asked", ask));
    chat.append(sides);
  }
  const known = [...sides.children].find((side) => side.dataset.arm === arm);
  if (known) return known;
  const side = made("section", "side");
  side.dataset.arm = arm;
  const number = Number(arm); // A temperature is read as numbers are in the page's language.
  const name = Number.isNaN(number) ? arm : number.toLocaleString(document.documentElement.lang);
  const title = made("p", "side-name");
  title.append(/^[A-D]$/.test(arm) ? made("b", "side-letter", arm) : box.dataset.arm.replace("{arm}", name));
  side.append(title);
  sides.append(side);
  return side;
}

function made(tag, className, text = "") {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
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
