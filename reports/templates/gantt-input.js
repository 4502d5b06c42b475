// Mice, fingers, wheels and keys, and the card that says what is below them. Puts the living chart in the place of
// the drawing once it can be drawn.

class GanttInput {
  constructor(figure, view, words, choice) {
    Object.assign(this, { view, words, choice, fingers: new Map(), drag: null, card: ganttTag("div", "gantt-card") });
    this.card.hidden = true;
    this.box = ganttTag("div", "gantt-box");
    this.box.hidden = true;
    const { canvas } = view, stage = this.stage = ganttTag("div", "gantt-stage", canvas, this.box, this.card);
    const zoom = (text, title, factor) => ganttButton(text, title, () => this.zoomMiddle(factor));
    const buttons = [zoom("\u2212", "see more time (key -)", 2), zoom("+", "look more closely (key +)", .5),
      ganttButton("all", "show everything (key 0)", () => this.reset())];
    const tools = ganttTag("div", "gantt-tools", choice.field, ...buttons, choice.list);
    const hint = ganttTag("p", "gantt-hint", ganttTag("span", "gantt-mouse", "Wheel: zoom in time, with Shift in cores. Drag: look at a part. " +
      "Click: hold the card. Double click: all. Keys: arrows, + \u2212, [ ] for cores, n and p for the next job, 0 for all."),
    ganttTag("span", "gantt-touch", "Pinch: zoom. Swipe sideways: move. Tap: what is this? Tap twice: all."));
    this.root = ganttTag("div", "gantt", ganttTag("div", "gantt-head", choice.legend(), tools), choice.line, stage, hint);
    figure.querySelector(".drawing").after(this.root);
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "application");
    const on = (kind, act, options) => canvas.addEventListener(kind, event => act.call(this, event), options);
    on("pointerdown", this.down);
    on("pointermove", this.moved);
    on("pointerup", this.up);
    on("pointercancel", this.cancel);
    on("pointerleave", () => this.held || this.hide());
    on("dblclick", this.reset);
    on("wheel", this.wheel, { passive: false });
    on("keydown", this.key);
    // A page that scrolls goes on scrolling where the chart comes below the pointer.
    window.addEventListener("scroll", () => this.armed = false, { passive: true });
    new ResizeObserver(() => this.redraw()).observe(stage);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      view.colours = null;
      this.redraw();
    });
  }

  redraw() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.view.draw();
    });
  }

  reset() {
    this.view.reset();
    this.redraw();
  }

  zoomMiddle(time, cores = 1) {
    const { view } = this, panel = view.panels[0];
    view.zoom((view.left + view.right) / 2, (panel.top + panel.bottom) / 2, time, cores);
    this.redraw();
  }

  /** What is at a place: a job, or a node that is not up, and which node that is. */
  at(x, y, reach) {
    const { view } = this, panel = view.panels.find(panel => y >= panel.top && y < panel.bottom);
    if (!panel || x < view.left || x >= view.right) return null;
    const [, cores, perNode] = view.head.clusters[panel.index], core = Math.floor(view.core(panel, y));
    const pixel = length => Math.floor(length * view.scale);
    const who = view.paints[panel.index].find(pixel(x - view.left), pixel(y - panel.top), pixel(reach));
    return { who, node: core >= 0 && core < cores ? Math.floor(core / perNode) : null };
  }

  /** Shows the card for a job (from 1) or a node (below 0). */
  show({ who, node }, x, y, held) {
    if (!who) return this.hide();
    const { card, words, choice } = this, job = who - 1;
    const said = who > 0 ? { title: words.title(job), lines: words.job(job) } : words.node(-who - 1);
    const rows = said.lines.flatMap(([word, text]) => [ganttTag("dt", "", word), ganttTag("dd", "", text)]);
    const parts = [ganttTag("strong", "", said.title), ganttTag("dl", "", ...rows)];
    if (held && who > 0) {
      parts.push(ganttTag("div", "gantt-links", "jobs of ", ...choice.links(job, node)));
      parts.unshift(ganttButton("\u00d7", "close (Escape)", () => this.hide()));
    }
    card.replaceChildren(...parts);
    card.hidden = false;
    card.classList.toggle("held", held);
    this.held = held;
    const left = x + 16 + card.offsetWidth > this.view.wide ? x - 16 - card.offsetWidth : x + 16;
    card.style.left = `${Math.max(4, left)}px`;
    card.style.top = `${Math.max(4, Math.min(y + 14, this.view.tall - card.offsetHeight))}px`;
  }

  hide() {
    this.card.hidden = true;
    this.held = false;
  }

  down(event) {
    if (event.button > 1) return;
    const { offsetX: x, offsetY: y } = event, { view } = this, panel = view.panelAt(y);
    this.fingers.set(event.pointerId, [x, y]);
    if (this.fingers.size > 1) return this.drag = null;
    const edge = x < view.left ? "cores" : y > view.panels.at(-1).bottom ? "time" : null;
    const how = event.pointerType === "touch" ? "time" : event.shiftKey || event.button === 1 ? "both" : edge ?? "box";
    this.drag = { x, y, lastX: x, lastY: y, panel, how, far: false };
  }

  moved(event) {
    this.armed = true;
    const { offsetX: x, offsetY: y, pointerId, pointerType } = event, { drag, fingers } = this;
    if (fingers.size > 1 && fingers.has(pointerId)) return this.pinch(pointerId, x, y);
    if (!drag) return this.held || pointerType === "touch" || this.show(this.at(x, y, 3) ?? {}, x, y, false);
    if (!drag.far && Math.hypot(x - drag.x, y - drag.y) < 6) return;
    if (!drag.far) this.view.canvas.setPointerCapture(pointerId);
    drag.far = true;
    this.hide();
    if (drag.how === "box") return this.drawBox(x, y);
    this.view.move(drag.how === "cores" ? 0 : drag.lastX - x, drag.how === "time" ? 0 : drag.lastY - y, drag.panel);
    Object.assign(drag, { lastX: x, lastY: y });
    this.redraw();
  }

  /** The part that is dragged over: only a stretch of time while the drag is flat. */
  drawBox(x, y) {
    const { view, drag } = this, { panel } = drag;
    const [left, right] = [drag.x, ganttWithin(x, view.left, view.right)].sort((a, b) => a - b);
    let [top, bottom] = [drag.y, ganttWithin(y, panel.top, panel.bottom)].sort((a, b) => a - b);
    drag.flat = bottom - top < 14;
    if (drag.flat) [top, bottom] = [panel.top, panel.bottom];
    drag.part = [left, right, top, bottom];
    this.box.hidden = false;
    Object.assign(this.box.style, { left: `${left}px`, top: `${top}px`, width: `${right - left}px`, height: `${bottom - top}px` });
  }

  up(event) {
    const { drag, view } = this, { offsetX: x, offsetY: y } = event;
    const pinched = this.fingers.size > 1;
    this.cancel(event);
    if (!drag || pinched) return;
    if (!drag.far) return this.show(this.at(x, y, event.pointerType === "touch" ? 14 : 3) ?? {}, x, y, true);
    if (drag.how !== "box" || !drag.part) return;
    const [left, right, top, bottom] = drag.part, { panel, flat } = drag;
    const cores = [view.core(panel, bottom), view.core(panel, top)];
    if (right - left > 3) view.showTime(view.time(left), view.time(right));
    if (!flat) view.showCores(panel.index, ...cores);
    this.redraw();
  }

  cancel(event) {
    this.fingers.delete(event.pointerId);
    this.drag = null;
    this.box.hidden = true;
  }

  pinch(pointerId, x, y) {
    const other = [...this.fingers].find(([id]) => id !== pointerId)[1], before = this.fingers.get(pointerId);
    const spread = axis => Math.max(30, Math.abs(before[axis] - other[axis])) / Math.max(30, Math.abs([x, y][axis] - other[axis]));
    this.view.zoom((x + other[0]) / 2, (y + other[1]) / 2, spread(0), spread(1));
    this.view.move((before[0] - x) / 2, (before[1] - y) / 2, this.view.panelAt(y));
    this.fingers.set(pointerId, [x, y]);
    this.redraw();
  }

  wheel(event) {
    const { view } = this, { offsetX: x, offsetY: y, shiftKey, ctrlKey } = event;
    const turn = (shiftKey ? event.deltaY || event.deltaX : event.deltaY) * (event.deltaMode ? 20 : 1);
    if (!ctrlKey && (!this.armed || turn > 0 && view.isWhole())) return;
    event.preventDefault();
    const factor = Math.exp(ganttWithin(turn, -200, 200) * (ctrlKey ? .01 : .002));
    view.zoom(x, y, shiftKey ? 1 : factor, shiftKey || ctrlKey ? factor : 1);
    if (!shiftKey && event.deltaX) view.move(event.deltaX, 0, view.panels[0]);
    if (!this.held) this.hide();
    this.redraw();
  }

  key(event) {
    const { view } = this, panel = view.panels[0], step = (view.right - view.left) / 8;
    const act = {
      ArrowLeft: () => view.move(-step, 0, panel), ArrowRight: () => view.move(step, 0, panel),
      ArrowUp: () => view.move(0, -60, panel), ArrowDown: () => view.move(0, 60, panel),
      "+": () => this.zoomMiddle(.5), "=": () => this.zoomMiddle(.5), "-": () => this.zoomMiddle(2),
      "]": () => this.zoomMiddle(1, .5), "[": () => this.zoomMiddle(1, 2),
      0: () => this.reset(), Home: () => this.reset(), n: () => this.step(1), p: () => this.step(-1),
      Escape: () => this.card.hidden ? this.choice.clear() : this.hide(),
    }[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
    this.redraw();
  }

  /** Tells of the next job, of those chosen, in order of their starts, and moves there if need be. */
  step(by) {
    const { view, choice } = this, { start, end } = view.data.jobs, count = start.length;
    let job = this.stepped === undefined ? (by > 0 ? -1 : count) : this.stepped;
    do job += by; while (job >= 0 && job < count && choice.chosen && !choice.chosen[job]);
    if (job < 0 || job >= count) return;
    this.stepped = job;
    if (start[job] > view.to || end[job] < view.from) view.showTime(start[job] - (view.to - view.from) / 2, start[job] + (view.to - view.from) / 2);
    const x = view.left + (Math.max(start[job], view.from) - view.from) / (view.to - view.from) * (view.right - view.left);
    this.show({ who: job + 1, node: null }, x, view.panels[view.data.jobs.cluster[job]].top, true);
  }
}

/** Makes the chart of a figure alive. Where that fails, its drawing stays. */
async function ganttStart(figure) {
  const began = performance.now(), data = await ganttData(figure.querySelector(".gantt-data").textContent);
  if (!data.head.jobs && !data.head.nodes) return;
  const words = new GanttWords(data), view = new GanttView(ganttTag("canvas", ""), data, words);
  let input;
  const choice = new GanttChoice(data, words, chosen => {
    view.chosen = chosen;
    input.hide();
    input.redraw();
  });
  input = new GanttInput(figure, view, words, choice);
  if (data.head.leftOut) {
    view.images = [...figure.querySelectorAll(".drawing image")].map(picture => {
      const image = new Image();
      image.onload = () => input.redraw();
      image.setAttribute("src", picture.getAttribute("href"));
      return image;
    });
  }
  figure.classList.add("alive");
  view.draw();
  figure.dataset.drawnMs = Math.round(performance.now() - began);
}

ganttStart(document.currentScript.closest("figure")).catch(error => console.error("the Gantt chart stays a picture:", error));
