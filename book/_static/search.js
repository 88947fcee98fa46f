// The search page: finds sections, puts definitions, titles and questions before mentions,
// and shows where the words stand. The index is loaded on first use only.
(() => {
  const here = document.currentScript.src;
  // What is written in several ways.
  const SAME = { ln: "log", logarithm: "log", logarithms: "log", zero: "0", infinity: "inf", "∞": "inf", backprop: "backpropagation",
    grad: "gradient", grads: "gradient", ppl: "perplexity", prob: "probability", probs: "probability", val: "validation", acc: "accuracy",
    vocab: "vocabulary", torch: "pytorch", sklearn: "scikit-learn", fp16: "float16", bf16: "bfloat16", fp32: "float32" };
  // Words that people use for each other in a question, a group to a string.
  const ALIKE = [
    "derivative gradient differentiate slope", "logits scores outputs", "labels targets truth true", "labels tags",
    "predicted forecast probabilities guess", "picture photo image", "maximum max largest highest biggest", "minimum min smallest lowest",
    "first initial start beginning", "rise increase grow", "fall decrease drop shrink", "explode diverge nan inf",
    "constant stuck same plateau flat", "wrong incorrect mistake error bug", "differ difference different versus vs mismatch",
    "compute calculate evaluate", "implement write code", "show prove proof derive derivation", "imbalanced unbalanced rare skewed minority",
    "average mean", "sum total", "confident sure certain overconfident", "probability chance likelihood", "memory ram vram oom",
    "slow speed time faster", "padding pad mask ignore", "network model classifier", "negative below minus", "several multiple many",
    "formula equation expression", "example sample row instance", "noisy noise mislabelled", "gpu device card cuda", "crash fail raise throw",
    "convert turn transform", "tune choose pick select", "big large huge", "zero never impossible", "two binary", "exactly precisely",
    "swap exchange switch reverse order", "missing unlabelled blank absent unknown", "class category", "noisy garbage dirty",
    "punish penalise penalty cost price expensive", "feed pass give input", "trust reliable calibrated honest", "check test verify debug",
    "bounded bound limit range", "scale multiply factor", "sick ill disease patient doctor cancer", "offline download zip", "begin start",
    "forecast forecaster predict prediction", "overfit memorise", "forbid forbidden illegal invalid impossible", "learn train", "unseen never",
    "reduce lower decrease", "huge explode", "paper report thesis publish", "curve plot diagram chart", "neuron unit hidden",
    "language llm gpt chatgpt", "stop finish end", "amount number count", "ratio share fraction proportion percentage",
    "gpu gpus rank process machine", "kept held validation", "symmetric distance", "peak hump mode", "embedding vector",
  ];
  // What such a word is worth beside the word itself, in names and in the index.
  const ALIKE_WORTH = 0.6;
  const ALIKE_BOOST = 0.2;
  const WEIGHT = { term: 1.35, question: 1.25, chapter: 1.3, page: 1, section: 1, function: 1.2 };
  const LABEL = { term: "Glossary", question: "Question", chapter: "Chapter", page: "Page", section: "Section", function: "Function" };
  // A definition and an answer stand in the first sentence.
  const OPENS_WITH_ANSWER = new Set(["term", "question", "chapter", "function"]);
  const TEACHES = new Set(["chapter", "section"]);
  // Where a part answers as well as the whole, the part is nearer.
  const BROAD = new Set(["chapter", "page"]);
  const NOTATION = "book/notation.html";
  // What teaches a thing comes before an exercise on it, and the reference comes after both.
  const ASIDE = [[/^book\/exercises\//, 0.7], [/^book\/api\.html#/, 0.35]];
  // What a place is called and asked for counts more than that its text holds the words.
  const FIELDS = { title: 3, also: 2.5, asked: 2, text: 1, code: 0.7, place: 0.3 };
  // A name or phrasing that holds the question, one that holds little else, and one that is it.
  const NEAR_NAME = 4;
  const NEARER_NAME = 8;
  const WHOLE_NAME = 10;
  const WHOLE_PHRASING = 6;
  const PHRASING = 0.9;
  const BROAD_PHRASING = 0.54;
  // What all names and phrasings of a place hold of the question together.
  const TOGETHER = 2;
  const COVERED = 1.5;
  // What stands for a word of the question counts less than the word.
  const FURTHER = 0.2;
  const CODE_NAME = 0.5;
  // A heading without text that nobody asks for stands above a list.
  const LIST = 0.4;
  const SHOWN = 24;
  const EXCERPT = 190;

  let engine;
  let stem;
  let passedOver;

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
  // A number is looked for without the commas between its thousands.
  const signs = (text) => text.replace(/(\d),(?=\d{3}(?!\d))/g, "$1").match(WORD) || [];
  const tokenize = (text) => signs(text).flatMap(parts).filter(Boolean);
  const process = (word) => {
    const same = Object.hasOwn(SAME, word) ? SAME[word] : british(word);
    return /^[a-z]+$/.test(same) ? stem(same) : same;
  };
  // What is written as one word and stands as several in a title: "crossentropy", "crossentropyloss".
  const joined = new Map();
  // A name of code and a word with a hyphen are read as the words that they are made of.
  const plain = (word) => {
    const made = parts(word);
    const pieces = made.length > 1 && !/^[-−]/.test(word) ? made.slice(1) : made;
    return pieces.filter(Boolean).flatMap((piece) => joined.get(piece) ?? [piece]);
  };
  const terms = (text) => [...new Set(signs(text).flatMap(plain).filter((word) => !passedOver.has(word)).map(process))];
  // Every word of the book, as it is written, and how often.
  const written = new Map();
  const familiar = new Set();
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

  // Who asks "what does it mean" asks for no mean, and all of the book is about learning machines.
  const matter = (query) => query.replace(/\bwhat do(?:es)?\b(.*)\bmeans?\b/i, "$1").replace(/\bin (?:machine|deep) learning\b|\bin (?:ml|dl)\b/i, "");

  // A name of code as a whole, typed with its capitals or without.
  const codeName = (word) => (/[\p{L}\p{N}][._]\p{L}|\p{Ll}\p{Lu}/u.test(word) || joined.has(word) ? [process(word.toLowerCase())] : []);

  // The words of a question, and the names of code in it.
  function asked(query) {
    const typed = signs(matter(query));
    const words = typed.flatMap(plain).map(corrected).flatMap((word) => joined.get(word) ?? [word]);
    const wanted = words.filter((word) => !passedOver.has(word));
    return { words: [...new Set((wanted.length ? wanted : words).map(process))], names: typed.flatMap(codeName) };
  }

  // What readers ask for in their own words, place by place: two signs stand for a word.
  function unpack({ signs, words, phrasings }) {
    const list = words.split(" ");
    const digit = new Map([...signs].map((sign, value) => [sign, value]));
    const phrase = (row) => row.match(/../g).map((pair) => list[digit.get(pair[0]) * signs.length + digit.get(pair[1])]).join(" ");
    return phrasings.map((place) => (place ? place.split(" ").map(phrase) : []));
  }

  function build(entries, packed) {
    const stemmer = new Stemmer();
    const known = new Map();
    stem = (word) => {
      if (!known.has(word)) known.set(word, stemmer.stemWord(word));
      return known.get(word);
    };
    passedOver = new Set(packed.passedOver.split(" "));
    engine = new MiniSearch({
      fields: ["title", "also", "asked", "text", "code", "place"],
      storeFields: ["kind", "title", "text", "place", "href"],
      tokenize, processTerm: process,
    });
    const phrasings = unpack(packed);
    for (const [id, entry] of entries.entries()) {
      entry.called = [entry.title, ...(entry.also || "").split("; ").filter(Boolean)];
      entry.also = entry.called.slice(1).join("; ");
      entry.asked = phrasings[id].join("; ");
      for (const word of `${entry.called.join(" ")} ${entry.asked} ${entry.text}`.toLowerCase().match(/[a-z]+/g) || []) {
        const spelt = british(word);
        written.set(spelt, (written.get(spelt) || 0) + 1);
      }
      for (const word of `${entry.called.join(" ")} ${entry.asked}`.match(WORD) || []) {
        const [whole, ...pieces] = parts(word);
        if (pieces.length > 1 && /^[A-Za-z]+$/.test(word)) joined.set(whole, pieces);
      }
      if (entry.kind !== "term") continue;
      for (const name of entry.called) {
        const pair = name.toLowerCase().split(/[ -]/);
        for (let at = 1; at < pair.length; at++) joined.set(pair[at - 1] + pair[at], [pair[at - 1], pair[at]]);
        if (/^[A-Z]{2,4}$/.test(name)) short.set(process(name.toLowerCase()), terms(entry.title));
      }
    }
    for (const [id, entry] of entries.entries()) {
      entry.names = entry.called.map(nameOf);
      entry.phrasings = phrasings[id].map(nameOf);
      entry.every = new Set([...entry.names, ...entry.phrasings].flatMap(({ words }) => [...words]));
      for (const word of entry.every) places.set(word, (places.get(word) || 0) + 1);
    }
    for (const group of ALIKE) {
      const words = [...new Set(group.split(" ").map(process))];
      for (const word of words) alike.set(word, [...(alike.get(word) ?? []), ...words.filter((other) => other !== word)]);
    }
    for (const word of written.keys()) familiar.add(process(word));
    weigh = (word) => Math.log(1 + entries.length / (1 + (places.get(word) || 0)));
    for (const name of entries.flatMap((entry) => [...entry.names, ...entry.phrasings])) name.weight = total(name.own);
    engine.addAll(entries.map((entry, id) => ({ id, ...entry })));
    return entries;
  }

  let entries;
  // In how many places' names and phrasings a word stands.
  const places = new Map();
  // A word counts the more, the fewer places are called or asked for by it.
  let weigh;
  const total = (words) => words.reduce((sum, word) => sum + weigh(word), 0);

  const alike = new Map();
  // What a term is called for short: "bce" stands for three words.
  const short = new Map();
  function nameOf(text) {
    const own = terms(text);
    return { own, words: new Set([...own, ...own.flatMap((word) => short.get(word) ?? []), ...signs(text).flatMap(codeName)]) };
  }

  // Whether words hold a word of a question: the word or what it is short for, or a word alike.
  function shareOf(word, words) {
    if (words.has(word) || short.get(word)?.every((part) => words.has(part))) return 1;
    return alike.get(word)?.some((other) => words.has(other)) ? ALIKE_WORTH : 0;
  }

  // How well the nearest of some names answers: by what share of the question it holds, and of itself.
  function nearness(names, question, bonus) {
    const best = { near: 0, whole: false };
    for (const { own, words, weight } of names) {
      let held = 0;
      let shared = 0;
      for (const [word, worth] of question) {
        const share = shareOf(word, words);
        held += worth * share;
        if (share === 1) shared += 1;
      }
      if (!held) continue;
      const recall = held / question.worth;
      const whole = shared === question.size && own.every((word) => question.has(word));
      best.near = Math.max(best.near, recall ** 2 * (NEAR_NAME + NEARER_NAME * Math.min(1, held / weight)) + (whole ? bonus : 0));
      best.whole ||= whole;
    }
    return best;
  }

  // By what share words hold the question, themselves or by words alike.
  function heldBy(question, words) {
    let held = 0;
    for (const [word, worth] of question) held += worth * shareOf(word, words);
    return held / question.worth;
  }

  function find(query) {
    const { words: question, names: wholes } = asked(query);
    if (!question.length) return [];
    // Who asks for a sign or a letter wants to know what it stands for.
    const sign = !/\p{L}{2}|\d/u.test(query);
    const wanted = new Map(question.map((word) => [word, weigh(word)]));
    for (const name of wholes.filter((name) => places.has(name))) wanted.set(name, weigh(name) * CODE_NAME);
    wanted.worth = [...wanted.values()].reduce((sum, worth) => sum + worth, 0);
    const further = new Set([...wholes, ...question.flatMap((word) => short.get(word) ?? [])].filter((word) => !question.includes(word)));
    const others = new Set(question.flatMap((word) => alike.get(word) ?? []).filter((word) => !question.includes(word) && !further.has(word)));
    const found = engine.search([...question, ...further, ...others].join(" "), {
      tokenize: (text) => text.split(" "),
      processTerm: (word) => word,
      combineWith: "OR",
      boost: FIELDS,
      boostTerm: (word) => (others.has(word) ? ALIKE_BOOST : further.has(word) ? FURTHER : 1),
      prefix: (word, index) => index === question.length - 1 && word.length > 2,
      fuzzy: (word) => (word.length > 4 && !/\d/.test(word) && !familiar.has(word) ? 0.2 : false),
      weights: { fuzzy: 0.12, prefix: 0.3 },
    });
    for (const hit of found) {
      const { names, phrasings, every, title } = entries[hit.id];
      const covered = heldBy(wanted, new Set(hit.queryTerms));
      const name = nearness(names, wanted, WHOLE_NAME);
      const called = Math.max(name.near, (BROAD.has(hit.kind) ? BROAD_PHRASING : PHRASING) * nearness(phrasings, wanted, WHOLE_PHRASING).near)
        + TOGETHER * heldBy(wanted, every) ** 2;
      const meant = sign && hit.href.startsWith(NOTATION) ? 10 : 1;
      // Who types the name of a function as code is written looks for that function.
      hit.typed = hit.kind === "function" && title === query.trim() && parts(title).length > 1;
      const aside = (ASIDE.find(([place]) => place.test(hit.href))?.[1] ?? 1) * (hit.text || phrasings.length ? 1 : LIST);
      hit.named = name.whole;
      hit.rank = hit.score * WEIGHT[hit.kind] * aside * meant * covered ** COVERED * (1 + called);
    }
    return withTeaching(once(found.sort((a, b) => b.rank - a.rank)));
  }

  // Some questions share one answer: it is shown once, under the nearest of them.
  function once(found) {
    const answers = new Set();
    return found.filter(({ kind, text }) => kind !== "question" || (!answers.has(text) && answers.add(text)));
  }

  // To the name of a term belong its definition and, next, what teaches it in the chapter that
  // the definition names.
  function withTeaching(found) {
    const first = found.find((hit) => hit.typed) || found.find((hit) => hit.kind === "term" && hit.named);
    if (!first) return found;
    const chapters = (first.text.match(/Taught in ([^.]*)/)?.[1].match(/\d+/g) || []).map((number) => `Chapter ${number},`);
    const teaches = found.find((hit) => TEACHES.has(hit.kind) && chapters.some((chapter) => hit.place.startsWith(chapter)));
    return [...new Set([first, ...(teaches ? [teaches] : []), ...found])];
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
      entries = build(globalThis.bookEntries, globalThis.bookAsked);
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
