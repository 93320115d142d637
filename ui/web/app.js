// What the pages do by themselves: the source panel, keys, copying, the clock, light and dark.
"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const fill = (form, page, pages) => form.replace("##", pages).replace("#", page);
  const state = { paper: "", page: 1, scale: 1, facts: null, opener: null, asked: 0 };
  const PIXELS = [1, 2, 3, 4]; // pixels a point that the server draws

  // ---- source panel -------------------------------------------------------------------------------------------
  async function open(chip) {
    const { paper, start, end, page, quoted, quote } = chip.dataset;
    const turn = ++state.asked;
    Object.assign(state, { paper, opener: chip, scale: 1, facts: null, page: Number(page) || 1 });
    const panel = $("source");
    shown(chip);
    panel.hidden = false;
    document.body.classList.add("source-open");
    $("source-title").textContent = panel.dataset.loading;
    $("source-quote").textContent = "";
    $("source-changed").hidden = true;
    $("source-sheet").replaceChildren();
    panel.focus({ preventScroll: true });
    const address = `../papers/${encodeURIComponent(paper)}`;
    const answer = await fetch(`${address}/source?start=${start || 0}&end=${end || 0}&quoted=${quoted || ""}`).catch(() => null);
    if (turn !== state.asked) return;
    if (!answer || !answer.ok) {
      $("source-title").textContent = answer ? await answer.text() : panel.dataset.unreachable;
      return;
    }
    state.facts = await answer.json();
    if (turn !== state.asked) return;
    const { changed } = state.facts; // other words stand there now: the kept ones are shown, and nothing is marked
    if (Number(end) > 0 && !changed) state.page = state.facts.page;
    state.page = Math.min(state.page, state.facts.pages.length);
    $("source-title").textContent = state.facts.title;
    $("source-quote").textContent = changed ? quote : state.facts.quote;
    $("source-changed").hidden = !changed;
    show(true);
  }

  function shown(chip) {
    for (const each of document.querySelectorAll(".chip.shown")) each.classList.remove("shown");
    chip?.classList.add("shown");
  }

  function show(toMark) {
    const { facts, paper } = state;
    if (!facts) return;
    const panel = $("source"), size = facts.pages[state.page - 1], sheet = $("source-sheet");
    const address = `../papers/${encodeURIComponent(paper)}`;
    const width = ($("source-scroll").clientWidth - 2) * state.scale;
    const wanted = (width * window.devicePixelRatio) / size.width;
    const zoom = PIXELS.find((each) => each >= wanted) || 4;
    sheet.style.width = `${width}px`;
    sheet.style.aspectRatio = `${size.width} / ${size.height}`;
    const image = new Image();
    image.alt = fill(panel.dataset.page_image, state.page, facts.pages.length);
    sheet.dataset.waiting = panel.dataset.loading;
    image.onload = () => { if (sheet.contains(image)) delete sheet.dataset.waiting; };
    image.onerror = async () => {
      if (sheet.contains(image)) delete sheet.dataset.waiting;
      const answer = await fetch(image.src).catch(() => null);
      if (answer && !answer.ok) $("source-quote").textContent = await answer.text();
    };
    image.src = `${address}/pages/${state.page}.png?zoom=${zoom}&version=${facts.version}`;
    const marks = facts.marks.filter((each) => each.page === state.page).map((each) => mark(each.box, size));
    sheet.replaceChildren(image, ...marks);
    $("source-place").textContent = fill(panel.dataset.page_of, state.page, facts.pages.length);
    $("source-pdf").href = `${address}/paper.pdf#page=${state.page}`;
    panel.querySelector("[data-panel=previous]").disabled = state.page <= 1;
    panel.querySelector("[data-panel=next]").disabled = state.page >= facts.pages.length;
    if (toMark && marks.length) {
      const box = $("source-scroll");
      box.scrollTop = marks[0].offsetTop - box.clientHeight / 3;
      box.scrollLeft = marks[0].offsetLeft - box.clientWidth / 6;
    } else if (toMark) $("source-scroll").scrollTop = 0;
  }

  function mark(box, size) {
    const [x0, y0, x1, y1] = box, each = document.createElement("div");
    each.className = "marked";
    each.style.left = `${(100 * x0) / size.width}%`;
    each.style.top = `${(100 * y0) / size.height}%`;
    each.style.width = `${(100 * (x1 - x0)) / size.width}%`;
    each.style.height = `${(100 * (y1 - y0)) / size.height}%`;
    return each;
  }

  function turn(step) {
    if (!state.facts) return;
    const page = Math.min(Math.max(state.page + step, 1), state.facts.pages.length);
    if (page === state.page) return;
    state.page = page;
    show(true);
  }

  function scale(factor) {
    state.scale = Math.min(Math.max(state.scale * factor, 0.5), 4);
    show(false);
  }

  function close() {
    state.asked += 1;
    $("source").hidden = true;
    shown(null);
    document.body.classList.remove("source-open");
    if (state.opener && document.contains(state.opener)) state.opener.focus({ preventScroll: true });
  }

  const PANEL = {
    previous: () => turn(-1), next: () => turn(1), smaller: () => scale(0.8), larger: () => scale(1.25), close,
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.paper) open(button);
    else if (button.dataset.panel) PANEL[button.dataset.panel]();
    else if (button.dataset.copy !== undefined) copy(button);
    else if (button.id === "theme") dark(!document.body.classList.contains("dark"));
  });

  // ---- keys: Esc stops the answer, else closes the panel; arrows turn pages in the panel ------------------------
  const inside = (target) => $("source") && !$("source").hidden && $("source").contains(target);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const stop = $("stop");
      if (inside(document.activeElement)) close();
      else if (stop && stop.offsetParent) stop.click();
      else if ($("source") && !$("source").hidden) close();
    } else if (inside(document.activeElement) && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const steps = { ArrowLeft: () => turn(-1), ArrowRight: () => turn(1), PageUp: () => turn(-1),
        PageDown: () => turn(1), "+": () => scale(1.25), "=": () => scale(1.25), "-": () => scale(0.8) };
      if (steps[event.key]) { steps[event.key](); event.preventDefault(); }
    }
  });

  // ---- copying ------------------------------------------------------------------------------------------------
  async function copy(button) {
    const text = button.dataset.copy, before = button.textContent;
    try {
      await navigator.clipboard.writeText(text);
    } catch {  // not allowed outside of a secure context
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    button.textContent = button.dataset.done;
    setTimeout(() => { button.textContent = before; }, 1500);
  }

  // ---- the clock of an answer in the making ---------------------------------------------------------------------
  setInterval(() => {
    for (const clock of document.querySelectorAll(".clock")) {
      clock.began ??= performance.now() - 1000 * Number(clock.dataset.seconds);
      clock.textContent = clock.dataset.form.replace("#", Math.floor((performance.now() - clock.began) / 1000));
    }
  }, 500);

  // ---- a server that ended or was started again under an open page ----------------------------------------------
  const asked = window.fetch.bind(window);
  let leaving = false;
  window.addEventListener("pagehide", () => { leaving = true; });
  window.fetch = async (...given) => {
    let answer;
    try {
      answer = await asked(...given);
    } catch (error) {
      if (error.name !== "AbortError" && !leaving) lost("unreachable");
      throw error;
    }
    if ([401, 403].includes(answer.status)) look();
    return answer;
  };

  // Whether the server is there and knows this browser; asked of a file that every page has.
  async function look() {
    const answer = await asked("../own/app.js", { method: "HEAD", cache: "no-store" }).catch(() => null);
    lost(!answer ? "unreachable" : answer.ok ? "" : "restarted");
  }

  function lost(why) {
    const line = $("lost");
    if (why === "unreachable") setTimeout(look, 3000);
    if (!line) return;
    line.textContent = why && $("source").dataset[why];
    line.hidden = !why;
  }

  // ---- light and dark -------------------------------------------------------------------------------------------
  function dark(on) {
    document.body.classList.toggle("dark", on);
    localStorage.setItem("papers-theme", on ? "dark" : "light");
  }
  const kept = localStorage.getItem("papers-theme");
  if (kept) {
    const apply = () => document.body.classList.toggle("dark", kept === "dark");
    apply();
    new MutationObserver((_, watcher) => { if ($("theme")) { apply(); watcher.disconnect(); } })
      .observe(document.body, { childList: true, subtree: true });
  }
  document.documentElement.lang = /\/zh\/?$/.test(location.pathname) ? "zh-CN" : "en";

  // ---- another tab may have asked or deleted something ------------------------------------------------------------
  let left = false;
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) left = true;
    else if (left) { left = false; $("refresh-talk")?.click(); }
  });

  // ---- what is new at the end of a conversation comes into view -------------------------------------------------
  const watch = () => {
    const live = $("live");
    if (!live) return setTimeout(watch, 200);
    new MutationObserver(() => {
      const turn = live.querySelector(".turn");
      if (turn) turn.scrollIntoView({ block: "nearest" });
    }).observe(live, { childList: true, subtree: true });
  };
  watch();
  window.addEventListener("resize", () => { if (state.facts) show(false); });
})();
