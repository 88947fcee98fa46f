// A deck of slides: shown one at a time on reveal.js's stage, one below the other on a phone
// and without scripts, or in a window for the speaker, with notes and a clock.
"use strict";
(() => {
const root = document.documentElement;
const sections = [...document.querySelectorAll(".slides > section")];
const asked = new URLSearchParams(location.search);
const modes = ["auto", "light", "dark"];
let speaker = null;

function made(name, className, text = "") {
  const element = document.createElement(name);
  element.className = className;
  element.textContent = text;
  return element;
}

function nextMode() {
  const next = modes[(modes.indexOf(root.dataset.theme || "auto") + 1) % modes.length];
  if (next === "auto") delete root.dataset.theme;
  else root.dataset.theme = next;
  try {
    if (next === "auto") localStorage.removeItem("theme");
    else localStorage.setItem("theme", next);
  } catch { /* storage may be switched off; the choice then lasts for this page */ }
}

function tell() {
  if (speaker && !speaker.closed) speaker.postMessage({ slide: Reveal.getState().indexh }, "*");
}

function openSpeaker() {
  if (root.dataset.view !== "stage") stage();
  speaker = window.open(`${location.pathname}?speaker`, "speaker", "popup,width=1200,height=800");
}

function stage() {
  root.dataset.view = "stage";
  const deck = document.querySelector(".deck");
  deck.classList.add("reveal");
  addEventListener("message", (event) => {
    if (!speaker || event.source !== speaker) return;
    if (event.data.move) Reveal[event.data.move]();
    tell();
  });
  Reveal.initialize({
    width: 1280, height: 720, margin: 0, minScale: 0.1, maxScale: 4, center: false, display: "flex",
    hash: true, respondToHashChanges: true, slideNumber: "c/t", transition: "none",
    backgroundTransition: "none", scrollActivationWidth: null, postMessage: false,
    keyboard: { 83: openSpeaker, 67: nextMode },
  });
  Reveal.on("slidechanged", tell);
}

function clock(seconds) {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}

// The window of the speaker: this slide, the next one small, the notes, the time.
function speak() {
  root.dataset.view = "speaker";
  const desk = made("div", "desk");
  const time = made("p", "time");
  const again = made("button", "", "Start the clock again");
  const text = made("div", "desk-notes");
  text.tabIndex = 0;
  text.setAttribute("role", "group");
  text.setAttribute("aria-label", "Notes");
  again.type = "button";
  desk.append(time, again, text);
  document.querySelector("main").append(desk);
  const minutes = sections.map((section) => Number(section.dataset.minutes));
  let began = Date.now();
  let at = 0;
  function show() {
    const due = minutes.slice(0, at + 1).reduce((sum, one) => sum + one, 0);
    time.textContent = `Slide ${at + 1} of ${sections.length}, ${minutes[at]} min. ` +
      `Gone: ${clock((Date.now() - began) / 1000)}. This slide ends at ${clock(due * 60)}.`;
  }
  function go(slide) {
    at = slide;
    sections.forEach((section, index) => {
      section.dataset.place = index === at ? "now" : index === at + 1 ? "next" : "away";
    });
    text.replaceChildren(...[...sections[at].querySelector(".notes").childNodes].map((one) => one.cloneNode(true)));
    text.scrollTop = 0;
    show();
  }
  function move(name) {
    if (window.opener) window.opener.postMessage({ move: name }, "*");
    else go(Math.min(Math.max(at + (name === "next" ? 1 : -1), 0), sections.length - 1));
  }
  function fit() {
    const wide = Math.min((innerWidth - 400) / 1280, (innerHeight - 50) / 1080);
    root.style.setProperty("--now", Math.max(wide, 0.2));
  }
  addEventListener("resize", fit);
  fit();
  addEventListener("message", (event) => {
    if (event.source === window.opener && Number.isInteger(event.data.slide)) go(event.data.slide);
  });
  addEventListener("keydown", (event) => {
    if (["ArrowRight", "PageDown", " "].includes(event.key)) move("next");
    else if (["ArrowLeft", "PageUp"].includes(event.key)) move("prev");
    else if (event.key === "c") nextMode();
    else return;
    event.preventDefault();
  });
  again.addEventListener("click", () => { began = Date.now(); show(); });
  setInterval(show, 1000);
  go(0);
  if (window.opener) window.opener.postMessage({ ready: true }, "*");
}

const actions = {
  present: stage,
  speak: openSpeaker,
  notes() { root.dataset.view = root.dataset.view === "notes" ? "flow" : "notes"; mark(); },
  mode: nextMode,
};
for (const button of document.querySelectorAll(".deck-bar button")) {
  button.addEventListener("click", () => actions[button.dataset.do]());
}
addEventListener("beforeprint", () => { if (root.dataset.view !== "notes") root.dataset.view = "print"; });
addEventListener("afterprint", () => {
  if (root.dataset.view === "print") root.dataset.view = document.querySelector(".reveal") ? "stage" : "flow";
});

// What is wider than a phone scrolls inside itself, and then the keyboard has to reach it.
function mark() {
  for (const box of document.querySelectorAll(".slides :is(pre, .table-scroll, .formula-scroll)")) {
    if (box.scrollWidth <= box.clientWidth + 1 || box.tabIndex === 0) continue;
    box.tabIndex = 0;
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", box.matches("pre") ? "Code" : box.matches(".formula-scroll") ? "Formula" : "Table");
  }
}
addEventListener("resize", mark);

if (asked.has("speaker")) speak();
else if (asked.has("notes")) root.dataset.view = "notes";
else if (asked.has("print")) root.dataset.view = "print";
else if (matchMedia("(min-width: 48rem)").matches) stage();
else root.dataset.view = "flow";
mark();
})();
