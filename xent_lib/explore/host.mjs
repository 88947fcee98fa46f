// Mounts the figures of a static page: no kernel, no network, one classic script.

const SHARED = "explore";

/**
 * What anywidget's model is in a live notebook.
 * @param {Record<string, any>} initial
 */
export function pageModel(initial) {
  /** @type {Record<string, any>} */
  const values = { ...structuredClone(initial), initial };
  /** @type {Map<string, Set<() => void>>} */
  const listeners = new Map();
  return {
    /** @param {string} name */
    get: (name) => values[name],
    /** @param {string} name @param {any} value */
    set(name, value) {
      if (JSON.stringify(values[name]) === JSON.stringify(value)) return;
      values[name] = structuredClone(value);
      for (const heard of listeners.get(`change:${name}`) ?? []) heard();
    },
    save_changes() {},
    /** @param {string} event @param {() => void} heard */
    on(event, heard) {
      if (!listeners.has(event)) listeners.set(event, new Set());
      listeners.get(event)?.add(heard);
    },
    /** @param {string} event @param {() => void} heard */
    off(event, heard) { listeners.get(event)?.delete(heard); },
  };
}

/**
 * The part of an address after "#" that carries a figure's state.
 * @param {string} id @param {Record<string, any>} state @param {Record<string, any>} initial
 */
export function toHash(id, state, initial) {
  const changed = Object.entries(state)
    .filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(initial[key]))
    .map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]);
  return `#${new URLSearchParams([[SHARED, id], ...changed])}`;
}

/**
 * The state in an address, or null where it is none of this figure's or makes no sense.
 * @param {string} hash @param {string} id @param {Record<string, any>} initial
 * @param {(state: Record<string, any>) => boolean} sane
 */
export function fromHash(hash, id, initial, sane) {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  if (given.get(SHARED) !== id) return null;
  const state = structuredClone(initial);
  try {
    for (const key of Object.keys(initial)) {
      const text = given.get(key);
      if (text !== null) state[key] = typeof initial[key] === "string" ? text : JSON.parse(text);
    }
    return sane(state) ? state : null;
  } catch {
    return null;
  }
}

/** @param {string} hash */
async function copyLink(hash) {
  history.replaceState(history.state, "", hash);
  try {
    await navigator.clipboard.writeText(location.href);
    return "Link copied. It opens the page with this setting.";
  } catch {
    return "The link is in the address bar. It opens the page with this setting.";
  }
}

/**
 * @param {HTMLElement} el
 * @param {ReturnType<typeof import("./parts.mjs").explorable>} module
 */
function mount(el, module) {
  const initial = JSON.parse(el.dataset.state ?? "{}");
  const id = el.closest("figure[id]")?.id ?? "";
  const model = {
    ...pageModel(initial),
    /** @param {Record<string, any>} state */
    share: (state) => copyLink(toHash(id, state, initial)),
  };
  const follow = () => {
    const state = fromHash(location.hash, id, initial, module.sane);
    if (state === null) return;
    for (const [key, value] of Object.entries(state)) model.set(key, value);
    el.scrollIntoView({ block: "center" });
  };
  const still = [...el.childNodes];
  module.render({ model, el });
  for (const node of still) node.remove();
  el.classList.add("explore-live");
  follow();
  addEventListener("hashchange", follow);
}

/**
 * Mounts the page's figures from the top, each in a moment of its own: all at once would keep
 * a slow phone from answering. An address that names a place finds them all in their places.
 * @param {Record<string, ReturnType<typeof import("./parts.mjs").explorable>>} modules
 */
export function start(modules) {
  const waiting = [...document.querySelectorAll(".explore")];
  const next = () => {
    if (!waiting.length) return;
    const el = waiting.shift();
    if (el instanceof HTMLElement) mount(el, modules[el.dataset.module ?? ""]);
    if (location.hash) next();
    else setTimeout(next);
  };
  next();
}
