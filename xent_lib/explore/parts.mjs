// What every interactive figure is made of: elements, sliders, points to drag, and a frame
// with reset, a link to share and announcements for those who do not see the picture.

/**
 * The part of anywidget's model that the figures use; a page's host offers the same, and
 * `share` besides.
 * @typedef {{ get(name: string): any, set(name: string, value: any): void,
 *   save_changes(): void, on(event: string, heard: () => void): void,
 *   off(event: string, heard: () => void): void,
 *   share?: (state: State) => Promise<string> }} Model
 * @typedef {Record<string, any>} State
 * @typedef {(patch: State) => void} Change
 * @typedef {{ root: HTMLElement, state: State, change: Change }} Setting
 * @typedef {{ draw(state: State, width: number): void, say(state: State): string,
 *   stop?: () => void }} View
 * @typedef {{ title: string, keys: string[], sane(state: State): boolean,
 *   build(setting: Setting): View }} Figure
 */

const SVG = "http://www.w3.org/2000/svg";
const SILENCE_BEFORE_SPEECH = 500; // milliseconds, so that a drag is announced once
const NARROW = 480; // pixels

/** @param {Element} node @param {Record<string, any>} attributes */
export function set(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null) node.removeAttribute(name);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  return node;
}

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag @param {Record<string, any>} attributes @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  set(node, attributes);
  node.append(...children);
  return node;
}

/**
 * @template {keyof SVGElementTagNameMap} T
 * @param {T} tag @param {Record<string, any>} attributes @param {...(Node | string)} children
 * @returns {SVGElementTagNameMap[T]}
 */
export function s(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  set(node, attributes);
  node.append(...children);
  return node;
}

/** Change a text only where it differs, so that nothing is read or laid out twice.
 * @param {Element} node @param {string} text */
export function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** @param {number} value @param {number} digits */
export function number(value, digits) {
  if (value === Infinity) return "∞";
  if (value === -Infinity) return "−∞";
  if (Number.isNaN(value)) return "nan";
  const text = Math.abs(value).toFixed(digits);
  return value < 0 && Number(text) !== 0 ? `−${text}` : text;
}

/** @param {number} width */
export function isNarrow(width) {
  return width < NARROW;
}

let made = 0;

/** An id that no other figure on the page has. @param {string} purpose */
export function freshId(purpose) {
  made += 1;
  return `xe-${purpose}-${made}`;
}

/**
 * A native range input.
 * @param {{ label: string, min: number, max: number, step: number, role?: string,
 *   input: (value: number) => void }} settings
 */
export function slider({ label, min, max, step, role = "", input }) {
  const node = h("input", { type: "range", min, max, step, "aria-label": label, class: `xe-slider ${role}` });
  node.addEventListener("input", () => input(Number(node.value)));
  return node;
}

/** Move a native slider to a value, and say it with its unit.
 * @param {HTMLInputElement} node @param {number} value @param {string} words */
export function place(node, value, words) {
  const text = String(value);
  if (Number(node.value) !== value) node.value = text;
  set(node, { "aria-valuetext": words });
}

/**
 * A point of a drawing that pointer, touch and keyboard move alike. The drawing is in pixels,
 * so a pointer's place on the screen is a place in it.
 * @param {SVGSVGElement} drawing @param {SVGGElement} node
 * @param {{ drag(x: number, y: number): void, step(dx: number, dy: number): void }} moves
 */
export function draggable(drawing, node, { drag, step }) {
  let [offsetX, offsetY] = [0, 0];
  const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] };
  node.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    const held = node.getBoundingClientRect();
    offsetX = event.clientX - (held.left + held.width / 2);
    offsetY = event.clientY - (held.top + held.height / 2);
    node.setPointerCapture(event.pointerId);
    node.focus({ preventScroll: true });
    event.preventDefault();
  });
  // touch-action does not reach into a drawing, so the page is kept from scrolling by hand.
  node.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
  node.addEventListener("pointermove", (event) => {
    if (!node.hasPointerCapture(event.pointerId)) return;
    const box = drawing.getBoundingClientRect();
    drag(event.clientX - offsetX - box.left, event.clientY - offsetY - box.top);
  });
  node.addEventListener("keydown", (event) => {
    const by = steps[/** @type {keyof typeof steps} */ (event.key)];
    if (!by) return;
    event.preventDefault();
    const size = event.shiftKey ? 10 : 1;
    step(by[0] * size, by[1] * size);
  });
}

/** A handle to drag: what is seen, inside what a finger needs. @param {string} role */
export function handle(role) {
  return s("g", { class: `xe-handle ${role}`, role: "slider", tabindex: 0 },
    s("circle", { class: "xe-reach", r: 22 }), s("circle", { class: "xe-dot", r: 9 }));
}

/**
 * The anywidget front-end module of a figure.
 * @param {Figure} figure
 */
export function explorable(figure) {
  const { title, keys, sane, build } = figure;
  /** @param {{ model: Model, el: HTMLElement }} given */
  function render({ model, el }) {
    const root = h("div", { class: "xe", role: "group", "aria-label": title });
    const read = () => Object.fromEntries(keys.map((key) => [key, model.get(key)]));
    const spoken = h("p", { class: "xe-spoken", role: "status" });
    let [frame, silence, width] = [0, 0, 0];

    /** @param {string} words */
    const announce = (words) => write(spoken, words);
    const draw = () => {
      frame = 0;
      width = root.clientWidth || width;
      root.classList.toggle("xe-narrow", isNarrow(width));
      const state = read();
      if (width > 0 && sane(state)) view.draw(state, width);
    };
    const redraw = () => { frame ||= requestAnimationFrame(draw); };
    let own = false;
    // A new setting from outside, such as a link's or Python's, ends what plays.
    const heard = () => {
      if (!own) view.stop?.();
      redraw();
      clearTimeout(silence);
      silence = setTimeout(() => announce(view.say(read())), SILENCE_BEFORE_SPEECH);
    };
    /** @type {Change} */
    const change = (patch) => {
      own = true;
      for (const [key, value] of Object.entries(patch)) model.set(key, value);
      own = false;
      model.save_changes();
    };
    const view = build({ root, state: read(), change });
    const reset = h("button", { type: "button", class: "xe-button" }, "Reset");
    reset.addEventListener("click", () => {
      view.stop?.();
      change(model.get("initial"));
    });
    const tools = h("div", { class: "xe-tools" }, reset);
    const { share } = model;
    if (share) {
      const button = h("button", { type: "button", class: "xe-button" }, "Link to this setting");
      button.addEventListener("click", async () => {
        clearTimeout(silence);
        announce(await share(read()));
      });
      tools.append(button);
    }
    tools.append(spoken);
    root.append(tools);
    el.append(root);

    for (const key of keys) model.on(`change:${key}`, heard);
    const watcher = new ResizeObserver(() => { if (root.clientWidth !== width) draw(); });
    watcher.observe(root);
    draw();
    return () => {
      cancelAnimationFrame(frame);
      clearTimeout(silence);
      watcher.disconnect();
      view.stop?.();
      for (const key of keys) model.off(`change:${key}`, heard);
    };
  }
  return { keys, sane, render };
}
