// Shows a term's definition while the pointer or the focus rests on a link to it. Escape
// closes it, the pointer may move onto it, and a finger follows the link as before.
(() => {
  const DELAY = 120;
  const GRACE = 250;
  const GAP = 6;
  let shown = null;
  let from = null;
  let waiting;

  function place(tip, link) {
    const line = link.getClientRects()[0];
    const { width, height } = tip.getBoundingClientRect();
    const room = document.documentElement.clientWidth - width - 8;
    const below = line.bottom + GAP;
    const top = below + height > innerHeight && line.top > height + GAP ? line.top - GAP - height : below;
    tip.style.left = `${Math.max(8, Math.min(line.left, room))}px`;
    tip.style.top = `${top}px`;
  }

  function hide() {
    clearTimeout(waiting);
    if (shown?.matches(":popover-open")) shown.hidePopover();
    shown = null;
  }

  function show(link) {
    const tip = document.getElementById(link.getAttribute("aria-describedby"));
    clearTimeout(waiting);
    if (tip === shown && link === from) return;
    hide();
    shown = tip;
    from = link;
    tip.showPopover();
    place(tip, link);
  }

  const later = (act, time) => { clearTimeout(waiting); waiting = setTimeout(act, time); };

  for (const link of document.querySelectorAll("a[aria-describedby^='definition-']")) {
    const tip = document.getElementById(link.getAttribute("aria-describedby"));
    if (!tip?.showPopover) continue;
    link.addEventListener("pointerenter", (event) => {
      if (event.pointerType === "mouse") later(() => show(link), DELAY);
    });
    link.addEventListener("pointerleave", () => later(hide, GRACE));
    tip.onpointerenter = () => clearTimeout(waiting);
    tip.onpointerleave = () => later(hide, GRACE);
    link.addEventListener("focus", () => { if (link.matches(":focus-visible")) show(link); });
    link.addEventListener("blur", hide);
  }
  addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
  addEventListener("scroll", () => { if (shown) place(shown, from); }, { passive: true });
})();
