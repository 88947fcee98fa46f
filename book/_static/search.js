// The search page: finds sections, puts definitions, titles and questions before mentions,
// and shows where the words stand. The index is loaded on first use only.
(() => {
  const here = document.currentScript.src;
  const OPENING = new Set(("a an and are as at be before between but by can difference do does did for from get goes going has have how i if in "
    + "into is it its me my of on or respect should that the there they this to use using was were what when which who with vs versus").split(" "));
  const SAME = { ln: "log", zero: "0", infinity: "inf", "∞": "inf", backprop: "backpropagation" };
  const WEIGHT = { term: 1.35, question: 1.25, chapter: 1.3, page: 1, section: 1, function: 1.2 };
  const LABEL = { term: "Glossary", question: "Question", chapter: "Chapter", page: "Page", section: "Section", function: "Function" };
  // A definition and an answer stand in the first sentence.
  const OPENS_WITH_ANSWER = new Set(["term", "question", "chapter", "function"]);
  const NOTATION = "book/notation.html";
  // What teaches a thing comes before an exercise on it and before the reference.
  const ASIDE = /^book\/(exercises\/|api\.html)/;
  const ASIDE_WEIGHT = 0.7;
  const SHOWN = 24;
  const EXCERPT = 190;

  let engine;
  let stem;

  // A word is written the British way, so that both ways find it.
  const british = (word) => word.replace(/([^aeiou]|[aeiou]{2})iz(e[drs]?|ers|es|ing|ations?)$/, "$1is$2").replace(/yz(e[drs]?|ing)$/, "ys$1")
    .replace(/(behavi|col|fav|neighb)or(s|ed)?$/, "$1our$2").replace(/(label|model|travel|cancel|total)l(ed|ing|er)$/, "$1$2");
  const parts = (word) => {
    const lower = word.toLowerCase().replace("−", "-");
    if (/^-/.test(lower)) return [lower, lower.slice(1)];
    if (/^[\d.,]+$/.test(word)) return [lower];
    const pieces = word.replace(/([a-z])([A-Z])/g, "$1 $2").replace(/([A-Z]+)([A-Z][a-z])/g, "$1 $2").split(/[\s._'’–-]+/);
    return pieces.length > 1 ? [lower, ...pieces.map((piece) => piece.toLowerCase())] : [lower];
  };
  const WORD = /(?:(?<![\p{L}\p{N})])[-−](?=\d))?[\p{L}\p{N}]+(?:[._'’–-][\p{L}\p{N}]+)*|[∇∂∞√]/gu;
  const tokenize = (text) => (text.replace(/_/g, "_").match(WORD) || []).flatMap(parts).filter(Boolean);
  const process = (word) => {
    const same = Object.hasOwn(SAME, word) ? SAME[word] : british(word);
    return /^[a-z]+$/.test(same) ? stem(same) : same;
  };
  const processTitle = (word) => (OPENING.has(word) ? null : process(word));

  const terms = (text) => [...new Set(tokenize(text).map(processTitle).filter(Boolean))];

  // What is written as one word and stands as two in a title: "crossentropy".
  const joined = new Map();
  // Every word of the book, as it is written, and how often.
  const written = new Map();
  const NEAR = 2;

  // How many letters are wrong, missing, too many or changed places; more than NEAR is far.
  function distance(a, b) {
    if (Math.abs(a.length - b.length) > NEAR) return Infinity;
    let [before, above] = [[], Array.from({ length: b.length + 1 }, (_, at) => at)];
    for (let i = 1; i <= a.length; i++) {
      const row = [i];
      for (let j = 1; j <= b.length; j++) {
        row[j] = Math.min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
        if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) row[j] = Math.min(row[j], before[j - 2] + 1);
      }
      [before, above] = [above, row];
    }
    return above[b.length];
  }

  // A word that the book does not have is taken for the nearest that it has.
  function corrected(word) {
    if (!/^[a-z]{5,}$/.test(word) || written.has(british(word))) return word;
    const allowed = word.length > 7 ? NEAR : 1;
    let best = [word, allowed + 1, 0];
    for (const [known, count] of written) {
      if (known[0] !== word[0]) continue;
      const far = distance(word, known);
      if (far < best[1] || (far === best[1] && far <= allowed && count > best[2])) best = [known, far, count];
    }
    return best[0];
  }

  function asked(query) {
    const plain = (query.match(WORD) || []).map((word) => word.toLowerCase());
    // A hyphen joins words that a heading may have apart; an identifier counts as a whole, too.
    const pieces = (query.match(WORD) || []).flatMap((word) => {
      const made = parts(word);
      return made.length > 1 && !/^[-−]|._|.[A-Z]/.test(word) ? made.slice(1) : made;
    });
    const apart = pieces.map(corrected).flatMap((word) => joined.get(word) ?? [word]);
    const wanted = apart.filter((word) => !OPENING.has(word));
    return [...new Set((wanted.length ? wanted : plain).map(process))];
  }

  function build(entries) {
    const stemmer = new Stemmer();
    const known = new Map();
    stem = (word) => {
      if (!known.has(word)) known.set(word, stemmer.stemWord(word));
      return known.get(word);
    };
    engine = new MiniSearch({
      fields: ["title", "also", "text", "code", "place"],
      storeFields: ["kind", "title", "text", "place", "href"],
      tokenize, processTerm: process,
    });
    for (const entry of entries) {
      const names = [entry.title, ...(entry.also || "").split("; ").filter(Boolean)];
      entry.also = names.slice(1).join("; ");
      entry.names = names.map((name) => new Set(terms(name)));
      for (const word of `${names.join(" ")} ${entry.text}`.toLowerCase().match(/[a-z]+/g) || []) {
        const spelt = british(word);
        written.set(spelt, (written.get(spelt) || 0) + 1);
      }
      if (entry.kind !== "term") continue;
      for (const name of names) {
        const pair = name.toLowerCase().split(/[ -]/);
        for (let at = 1; at < pair.length; at++) joined.set(pair[at - 1] + pair[at], [pair[at - 1], pair[at]]);
      }
    }
    engine.addAll(entries.map((entry, id) => ({ id, ...entry })));
    return entries;
  }

  let entries;

  // How well a name answers: what share of the question it holds, and of itself.
  function nearness(names, question) {
    let best = { recall: 0, precision: 0 };
    let most = -1;
    for (const name of names) {
      const shared = question.filter((word) => name.has(word)).length;
      const recall = shared / question.length;
      const precision = name.size ? shared / name.size : 0;
      if (recall + precision > most) { most = recall + precision; best = { recall, precision }; }
    }
    return best;
  }

  function find(query) {
    const question = asked(query);
    if (!question.length) return [];
    // Who asks for a sign or a letter wants to know what it stands for.
    const sign = !/\p{L}{2}|\d/u.test(query);
    const found = engine.search(question.join(" "), {
      tokenize: (text) => text.split(" "),
      processTerm: (word) => word,
      combineWith: "OR",
      boost: { title: 3, also: 2.5, text: 1, code: 0.7, place: 0.3 },
      prefix: (word, index, all) => index === all.length - 1 && word.length > 2,
      fuzzy: (word) => (word.length > 4 && !/\d/.test(word) ? 0.2 : false),
      weights: { fuzzy: 0.12, prefix: 0.3 },
    });
    for (const hit of found) {
      const covered = new Set(hit.queryTerms).size / question.length;
      const { recall, precision } = nearness(entries[hit.id].names, question);
      const exact = recall === 1 && precision === 1 ? 6 : 0;
      const meant = sign && hit.href.startsWith(NOTATION) ? 10 : 1;
      const aside = ASIDE.test(hit.href) ? ASIDE_WEIGHT : 1;
      hit.rank = hit.score * WEIGHT[hit.kind] * aside * meant * covered ** 2 * (1 + 1.5 * recall ** 2 + 3 * recall ** 2 * precision + exact);
    }
    return found.sort((a, b) => b.rank - a.rank);
  }

  function load(name) {
    return new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = new URL(name, here).href;
      script.async = true;
      script.onload = resolve;
      script.onerror = () => reject(new Error(`${name} could not be loaded`));
      document.head.append(script);
    });
  }

  let ready;
  function prepare() {
    ready ||= Promise.all([load("search-engine.js"), load("search-entries.js")]).then(() => {
      entries = build(globalThis.bookEntries);
    });
    return ready;
  }

  // --- what a reader sees -------------------------------------------------------------

  function marked(text, wanted) {
    const line = document.createDocumentFragment();
    let end = 0;
    for (const match of text.matchAll(WORD)) {
      if (!parts(match[0]).some((word) => wanted.has(process(word)))) continue;
      line.append(text.slice(end, match.index));
      const mark = document.createElement("mark");
      mark.textContent = match[0];
      line.append(mark);
      end = match.index + match[0].length;
    }
    line.append(text.slice(end));
    return line;
  }

  // The stretch of the text that holds most of the different words asked for.
  function excerpt(text, wanted) {
    const places = [];
    for (const match of text.matchAll(WORD)) {
      const word = parts(match[0]).map(process).find((part) => wanted.has(part));
      if (word) places.push([match.index, word]);
    }
    let start = 0;
    let most = 0;
    for (const [from] of places) {
      const held = new Set(places.filter(([at]) => at >= from && at < from + EXCERPT).map(([, word]) => word)).size;
      if (held > most) { most = held; start = from; }
    }
    if (start < EXCERPT * 0.5) start = 0;
    else {
      const sentence = text.lastIndexOf(". ", start);
      start = sentence > start - 80 ? sentence + 2 : text.indexOf(" ", start - 60) + 1;
    }
    let end = start + EXCERPT;
    if (end < text.length) end = text.lastIndexOf(" ", end);
    return (start ? "… " : "") + text.slice(start, end) + (end < text.length ? " …" : "");
  }

  function item(hit, root) {
    const wanted = new Set(Object.keys(hit.match));
    const entry = document.createElement("li");
    const link = document.createElement("a");
    link.href = root + hit.href;
    link.append(marked(hit.title, wanted));
    const place = document.createElement("p");
    place.className = "result-place";
    place.textContent = [LABEL[hit.kind], hit.place].filter((word, at) => word && !(at && hit.kind in { term: 1 })).join(" · ");
    entry.append(link, place);
    if (hit.text) {
      const text = document.createElement("p");
      text.className = "context";
      text.append(marked(excerpt(hit.text, OPENS_WITH_ANSWER.has(hit.kind) ? new Set() : wanted), wanted));
      entry.append(text);
    }
    return entry;
  }

  function start() {
    const field = document.getElementById("search-words");
    const list = document.getElementById("search-results");
    const status = document.getElementById("search-status");
    const root = list.dataset.root;
    let last = null;

    async function show() {
      const query = field.value.trim();
      if (query === last) return;
      last = query;
      if (!query) { list.replaceChildren(); status.textContent = ""; return; }
      try { await prepare(); } catch (error) { status.textContent = `The search does not work here: ${error.message}.`; return; }
      if (query !== last) return;
      const found = find(query);
      const best = found.length ? found[0].rank : 0;
      const shown = found.filter((hit) => hit.rank > best / 500).slice(0, SHOWN);
      list.replaceChildren(...shown.map((hit) => item(hit, root)));
      status.textContent = shown.length ? `${shown.length} ${shown.length === 1 ? "place" : "places"} for “${query}”, the nearest first.`
        : `Nothing in the book for “${query}”. The index lists its terms.`;
      try { history.replaceState(null, "", `?q=${encodeURIComponent(query)}`); } catch { /* a folder may refuse */ }
    }

    let waiting;
    field.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(show, 150); });
    field.addEventListener("focus", () => prepare().catch(() => {}), { once: true });
    field.form.addEventListener("submit", (event) => { event.preventDefault(); show(); });
    // Arrow keys go from the field through the results and back.
    document.getElementById("main").addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!step) return;
      const stops = [field, ...list.querySelectorAll("a")];
      const at = stops.indexOf(document.activeElement);
      if (at < 0 || !stops[at + step]) return;
      event.preventDefault();
      stops[at + step].focus();
    });
    field.value = new URLSearchParams(location.search).get("q") || "";
    show();
  }

  globalThis.bookSearch = { prepare, find: (query) => find(query) };
  start();
})();
