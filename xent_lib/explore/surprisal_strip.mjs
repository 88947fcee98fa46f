// Chapter 12: a text coloured by surprisal, and the forecast that was made at each place.
import { clamp } from "./arithmetic.mjs";
import { explorable, freshId, h, number, place, s, set, slider, write } from "./parts.mjs";

const TOP = 8; // likeliest tokens shown
const SHARES = 10000; // the part of 1 in which their probabilities came
const DEAREST = 12; // nats with the full tint and the longest bar
const REMEMBERED = 30; // characters before a token that are shown above its forecast
const HEIGHT = 210;
const EDGE = { left: 44, right: 14, top: 14, bottom: 40 };
const TICKS = [1, 3, 10, 30, 100, 300, 1000, 3000, 10000];

/**
 * What one model found in one text, in plain numbers.
 * @typedef {{ name: string, tokens: number[], characters: number, surprisals: number[][],
 *   ranks: number[][], top: number[][][] }} Text
 * @typedef {{ models: string[], vocabulary: string[], size: number, texts: Text[] }} Data
 */

/** @param {{ surprisals: number[], characters: number }} read */
export function compute({ surprisals, characters }) {
  let total = 0;
  const running = surprisals.map((cost, k) => Math.exp((total += cost) / (k + 1)));
  const loss = total / surprisals.length;
  return { loss, running, perplexity: Math.exp(loss), bits: total / Math.LN2 / characters };
}

/**
 * The forecast at one place: the likeliest tokens, what came, and all others together.
 * @param {{ top: number[], vocabulary: string[], token: number, surprisal: number,
 *   size: number }} read
 */
export function forecast({ top, vocabulary, token, surprisal, size }) {
  const rows = [];
  for (let k = 0; k < top.length; k += 2) {
    rows.push({ word: vocabulary[top[k]], came: top[k] === token, share: top[k + 1] / SHARES });
  }
  if (!rows.some(({ came }) => came)) {
    rows.push({ word: vocabulary[token], came: true, share: Math.exp(-surprisal) });
  }
  const named = rows.reduce((sum, { share }) => sum + share, 0);
  return { rows, others: size - rows.length, rest: Math.max(0, 1 - named) };
}

/** @param {unknown} list @param {number} length @param {(item: any) => boolean} holds */
function each(list, length, holds) {
  return Array.isArray(list) && list.length === length && list.every(holds);
}

/** @param {Text} text @param {Data} data */
function saneText({ name, tokens, characters, surprisals, ranks, top }, { models, vocabulary }) {
  const known = (/** @type {number} */ token) => typeof vocabulary[token] === "string";
  const pairs = (/** @type {number[]} */ list) => Array.isArray(list)
    && list.every((value, k) => (k % 2 ? Number.isFinite(value) : known(value)));
  return typeof name === "string" && characters > 0
    && each(tokens, tokens?.length || -1, known)
    && each(surprisals, models.length, (row) => each(row, tokens.length, Number.isFinite))
    && each(ranks, models.length, (row) => each(row, tokens.length, Number.isInteger))
    && each(top, models.length, (row) => each(row, tokens.length, pairs));
}

/** @param {Record<string, any>} state */
function sane({ text, model, position, data }) {
  const shown = data?.texts?.find((/** @type {Text} */ one) => one.name === text);
  return Boolean(shown) && data.models.includes(model) && Array.isArray(data.vocabulary)
    && data.texts.every((/** @type {Text} */ one) => saneText(one, data))
    && Number.isInteger(position) && position >= 0 && position < shown.tokens.length;
}

/** A token without the space before it; blank space by a sign. @param {string} token */
function shown(token) {
  return token.trim() || (token.startsWith("\n") ? "↵" : "␣");
}

/** A token where it stands in a list, its space included. @param {string} token */
function listed(token) {
  return token.replace(/^ /, "␣").replaceAll("\n", "↵");
}

/** @param {number} share */
function percent(share) {
  return share >= 0.00005 ? `${number(100 * share, share < 0.001 ? 2 : 1)} %` : "< 0.01 %";
}

/** What the view reads from the state. @param {Record<string, any>} state @param {number} at */
function reading({ text, model, data }, at) {
  const found = data.texts.find((/** @type {Text} */ one) => one.name === text);
  const k = data.models.indexOf(model);
  const surprisals = found.surprisals[k];
  const token = found.tokens[at];
  const guess = forecast({ top: found.top[k][at], vocabulary: data.vocabulary, token, surprisal: surprisals[at], size: data.size });
  return {
    surprisals,
    k,
    guess,
    all: /** @type {Data} */ (data).models.map((_, j) => compute({ surprisals: found.surprisals[j], characters: found.characters })),
    words: /** @type {string[]} */ (found.tokens.map((/** @type {number} */ one) => data.vocabulary[one])),
    rank: found.ranks[k][at],
    share: guess.rows.find(({ came }) => came)?.share ?? 0,
  };
}

/** The text, one span a token, of which one at a time can be reached by Tab.
 * @param {import("./parts.mjs").Change} change @param {(at: number | null) => void} peek */
function buildStrip(change, peek) {
  const node = h("div", { class: "xe-strip loss", role: "listbox", "aria-label": "the text, token by token" });
  /** @type {HTMLElement[]} */
  let tokens = [];
  let text = "";
  const at = (/** @type {Event} */ event) => tokens.indexOf(/** @type {HTMLElement} */ (event.target));
  const move = (/** @type {number} */ to, /** @type {boolean} */ still) => {
    const position = clamp(to, 0, tokens.length - 1);
    change({ position });
    tokens[position].focus({ preventScroll: still });
  };
  node.addEventListener("click", (event) => { if (at(event) >= 0) move(at(event), true); });
  node.addEventListener("pointerover", (event) => { if (event.pointerType === "mouse") peek(at(event) < 0 ? null : at(event)); });
  node.addEventListener("pointerleave", () => peek(null));
  node.addEventListener("keydown", (event) => {
    const to = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1, Home: -Infinity, End: Infinity }[event.key];
    if (to === undefined || at(event) < 0) return;
    event.preventDefault();
    peek(null);
    move(at(event) + to * (event.shiftKey ? 10 : 1), false);
  });
  return {
    node,
    /** @param {string[]} words @param {number[]} costs @param {number} position @param {number} seen */
    draw(words, costs, position, seen) {
      if (text !== words.join("\0")) {
        text = words.join("\0");
        tokens = words.map((word) => h("span", { role: "option", class: "xe-token" }, shown(word)));
        node.replaceChildren(...tokens.flatMap((token, k) => (/^\s/.test(words[k]) ? [" ", token] : [token])));
      }
      tokens.forEach((token, k) => {
        token.style.setProperty("--xe-share", clamp(costs[k] / DEAREST, 0, 1).toFixed(3));
        token.classList.toggle("xe-seen", k === seen);
        set(token, { tabindex: k === position ? 0 : -1, "aria-selected": String(k === position), "aria-label": `${shown(words[k])}, ${number(costs[k], 2)} nats` });
      });
    },
  };
}

/** @param {Record<string, any>} state @param {() => any} now @param {import("./parts.mjs").Change} change */
function buildChoices({ data }, now, change) {
  const group = freshId("model");
  const texts = h("select", { class: "xe-button", "aria-label": "text" }, ...data.texts.map((/** @type {Text} */ one) => h("option", { value: one.name }, one.name)));
  texts.addEventListener("change", () => {
    const { tokens } = data.texts.find((/** @type {Text} */ one) => one.name === texts.value);
    change({ text: texts.value, position: Math.min(now().position, tokens.length - 1) });
  });
  const models = data.models.map((/** @type {string} */ name) => {
    const pick = h("input", { type: "radio", name: group });
    pick.addEventListener("change", () => change({ model: name }));
    const perplexity = h("span", { class: "xe-number" });
    return { pick, perplexity, node: h("label", { class: "xe-model" }, pick, h("span", {}, name), perplexity) };
  });
  const node = h("div", { class: "xe-choices" },
    h("label", { class: "xe-text" }, h("span", {}, "text"), texts),
    h("span", { "aria-hidden": "true" }, "model, and its perplexity:"),
    h("div", { class: "xe-models", role: "radiogroup", "aria-label": "model, and its perplexity" }, ...models.map((/** @type {any} */ one) => one.node)));
  return { node, texts, models };
}

function buildForecast() {
  const rows = Array.from({ length: TOP + 2 }, () => {
    const word = h("span", { class: "xe-word" });
    const fill = h("span", { class: "xe-fill prediction" });
    const share = h("span", { class: "xe-number" });
    return { word, fill, share, node: h("li", { class: "xe-guess" }, word, h("span", { class: "xe-bar" }, fill), share) };
  });
  const title = h("p", { class: "xe-title" });
  const node = h("div", { class: "xe-forecast" }, title, h("ol", { "aria-label": "forecast of the next token" }, ...rows.map((row) => row.node)));
  return { node, rows, title };
}

/** @param {ReturnType<typeof buildForecast>} view @param {ReturnType<typeof reading>} read @param {number} at */
function drawForecast({ rows, title }, { words, guess }, at) {
  const before = words.slice(0, at).join("");
  const end = before.length > REMEMBERED ? before.slice(-REMEMBERED).replace(/^\S*\s/, "… ") : before;
  write(title, at === 0 ? "with nothing before it" : `after “${end}”`);
  const lines = [...guess.rows.map(({ word, came, share }) => ({ word: listed(word), came, share })),
    { word: `${guess.others} others`, came: false, share: guess.rest }];
  rows.forEach(({ node, word, fill, share }, k) => {
    const line = lines[k];
    node.style.visibility = line ? "visible" : "hidden";
    if (!line) return;
    write(word, line.word);
    write(share, percent(line.share));
    fill.style.width = `${100 * line.share}%`;
    fill.classList.toggle("xe-dim", k === lines.length - 1);
    node.classList.toggle("xe-came", line.came);
  });
}

function buildChart() {
  const [axes, curve, mark] = [s("g", {}), s("g", {}), s("circle", { class: "xe-dot loss", r: 5 })];
  const value = s("text", { class: "xe-value loss" });
  const node = s("svg", { class: "xe-drawing", role: "img" }, axes, curve, mark, value);
  node.style.height = `${HEIGHT}px`;
  return { node, axes, curve, mark, value, width: 300 };
}

/** @param {ReturnType<typeof buildChart>} chart @param {ReturnType<typeof reading>} read @param {number} at */
function drawChart(chart, { all, k }, at) {
  const { node, axes, curve, mark, value } = chart;
  const width = chart.width = node.getBoundingClientRect().width || chart.width;
  const [right, foot] = [width - EDGE.right, HEIGHT - EDGE.bottom];
  const values = all.flatMap(({ running }) => running);
  const low = Math.log(Math.max(...TICKS.filter((tick) => tick <= Math.min(...values)), 1));
  const high = Math.log(Math.min(...TICKS.filter((tick) => tick >= Math.max(...values)), 1e5));
  const count = all[k].running.length;
  const x = (/** @type {number} */ place_) => EDGE.left + ((place_ + 0.5) / count) * (right - EDGE.left);
  const y = (/** @type {number} */ perplexity) => foot - ((Math.log(perplexity) - low) / (high - low)) * (foot - EDGE.top);
  const ticks = TICKS.filter((tick) => Math.log(tick) >= low && Math.log(tick) <= high);
  set(node, { viewBox: `0 0 ${width} ${HEIGHT}`, "aria-label": `running perplexity: ${number(all[k].running[at], 1)} after ${at + 1} of ${count} tokens` });
  axes.replaceChildren(
    s("path", { class: "xe-axis", d: `M${EDGE.left} ${EDGE.top}V${foot}H${right}` }),
    ...ticks.map((tick) => s("text", { x: EDGE.left - 8, y: y(tick) + 4, "text-anchor": "end" }, String(tick))),
    s("text", { x: (EDGE.left + right) / 2, y: HEIGHT - 8, "text-anchor": "middle" }, `tokens read, of ${count}`),
    s("text", { x: EDGE.left + 8, y: EDGE.top + 4 }, "running perplexity"));
  const line = (/** @type {number[]} */ running) => running.map((perplexity, j) => `${x(j).toFixed(1)},${y(perplexity).toFixed(1)}`).join(" ");
  curve.replaceChildren(...all.map(({ running }, j) => s("polyline", { class: `xe-curve ${j === k ? "loss" : "xe-aside"}`, points: line(running) })));
  curve.append(curve.children[k]);
  set(mark, { cx: x(at).toFixed(1), cy: y(all[k].running[at]).toFixed(1) });
  const late = x(at) > (EDGE.left + right) / 2;
  set(value, { x: x(at) + (late ? -8 : 8), y: Math.max(y(all[k].running[at]) - 10, EDGE.top + 22), "text-anchor": late ? "end" : "start" });
  write(value, number(all[k].running[at], 1));
}

/** @param {import("./parts.mjs").Setting} setting @returns {import("./parts.mjs").View} */
function build({ root, state, change }) {
  let now = state;
  /** @type {number | null} */
  let peeked = null;
  const strip = buildStrip(change, (at) => { if (at !== peeked) { peeked = at; draw(); } });
  const choices = buildChoices(state, () => now, change);
  const [spot, words] = [h("span", {}), h("p", { class: "xe-sum" })];
  const step = slider({ label: "token", min: 0, max: 1, step: 1, role: "loss", input: (position) => change({ position }) });
  const [guess, chart] = [buildForecast(), buildChart()];
  root.append(choices.node, strip.node, h("div", { class: "xe-place" }, step, spot), h("div", { class: "xe-below" }, guess.node, h("div", {}, chart.node, words)));

  function draw() {
    const at = peeked ?? now.position;
    const read = reading(now, at);
    const cost = read.surprisals[at];
    choices.texts.value = now.text;
    choices.models.forEach((/** @type {any} */ one, /** @type {number} */ j) => {
      one.pick.checked = j === read.k;
      write(one.perplexity, number(read.all[j].perplexity, 1));
    });
    strip.draw(read.words, read.surprisals, now.position, at);
    set(step, { max: read.words.length - 1 });
    place(step, at, `token ${at + 1}, ${shown(read.words[at])}, ${number(cost, 2)} nats`);
    spot.replaceChildren(`${at + 1} of ${read.words.length}: `, h("strong", { class: "loss" }, `${number(cost, 2)} nats`), ` = −log ${percent(read.share)}, rank ${read.rank}`);
    drawForecast(guess, read, at);
    drawChart(chart, read, at);
    const { loss, perplexity, bits } = read.all[read.k];
    words.replaceChildren(`perplexity exp(${number(loss, 4)}) = `, h("strong", { class: "loss" }, number(perplexity, 1)), h("br"), `${number(bits, 2)} bits per character`);
  }

  return {
    draw(given) {
      if (given.text !== now.text) peeked = null;
      now = given;
      draw();
    },
    say(given) {
      const { words: read, surprisals, all, k, rank, guess: { rows } } = reading(given, given.position);
      const [cost, here] = [surprisals[given.position], all[k].running[given.position]];
      return `${given.model}: “${shown(read[given.position])}” cost ${number(cost, 2)} nats, rank ${rank}; the likeliest was “${shown(rows[0].word)}”. Perplexity ${number(here, 1)} up to here, ${number(all[k].perplexity, 1)} in all.`;
    },
  };
}

export default explorable({
  title: "Interactive figure: a text and what each token cost",
  keys: ["text", "model", "position", "data"],
  sane,
  build,
});
