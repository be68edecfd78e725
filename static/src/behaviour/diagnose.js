// The page /lti/diagnose: what only a script can see of the browser. The texts stand in the page, in the reader's language.
const list = document.querySelector("[data-diagnose]");
const WRONG_CLOCK = 60_000;

const checks = {
  script: () => ["success"],
  frame: () => (window.top === window.self ? ["info"] : ["success", ancestors()]),
  storage: () => [canStore() ? "success" : "warning"],
  access: async () => [!document.hasStorageAccess ? "info" : (await document.hasStorageAccess()) ? "success" : "warning"],
  clock: () => [Math.abs(Date.now() - Number(list.dataset.server)) < WRONG_CLOCK ? "success" : "warning"],
  static: async () => [(await fetch(list.dataset.static, { cache: "reload" })).ok ? "success" : "danger"],
};

function ancestors() {
  const origins = window.location.ancestorOrigins;
  return origins?.length ? [...origins].join(", ") : new URL(document.referrer || "about:blank").origin;
}

function canStore() {
  try {
    localStorage.setItem("lotse-check", "1");
    localStorage.removeItem("lotse-check");
    return true;
  } catch {
    return false;
  }
}

async function run(item) {
  const text = item.querySelector("p");
  let [tone, more] = ["danger", ""];
  try {
    [tone, more = ""] = await checks[item.dataset.check]();
  } catch {
    if (!item.dataset.danger) return;
  }
  item.className = `finding finding--${tone}`;
  text.textContent = `${item.dataset[tone] ?? text.textContent} ${more}`.trim();
}

async function report() {
  const items = [...list.querySelectorAll("[data-check]")];
  await Promise.all(items.map(run));
  const names = items.map((item) => `${item.querySelector("strong").textContent}:`);
  const lines = items.map((item, at) => `${names[at]} ${item.className.split("--")[1]}. ${item.querySelector("p").textContent}`);
  const area = document.querySelector("[data-report]");
  const known = area.value.trim().split("\n").filter((line) => !names.some((name) => line.startsWith(name)));
  area.value = [...known, ...lines, navigator.userAgent].join("\n");
}

if (list) report();
