// The time that is left in a test. Only the server's clock counts: the page asks it again and again, since extra time may have been given,
// and counts between two answers by a clock that nobody can set. A screen reader hears of it at few moments. Without this script the page
// says when the test ends.
const ASK_EVERY = 60_000;
const SAID_AT = [1800, 900, 300]; // seconds; the last minute has words of its own
const WATCH_FROM = 600; // from here on the seconds of the last minutes are shown, too

class Clock {
  constructor(place) {
    this.place = place;
    this.words = place.dataset;
    this.voice = place.closest(".test").querySelector("[data-clock-voice]");
    this.end = place.closest(".test").querySelector(".test-end");
    this.take(Number(this.words.left));
    this.ticking = setInterval(() => this.show(), 1000);
    this.asking = setInterval(() => this.ask(), ASK_EVERY);
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.ask());
    this.show();
  }

  take(seconds) {
    this.until = performance.now() + seconds * 1000;
    this.before = seconds;
  }

  get left() { return Math.max(0, Math.ceil((this.until - performance.now()) / 1000)); }

  show() {
    const left = this.left;
    if (left === 0) return this.over();
    const minutes = Math.floor(left / 60);
    const seconds = this.words.seconds.replace("{seconds}", left % 60);
    const whole = this.words.minutes.replace("{minutes}", left > WATCH_FROM ? Math.ceil(left / 60) : minutes);
    this.write(left > WATCH_FROM ? whole : minutes ? `${whole} ${seconds}` : seconds);
    for (const moment of SAID_AT) {
      if (this.before > moment && left <= moment) this.say(this.words.sayMinutes.replace("{minutes}", moment / 60));
    }
    if (this.before > 60 && left <= 60) this.say(this.words.sayMinute);
    this.before = left;
  }

  write(text) { if (this.place.textContent !== text) this.place.textContent = text; }

  say(text) { this.voice.textContent = text; }

  async ask() {
    const answer = await fetch(this.words.clock).catch(() => null);
    if (!answer?.ok) return;
    const said = await answer.json();
    const more = said.left - this.left > 30;
    this.take(said.left);
    if (more) this.say(this.words.sayMore);
    if (said.left) this.end.textContent = this.end.textContent.replace(this.known ?? this.words.end, said.end);
    this.known = said.end;
  }

  // Perhaps there is more time: the server is asked before anything is said. The forms stay as they are, with all that is typed.
  async over() {
    if (this.asked) return;
    this.asked = true;
    await this.ask();
    if (this.left > 0) return void (this.asked = false);
    clearInterval(this.ticking);
    clearInterval(this.asking);
    this.write(this.words.seconds.replace("{seconds}", 0));
    this.say(this.words.sayOver);
    this.end.textContent = this.words.sayOver;
  }
}

for (const place of document.querySelectorAll("[data-clock]")) new Clock(place);
