// Questions that answer. Each part of a page with the class quiz-question holds its question,
// its choices or the line that asks for a number, and the folded answer: the reason, and for
// each wrong answer the misconception behind it. This makes a form of the choices, and says of
// what was given the sentence that the fold has for it. Without it the part reads as it is.

/**
 * What is asked: the name of the question, and the letters or numbers that are right and wrong.
 * @typedef {{ name: string, right: (string | number)[], wrong: (string | number)[],
 *   unit?: string, tolerance?: number }} Asked
 * What is said of an answer: a verdict, the parts of the fold that speak of it,
 * and whether it was an answer at all.
 * @typedef {{ right: boolean, answer: boolean, verdict: string, parts: Element[] }} Said
 * What a part of the page has for one question.
 * @typedef {{ asked: Asked, part: HTMLElement, key: string, given(): string[],
 *   give(answer: string[]): void, show(said: Said | null): void }} Question
 */

const STORED = "xent-quiz:";
const CLOSE = 10; // tolerances from the answer, within which a number counts as close
const UNITS = /^(?:nats?|bits?|bytes?|per ?cent|%)$/i;
const NUMBER = /^([+-]?(?:\d[\d,]*\.?\d*|[.,]\d+)(?:e[+-]?\d+)?)\s*(.*)$/i;
const LIKE = "Write a number such as 0.357, 0,357, .357 or 1e-3.";

let made = 0;

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag @param {Record<string, string>} attributes @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[T]}
 */
function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

// --- numbers ---------------------------------------------------------------------------

/**
 * A number as people write it: with a point or a comma, with an exponent, with its unit.
 * @param {string} text @param {string} unit what is asked for; empty for a plain number
 * @returns {{ number: number } | { fault: string }}
 */
export function read(text, unit) {
  const given = text.trim().replace(/[−–]/g, "-");
  if (!given) return { fault: `There is no answer yet. ${LIKE}` };
  if (/^[+-]?(?:inf|infinity|∞|nan)\b|^[+-]?∞/i.test(given)) {
    return { fault: "The answer is a finite number." };
  }
  const found = NUMBER.exec(given);
  if (!found) return { fault: `“${given}” is no number. ${LIKE}` };
  const [, digits, rest] = found;
  if (rest && rest.toLowerCase().replace(/s$/, "") !== unit.toLowerCase().replace(/s$/, "")) {
    return { fault: UNITS.test(rest)
      ? `The answer is asked for ${unit ? `in ${unit}` : "without a unit"}, not in ${rest}.`
      : `“${given}” is more than a number. ${LIKE}` };
  }
  const plain = withPoint(digits);
  if (plain === null) {
    return { fault: `Is the comma in “${digits}” a decimal sign? Write the number with a point, or without the comma.` };
  }
  const number = Number(plain);
  return Number.isFinite(number) ? { number } : { fault: "The answer is a finite number." };
}

/** @param {string} digits @returns {string | null} null where a comma may mean two things */
function withPoint(digits) {
  const grouped = /^[+-]?[1-9]\d{0,2}(?:,\d{3})+(?![\d,])/.test(digits);
  const commas = digits.split(",").length - 1;
  if (!commas) return digits;
  if (digits.includes(".") || commas > 1) return grouped ? digits.replaceAll(",", "") : null;
  return grouped ? null : digits.replace(",", ".");
}

// --- verdicts --------------------------------------------------------------------------

/** @param {string} verdict @param {Element[]} parts @returns {Said} */
const wrong = (verdict, parts = []) => ({ right: false, answer: true, verdict, parts });
/** @param {HTMLElement} part @returns {Said} */
const right = (part) => ({ right: true, answer: true, verdict: "Right.", parts: rightReason(part) });
/** @param {string} verdict @returns {Said} */
const noAnswer = (verdict) => ({ right: false, answer: false, verdict, parts: [] });

/** @param {HTMLElement} part @param {number} place of a wrong answer among all of them */
const misconception = (part, place) => part.querySelectorAll(".quiz-reasons > li")[place];

/** @param {Asked} asked @param {string[]} given @param {HTMLElement} part @returns {Said} */
export function judge(asked, given, part) {
  if (asked.tolerance !== undefined) return judgeNumber(asked, asked.tolerance, given[0] ?? "", part);
  if (!given.length) return noAnswer("Choose an answer first.");
  const off = given.filter((letter) => !asked.right.includes(letter));
  if (off.length) {
    return wrong(`Not ${off.map((letter) => `(${letter})`).join(" and not ")}.`,
      off.map((letter) => misconception(part, asked.wrong.indexOf(letter))));
  }
  const missing = asked.right.length - given.length;
  return missing ? wrong(`Right so far, but not all: ${missing} more belongs to the answer.`) : right(part);
}

/** @param {Asked} asked @param {number} tolerance @param {string} text @param {HTMLElement} part @returns {Said} */
function judgeNumber(asked, tolerance, text, part) {
  const found = read(text, asked.unit ?? "");
  if ("fault" in found) return noAnswer(found.fault);
  const expected = Number(asked.right[0]);
  /** @param {number} value */
  const away = (value) => Math.abs(found.number - value) / (tolerance * (1 + 1e-9));
  if (away(expected) <= 1) return right(part);
  const not = `Not ${text.trim()}.`;
  const known = asked.wrong.findIndex((value) => away(Number(value)) <= 1);
  if (known >= 0) return wrong(not, [misconception(part, known)]);
  if (away(-expected) <= 1) return wrong(`${not} The size is right, and the sign is the other one.`);
  if (away(expected) <= CLOSE) {
    return wrong(`${not} That is close. The answer is asked for to within ${tolerance}; if you rounded on the way, keep more digits.`);
  }
  const unit = asked.unit ? ` The answer is asked for in ${asked.unit}.` : "";
  return wrong(`${not} It is none of the mistakes that the book knows here.${unit} Write down each step, or open the answer.`);
}

/** @param {HTMLElement} part what stands in the fold before the list of reasons */
function rightReason(part) {
  const reasons = part.querySelector(".quiz-reasons");
  const found = [];
  for (let one = reasons?.previousElementSibling; one; one = one.previousElementSibling) {
    if (one.tagName !== "SUMMARY") found.unshift(one);
  }
  return found;
}

// --- what is kept in this browser --------------------------------------------------------

/** @param {string} chapter @returns {Record<string, string[]>} */
function kept(chapter) {
  try { return JSON.parse(localStorage.getItem(STORED + chapter) ?? "") ?? {}; } catch { return {}; }
}

/** @param {string} chapter @param {Record<string, string[]>} answers @returns {boolean} */
function keep(chapter, answers) {
  try {
    if (Object.keys(answers).length) localStorage.setItem(STORED + chapter, JSON.stringify(answers));
    else localStorage.removeItem(STORED + chapter);
    return true;
  } catch {
    return false; // storage may be switched off or full; answers then last for this visit
  }
}

/** @param {string} text a question as it stands, so that an answer to an older one is not shown */
function fingerprint(text) {
  let hash = 5381;
  for (const letter of text.replace(/\s+/g, "")) hash = (hash * 33 + (letter.codePointAt(0) ?? 0)) % 2 ** 32;
  return hash.toString(36);
}

// --- the form --------------------------------------------------------------------------

/** @param {Element} list @param {Asked} asked @param {string} id */
function choices(list, asked, id) {
  const several = asked.right.length > 1;
  list.setAttribute("role", several ? "group" : "radiogroup");
  list.setAttribute("aria-labelledby", id);
  return [...list.children].map((item, place) => {
    const input = make("input", { type: several ? "checkbox" : "radio", name: id, value: String.fromCharCode(97 + place) });
    const words = item.querySelector(":scope > p") ?? item;
    const label = make("label", {}, input, make("span", {}, ...words.childNodes));
    item.replaceChildren(label);
    item.setAttribute("role", "none");
    return input;
  });
}

/** @param {Element} line @param {Asked} asked @param {string} id */
function field(line, asked, id) {
  line.id = `${id}-line`;
  const signed = [...asked.right, ...asked.wrong].some((value) => Number(value) < 0);
  const input = make("input", {
    type: "text", autocomplete: "off", spellcheck: "false", "aria-labelledby": id,
    "aria-describedby": line.id, ...(signed ? {} : { inputmode: "decimal" }),
  });
  line.after(make("p", { class: "quiz-field" }, input, asked.unit ?? ""));
  return [input];
}

/** @param {HTMLElement} part @returns {Question} */
function dress(part) {
  const asked = /** @type {Asked} */ (JSON.parse(part.dataset.quiz ?? "{}"));
  const key = `${asked.name}:${fingerprint([...part.children].filter((one) => !one.matches("details")).map((one) => one.textContent).join(" "))}`;
  const id = `quiz-asks-${made += 1}`;
  const words = /** @type {Element} */ (part.querySelector(".question"));
  words.id = id;
  const body = /** @type {Element} */ (part.querySelector(".choices, .quiz-number"));
  const form = make("form", { class: "quiz-form" });
  body.replaceWith(form);
  form.append(body);
  const inputs = asked.tolerance === undefined ? choices(body, asked, id) : field(body, asked, id);
  const said = make("div", { class: "quiz-said" });
  form.append(make("p", { class: "quiz-tools" }, make("button", { type: "submit" }, "Check")), said);
  const boxes = asked.tolerance === undefined;
  return {
    asked, part, key,
    given: () => inputs.filter((input) => (boxes ? input.checked : input.value.trim())).map((input) => input.value),
    give(answer) {
      for (const input of inputs) {
        if (boxes) input.checked = answer.includes(input.value);
        else input.value = answer[0] ?? "";
      }
    },
    show(verdict) {
      said.replaceChildren(...(verdict ? [make("p", { class: "quiz-verdict" }, verdict.verdict)] : []));
      for (const one of verdict?.parts ?? []) {
        const copy = /** @type {Element} */ (one.cloneNode(true));
        for (const node of copy.querySelectorAll("[id]")) node.removeAttribute("id");
        said.append(one.matches("li") ? make("div", {}, ...copy.childNodes) : copy);
      }
      said.classList.toggle("wrong", Boolean(verdict?.answer && !verdict.right));
    },
  };
}

/**
 * Make a quiz of parts that stand in the document.
 * @param {HTMLElement[]} parts
 */
export function begin(parts) {
  const questions = parts.map(dress);
  const last = parts.at(-1);
  if (!last) return;
  const chapter = questions[0].asked.name.split("-")[0];
  const known = new Set(questions.map((one) => one.key));
  const answers = Object.fromEntries(Object.entries(kept(chapter)).filter(([key, answer]) => known.has(key) && Array.isArray(answer)));
  let stays = true;
  const sum = make("p", { class: "quiz-sum" });
  const count = () => {
    const done = questions.filter((one) => one.key in answers);
    const right = done.filter((one) => judge(one.asked, answers[one.key], one.part).right);
    sum.textContent = `${done.length} of ${questions.length} answered, ${right.length} right. `
      + (stays ? "Your answers stay in this browser; nothing is sent." : "This browser keeps nothing for this page, so your answers last for this visit.");
  };
  for (const one of questions) {
    const before = answers[one.key];
    if (before) {
      one.give(before);
      one.show(judge(one.asked, before, one.part));
    }
    one.part.querySelector(".quiz-said")?.setAttribute("aria-live", "polite");
    // JupyterLab keeps Enter in a field from sending a form.
    one.part.querySelector("form")?.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing || !(event.target instanceof HTMLInputElement)) return;
      event.preventDefault();
      event.target.form?.requestSubmit();
    });
    one.part.querySelector("form")?.addEventListener("submit", (event) => {
      event.preventDefault();
      const given = one.given();
      const verdict = judge(one.asked, given, one.part);
      one.show(verdict);
      if (!verdict.answer) return;
      answers[one.key] = given;
      stays = keep(chapter, answers);
      count();
    });
  }
  const cleared = make("span", { "aria-live": "polite" });
  const clear = make("button", { type: "button" }, "Clear my answers");
  clear.addEventListener("click", () => {
    for (const one of questions) {
      delete answers[one.key];
      one.give([]);
      one.show(null);
    }
    stays = keep(chapter, answers);
    count();
    cleared.textContent = "Cleared.";
    setTimeout(() => { cleared.textContent = ""; }, 3000);
  });
  count();
  last.after(make("div", { class: "quiz-end" }, sum, make("p", { class: "quiz-tools" }, clear, " ", cleared)));
}

/** Make a quiz of what a page holds. */
export function start() {
  begin([...document.querySelectorAll(".quiz-question")].filter((part) => part instanceof HTMLElement));
}

export default {
  /** @param {{ model: { get(name: string): any }, el: HTMLElement }} view */
  render({ model, el }) {
    const parser = new DOMParser();
    const parts = model.get("questions").map((/** @type {string} */ text) =>
      document.importNode(/** @type {HTMLElement} */ (parser.parseFromString(text, "text/html").body.firstElementChild), true));
    el.classList.add("quiz-notebook");
    el.append(...parts);
    begin(parts);
    // JupyterLab would take an arrow for itself, and go to another cell.
    for (const node of el.querySelectorAll("input, button, summary")) node.setAttribute("data-lm-suppress-shortcuts", "true");
  },
};
