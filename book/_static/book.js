// What the pages do beyond reading: colours, copying, printing, full screen, the place in
// the page. Every page reads in full without it; the style sheet hides what needs scripts.
const root = document.documentElement;
const modes = ["auto", "light", "dark"];
const said = { auto: "as the system", light: "light", dark: "dark" };

function remembered() {
  try { return localStorage.getItem("theme") || "auto"; } catch { return "auto"; }
}

function setMode(button, mode) {
  if (mode === "auto") delete root.dataset.theme;
  else root.dataset.theme = mode;
  try {
    if (mode === "auto") localStorage.removeItem("theme");
    else localStorage.setItem("theme", mode);
  } catch { /* storage may be switched off; the choice then lasts for this page */ }
  const label = `Colours: ${said[mode]}`;
  button.setAttribute("aria-label", label);
  button.title = label;
}

const actions = {
  mode(button) {
    const next = modes[(modes.indexOf(root.dataset.theme || "auto") + 1) % modes.length];
    setMode(button, next);
  },
  print() { window.print(); },
  fullscreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else root.requestFullscreen();
  },
};

for (const button of document.querySelectorAll("button[data-do]")) {
  const name = button.dataset.do;
  if (name === "fullscreen") button.hidden = !document.fullscreenEnabled;
  if (name === "mode") setMode(button, remembered());
  button.addEventListener("click", () => actions[name](button));
}

// The buttons stand in the pages: to add dozens here would lay each page out twice.
if (!navigator.clipboard) root.classList.add("no-clipboard");
document.addEventListener("click", async (event) => {
  const button = event.target.closest("button.copy");
  if (!button) return;
  await navigator.clipboard.writeText(button.parentElement.querySelector("pre").innerText.trimEnd());
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = "Copy"; }, 1500);
});

// What is wider than the column scrolls inside itself, and must then be reachable by keyboard.
// All boxes are measured before one is marked: a mark between two measurements would make
// the browser lay the page out again for each.
const wide = [...document.querySelectorAll(".formula-scroll, .highlight pre, .table-scroll, .output pre")]
  .filter((box) => !box.matches("dl.py pre"));
const marked = new Set();
function mark(box) {
  box.tabIndex = 0;
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", box.matches(".formula-scroll") ? "Formula, scrolls sideways"
    : box.matches(".table-scroll") ? "Table, scrolls sideways" : "Code, scrolls sideways");
  marked.add(box);
}
function unmark(box) {
  for (const name of ["tabindex", "role", "aria-label"]) box.removeAttribute(name);
  marked.delete(box);
}
function markScrollable() {
  const near = wide.filter((box) => box.checkVisibility({ contentVisibilityAuto: true }));
  const overflowing = new Set(near.filter((box) => box.scrollWidth > box.clientWidth + 1));
  for (const box of marked) if (!overflowing.has(box)) unmark(box);
  for (const box of overflowing) if (!marked.has(box)) mark(box);
}
new ResizeObserver(markScrollable).observe(document.body);
// A font that comes late may widen a box and not the page.
document.fonts.addEventListener("loadingdone", markScrollable);

// The style sheet leaves the parts of a page below the first screen for later. They are laid
// out in idle moments of a millisecond or the time of one part, since all at once would keep
// a slow phone from answering, and the rest as soon as a reader does something: where the page
// then is, it stays.
// A page that comes back to where it was read is whole at once, or that place would move.
const later = [...document.querySelectorAll(".prose > section > section:not([class]), .prose > section > section dl.py:not(dl.py dl.py)")];
const MOMENT = 1;
const whenIdle = globalThis.requestIdleCallback ?? ((act) => setTimeout(act, 30));
const show = (part) => { part.style.contentVisibility = "visible"; };
function layOutSome() {
  const end = performance.now() + MOMENT;
  while (later.length && performance.now() < end) {
    const part = later.shift();
    show(part);
    // To ask for its place is to have it laid out now, within this moment.
    part.getBoundingClientRect();
  }
  if (later.length) whenIdle(layOutSome);
}
const layOutRest = () => later.splice(0).forEach(show);
for (const act of ["scroll", "pointerdown", "keydown"]) addEventListener(act, layOutRest, { once: true, passive: true });
if (performance.getEntriesByType("navigation")[0]?.type === "navigate") whenIdle(layOutSome);
else layOutRest();

const entries = new Map();
for (const link of document.querySelectorAll(".page-contents a[href^='#']")) {
  const named = document.getElementById(decodeURIComponent(link.hash.slice(1)));
  const section = named?.closest("dl.py") ?? named;
  if (section) entries.set(section, link);
}
if (entries.size) {
  const sections = [...entries.keys()];
  const update = () => {
    const past = sections.filter((section) => section.checkVisibility({ contentVisibilityAuto: true }) && section.getBoundingClientRect().top < 180);
    const here = entries.get(past.at(-1) || sections[0]);
    for (const link of entries.values()) {
      if (link === here) link.setAttribute("aria-current", "location");
      else link.removeAttribute("aria-current");
    }
  };
  addEventListener("scroll", update, { passive: true });
  // After the first frame, when the page is laid out anyway.
  requestAnimationFrame(() => setTimeout(update));
}

const panel = document.getElementById("page-contents");
panel?.addEventListener("click", (event) => {
  if (event.target.closest("a") && panel.matches(":popover-open")) panel.hidePopover();
});

// The list of chapters stands beside the page or opens over it; either way the chapter at
// hand is in sight.
const chapters = document.getElementById("book-contents");
const showChapter = () => chapters.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
chapters.addEventListener("toggle", showChapter);
if (matchMedia("(min-width: 64rem)").matches) requestAnimationFrame(() => setTimeout(showChapter));

const words = new URLSearchParams(location.search).get("q");
if (words) for (const field of document.querySelectorAll("input[name=q]")) field.value = words;
