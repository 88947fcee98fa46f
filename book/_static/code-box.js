// Boxes in which a reader changes Python, runs it in the page and has it checked. A box is
// whole without this script: its code, and its solution folded below. The interpreter is
// loaded at the first Run and shared by all boxes of the page; a worker runs it, which is
// ended when a program takes too long.
(() => {
  const here = document.currentScript.src;
  const LONGEST = 2000; // milliseconds
  const MOST_LINES = 24;
  const INDENT = "    ";
  const STORED = "xent-code-box:";
  if (!globalThis.WebAssembly || !globalThis.Worker || !globalThis.DecompressionStream) {
    document.documentElement.classList.add("no-python");
    return;
  }

  const make = (tag, properties = {}, ...children) => {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  };
  const say = (text, kind = "") => make("p", { className: kind, textContent: text });

  // --- the interpreter ---------------------------------------------------------------

  let program;
  function load() {
    program ??= new Promise((resolve, reject) => {
      const script = make("script", { src: new URL("micropython.js", here).href });
      globalThis.xentPython = resolve;
      script.onerror = () => {
        script.remove();
        reject(new Error("Python could not be loaded. Is the book's site still within reach? Run tries again."));
      };
      document.head.append(script);
    });
    program.catch(() => { program = undefined; });
    return program;
  }

  let ready;
  function interpreter() {
    ready ??= load().then((text) => new Promise((resolve, reject) => {
      const address = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
      const made = new Worker(address);
      const failed = (why) => reject(new Error(`Python does not start in this browser: ${why}`));
      made.onmessage = ({ data }) => {
        URL.revokeObjectURL(address);
        if (data.ready) resolve(made);
        else failed(data.failed);
      };
      made.onerror = (event) => failed(event.message || "a rule of this site's host forbids it");
    }));
    ready.catch(() => { ready = undefined; });
    return ready;
  }

  // Gives what the worker answers, or {stopped} when the program took too long.
  let stop = () => {};
  async function perform(source, task, heard) {
    const worker = await interpreter();
    return new Promise((resolve) => {
      const finish = (answer) => {
        clearTimeout(timer);
        stop = () => {};
        // What is left of such a program would be in the way of the next.
        if (answer.stopped || answer.error?.kind === "MemoryError") {
          worker.terminate();
          ready = undefined;
          interpreter();
        }
        resolve(answer);
      };
      const timer = setTimeout(() => finish({ stopped: "time" }), LONGEST);
      stop = () => finish({ stopped: "reader" });
      worker.onmessage = ({ data }) => (data.text === undefined ? finish(data) : heard(data.text));
      worker.onerror = (event) => finish({ stopped: event.message });
      worker.postMessage({ source, task });
    });
  }
  // One program at a time, in the order in which they were started.
  let last = Promise.resolve();
  const inTurn = (act) => { last = last.then(act, act); return last; };

  // --- what is kept in this browser ----------------------------------------------------

  function kept(name) {
    try { return JSON.parse(localStorage.getItem(STORED + name)) ?? {}; } catch { return {}; }
  }
  function keep(name, entry) {
    try {
      if (entry) localStorage.setItem(STORED + name, JSON.stringify(entry));
      else localStorage.removeItem(STORED + name);
    } catch { /* storage may be switched off or full; the text then lasts for this visit */ }
  }

  // --- the editor --------------------------------------------------------------------

  // As a reader would type it, so that the browser's own undo takes it back.
  function type(area, from, to, text) {
    area.setSelectionRange(from, to);
    if (text) document.execCommand("insertText", false, text);
    else if (from !== to) document.execCommand("delete");
  }
  const lineStart = (text, place) => text.lastIndexOf("\n", place - 1) + 1;

  function indent(area, back) {
    const { value, selectionStart: from, selectionEnd: to } = area;
    const first = lineStart(value, from);
    if (!back && from === to) {
      type(area, from, to, INDENT.slice((from - first) % INDENT.length));
      return;
    }
    const lines = value.slice(first, to).split("\n");
    const moved = lines.map((line) => (back ? line.replace(/^ {1,4}/, "") : line && INDENT + line));
    const text = moved.join("\n");
    if (text === value.slice(first, to)) return;
    type(area, first, to, text);
    if (from === to) {
      const place = Math.max(first, from - lines[0].length + moved[0].length);
      area.setSelectionRange(place, place);
    } else area.setSelectionRange(first, first + text.length);
  }

  function newLine(area) {
    const { value, selectionStart: from, selectionEnd: to } = area;
    const before = value.slice(lineStart(value, from), from);
    const deeper = /:\s*(#.*)?$/.test(before) ? INDENT : "";
    type(area, from, to, `\n${before.match(/^ */)[0]}${deeper}`);
  }

  // Whoever comes by Tab may pass with it; a key that writes or moves makes it indent.
  let tabbed = false;
  addEventListener("keydown", (event) => { tabbed = event.key === "Tab"; }, true);
  addEventListener("pointerdown", () => { tabbed = false; }, true);

  function onKey(area, event, run) {
    // Escape lets the next Tab leave, which is how a keyboard gets out.
    const leaving = area.dataset.leaving === "";
    if (!["Tab", "Shift"].includes(event.key)) delete area.dataset.leaving;
    if (event.isComposing || event.altKey) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) run();
    else if (event.ctrlKey || event.metaKey) return;
    else if (event.key === "Escape") area.dataset.leaving = "";
    else if (event.key === "Tab" && !leaving) indent(area, event.shiftKey);
    else if (event.key === "Enter") newLine(area);
    else return;
    event.preventDefault();
  }

  function goTo(area, line) {
    const lines = area.value.split("\n");
    const from = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    area.focus();
    area.setSelectionRange(from, from + (lines[line - 1] ?? "").length);
  }

  // --- a box -------------------------------------------------------------------------

  function begin(box) {
    const { name, start, task, cell } = JSON.parse(box.dataset.box);
    const button = (act) => box.querySelector(`[data-act=${act}]`);
    const area = make("textarea", {
      className: "code-box-editor", value: start, spellcheck: false, autocapitalize: "off", autocomplete: "off", wrap: "off",
    });
    const attributes = { role: "textbox", "aria-multiline": "true", "aria-label": "Your Python", "aria-describedby": `${box.id}-keys`, autocorrect: "off" };
    for (const [key, value] of Object.entries(attributes)) area.setAttribute(key, value);
    const offer = make("p", { className: "code-box-offer", hidden: true });
    const said = make("div", { className: "code-box-said" });
    said.setAttribute("aria-live", "polite");
    const tools = box.querySelector(".code-box-tools");
    tools.before(area);
    tools.after(offer, said);

    let older; // the reader's other text, to be had back
    const fit = () => { area.rows = Math.min(area.value.split("\n").length + 1, MOST_LINES); };
    const save = () => {
      const changed = area.value !== start || older !== undefined;
      keep(name, changed ? { from: start, text: area.value, older } : null);
    };
    const offerOlder = (why) => {
      offer.hidden = older === undefined;
      if (offer.hidden) return;
      const back = make("button", { type: "button", textContent: "Bring back my text" });
      back.onclick = () => {
        const now = area.value;
        put(older);
        older = now === start ? undefined : now;
        save();
        offerOlder("Your other text is kept.");
        area.focus();
      };
      offer.replaceChildren(`${why} `, back);
    };
    const put = (text) => {
      area.focus();
      type(area, 0, area.value.length, text);
      if (area.value !== text) area.value = text;
      fit();
    };

    const entry = kept(name);
    if (entry.text !== undefined) {
      if (entry.from === start) {
        area.value = entry.text;
        older = entry.older;
        offerOlder("An earlier text of yours is kept.");
      } else {
        older = entry.text === entry.from ? entry.older : entry.text;
        offerOlder("The book has changed this code since you wrote yours, which is kept.");
      }
    }
    fit();

    const lineButton = (line) => {
      const link = make("button", { type: "button", className: "code-box-line", textContent: `Line ${line}` });
      link.onclick = () => goTo(area, line);
      return link;
    };
    const atLine = (fault, source) => {
      const text = make("p", { className: "code-box-fault" });
      if (fault.line) text.append(lineButton(fault.line), fault.text ? ": " : "");
      text.append(fault.text);
      const line = fault.line ? source.split("\n")[fault.line - 1]?.trim() : "";
      return [text, ...(line ? [make("pre", {}, make("code", { textContent: line }))] : []), ...(fault.remark ? [say(fault.remark)] : [])];
    };

    const tell = (answer, source) => {
      if (answer.stopped === "time") {
        return [say(`Stopped after ${LONGEST / 1000} seconds: the program was still running. Does a loop in it never end, or take very many steps? Your text is as it was.`, "code-box-verdict")];
      }
      if (answer.stopped === "reader") return [say("Stopped. Your text is as it was.", "code-box-verdict")];
      if (answer.stopped) return [say(`Python broke off: ${answer.stopped}. Your text is as it was.`, "code-box-verdict")];
      const { error, verdict } = answer;
      if (error?.kind === "MemoryError") {
        return [say("Ended: the program asked for more than the 64 MB of memory that there are. Your text is as it was.", "code-box-verdict"),
          ...atLine({ ...error, text: "" }, source)];
      }
      if (error) return [say("An error ended the program.", "code-box-verdict"), ...atLine(error, source)];
      return verdict ? judged(verdict) : [];
    };

    const judged = ({ rows, wrong, hint }) => {
      const right = rows.filter((row) => row.right).length;
      const all = right === rows.length;
      const told = [say(all ? `All ${rows.length} checks hold.` : `${right} of ${rows.length} checks hold.`, "code-box-verdict")];
      const known = box.querySelectorAll(".code-box-wrong > ul > li");
      const mistaken = wrong.map((place) => known[place].lastElementChild.cloneNode(true));
      if (hint) mistaken.push(say(hint));
      if (mistaken.length) told.push(make("div", { className: "code-box-mistake" }, ...mistaken));
      // What failed first; what holds is known.
      const sorted = [...rows].sort((one, other) => one.right - other.right);
      told.push(make("ul", { className: "code-box-rows" }, ...sorted.map((row) => {
        const item = make("li", { className: row.right ? "holds" : "fails" },
          make("span", { className: "code-box-mark", textContent: row.right ? "Holds: " : "Fails: " }), make("code", { textContent: row.tried }));
        if (row.right) item.append(" gave ", make("code", { textContent: row.came }), ".");
        else if (row.line !== undefined) {
          item.append(" ended in ", make("code", { textContent: row.came }));
          if (row.line) item.append(" (", lineButton(row.line), ")");
          item.append("; expected ", make("code", { textContent: row.expected }), ".");
        } else {
          item.append(" gave ", make("code", { textContent: row.came }), ", expected ", make("code", { textContent: row.expected }), ".");
        }
        if (row.remark && !row.right) item.append(` ${row.remark}`);
        return item;
      })));
      return told;
    };

    let busy = false;
    const go = (withChecks) => {
      if (busy) { stop(); return; }
      busy = true;
      const source = area.value;
      const pressed = button(withChecks ? "check" : "run");
      const label = pressed.textContent;
      pressed.textContent = "Stop";
      box.setAttribute("aria-busy", "true");
      const output = make("pre", { className: "code-box-output", hidden: true });
      output.setAttribute("aria-label", "What the program printed");
      output.setAttribute("role", "group");
      output.tabIndex = 0;
      const waiting = say(program ? "Running." : "Loading Python, once for all boxes.", "code-box-waiting");
      said.replaceChildren(waiting, output);
      const heard = (text) => { output.hidden = false; output.append(text); };
      inTurn(() => perform(source, withChecks ? task : null, heard))
        .then((answer) => {
          const told = tell(answer, source);
          if (!told.length && output.hidden) told.push(say("The program ran to its end and printed nothing.", "code-box-verdict"));
          waiting.remove();
          said.append(...told);
        }, (error) => { waiting.textContent = error.message; })
        .finally(() => {
          busy = false;
          pressed.textContent = label;
          box.removeAttribute("aria-busy");
        });
    };

    const actions = {
      run: () => go(false),
      check: () => go(true),
      reset: () => {
        if (area.value === start) { area.focus(); return; }
        older = area.value;
        put(start);
        save();
        said.replaceChildren(say("The code is the book's again."));
        offerOlder("Your text is kept.");
      },
      copy: async (pressed) => {
        await navigator.clipboard.writeText(area.value.trimEnd() + "\n" + cell);
        pressed.textContent = "Copied";
        setTimeout(() => { pressed.textContent = "Copy for a notebook"; }, 1500);
      },
    };
    for (const act of Object.keys(actions)) {
      const pressed = button(act);
      if (pressed) pressed.onclick = () => actions[act](pressed);
    }
    area.addEventListener("input", () => { fit(); save(); });
    area.addEventListener("keydown", (event) => onKey(area, event, () => go(Boolean(task))));
    area.addEventListener("focus", () => { if (tabbed) area.dataset.leaving = ""; });
    area.addEventListener("blur", () => { delete area.dataset.leaving; });

    const open = button("open");
    if (open) {
      open.onclick = () => { open.remove(); box.classList.remove("closed"); fit(); area.focus(); };
      if (entry.text !== undefined) open.click();
    }
    box.classList.add("alive");
  }

  for (const box of document.querySelectorAll(".code-box")) begin(box);
})();
