// Lays the panels out and draws them with their axes and labels. Must not know mice, fingers or keys.

/** The stretch from `from` to `to`, moved and cut so that it lies between `low` and `high`; not less than `least`. */
function ganttStretch(from, to, low, high, least) {
  const all = high - low, length = ganttWithin(to - from, Math.min(least, all), all);
  const first = ganttWithin((from + to) / 2 - length / 2, low, high - length);
  return [first, first + length];
}

class GanttView {
  constructor(canvas, data, words) {
    Object.assign(this, { canvas, words, data, head: data.head, context: canvas.getContext("2d") });
    this.paints = ganttOrders(data).map(order => new GanttPaint(data, order));
    Object.assign(this, { chosen: null, colours: null });
    this.reset();
  }

  /** Shows everything. */
  reset() {
    const { from, to, clusters } = this.head;
    Object.assign(this, { from, to, cores: clusters.map(([, cores]) => [0, cores]) });
  }

  isWhole() {
    const { from, to, clusters } = this.head;
    return this.from <= from && this.to >= to && this.cores.every(([low, high], index) => low <= 0 && high >= clusters[index][1]);
  }

  /** Shows another stretch of time; not less than a second, and not beyond the chart. */
  showTime(from, to) {
    [this.from, this.to] = ganttStretch(from, to, this.head.from, this.head.to, 1000);
  }

  showCores(index, low, high) {
    this.cores[index] = ganttStretch(low, high, 0, this.head.clusters[index][1], 1);
  }

  /** Zooms around a place of the sheet, given in points: `time` and `cores` are below 1 to see more closely. */
  zoom(x, y, time, cores) {
    const at = this.time(x), panel = this.panelAt(y);
    this.showTime(at - (at - this.from) * time, at + (this.to - at) * time);
    const core = this.core(panel, y), [low, high] = this.cores[panel.index];
    this.showCores(panel.index, core - (core - low) * cores, core + (high - core) * cores);
  }

  /** Moves by points. */
  move(x, y, panel) {
    const time = x * (this.to - this.from) / (this.right - this.left);
    this.showTime(this.from + time, this.to + time);
    const [low, high] = this.cores[panel.index], cores = -y * (high - low) / (panel.bottom - panel.top);
    this.showCores(panel.index, low + cores, high + cores);
  }

  time(x) {
    return this.from + (x - this.left) / (this.right - this.left) * (this.to - this.from);
  }

  core(panel, y) {
    const [low, high] = this.cores[panel.index];
    return high - (y - panel.top) / (panel.bottom - panel.top) * (high - low);
  }

  /** The panel at a height, or the nearest. */
  panelAt(y) {
    return this.panels.find(panel => y < panel.bottom + 12) ?? this.panels.at(-1);
  }

  layOut() {
    const wide = this.canvas.parentElement.clientWidth, count = this.head.clusters.length, narrow = wide < 560;
    const tall = Math.max(narrow ? 360 : 440, count * 150);
    Object.assign(this, { wide, left: narrow ? 60 : 66, right: wide - (narrow ? 6 : 14), scale: Math.min(window.devicePixelRatio || 1, 3) });
    this.panels = this.head.clusters.map((_, index) => ({ index, top: 26 + index * tall / count, bottom: (index + 1) * tall / count }));
    this.tall = tall + 44;
    this.canvas.style.height = `${this.tall}px`;
    this.canvas.width = Math.round(wide * this.scale);
    this.canvas.height = Math.round(this.tall * this.scale);
  }

  /** Reads the colours of the page, light or dark; packed into one number where pixels are painted with them. */
  readColours() {
    const style = getComputedStyle(this.canvas), probe = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const read = name => {
      probe.fillStyle = style.getPropertyValue(`--plot-${name}`).trim();
      probe.fillRect(0, 0, 1, 1);
      return [...probe.getImageData(0, 0, 1, 1).data].slice(0, 3);
    };
    const packed = ([r, g, b]) => r | g << 8 | b << 16;
    const sheet = read("sheet"), mix = (colour, share) => colour.map((part, i) => Math.round(part + (sheet[i] - part) * share));
    const five = (name, step) => {
      const colour = read(name);
      return [0, 1, 2, 3, 4].map(number => mix(colour, number * step));
    };
    const inks = Object.fromEntries(["ground", "ink", "faint", "rule", "draining-lines"].map(name => [name, `rgb(${read(name)})`]));
    const shades = [five("owners", .11), five("harvest", .11), five("lost", .06), five("container", 0)];
    const { use, id } = this.data.jobs, ofUse = shades.map(shades => shades.map(packed));
    return {
      inks,
      shades,
      killed: ofUse[2][0],
      jobs: Uint32Array.from(use, (use, job) => ofUse[use][id[job] % 5]),
      nodes: GANTT_LOOKS.map(look => look === "up" ? null : {
        ground: packed(read(look)),
        lines: packed(read(look === "absent" ? look : `${look}-lines`)),
        rising: look === "broken" || look === "halted",
        falling: look === "broken" || look === "draining",
      }),
    };
  }

  draw() {
    this.layOut();
    // Once for all frames, until the page turns dark or light.
    this.colours ??= this.readColours();
    const { context, scale } = this;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, this.wide, this.tall);
    context.font = "12px system-ui, sans-serif";
    for (const panel of this.panels) this.panel(panel);
    this.timeAxis();
    const span = `from ${this.words.moment(this.from)} to ${this.words.moment(this.to)}`;
    this.canvas.setAttribute("aria-label", `Gantt chart ${span}: arrows move, plus and minus zoom, n and p tell of jobs one by one`);
  }

  panel(panel) {
    const { context, scale, left, right, colours } = this, { index, top, bottom } = panel, [low, high] = this.cores[index];
    context.fillStyle = colours.inks.ground;
    context.fillRect(left, top, right - left, bottom - top);
    this.coreAxis(panel);
    this.picture(panel);
    const wide = Math.max(1, Math.round((right - left) * scale)), tall = Math.max(1, Math.round((bottom - top) * scale));
    const view = { from: this.from, to: this.to, low, high }, paint = this.paints[index];
    const labels = paint.paint(index, view, wide, tall, scale, this.chosen), image = new ImageData(wide, tall);
    paint.colours(image, colours, scale, this.chosen);
    const sheet = this.sheet ??= document.createElement("canvas");
    Object.assign(sheet, { width: wide, height: tall }).getContext("2d").putImageData(image, 0, 0);
    context.drawImage(sheet, left, top, right - left, bottom - top);
    this.leaving(panel);
    for (const label of labels) this.label(panel, label);
    context.fillStyle = colours.inks.ink;
    Object.assign(context, { textAlign: "left", textBaseline: "middle" });
    context.fillText(`${this.head.clusters[index][0]} (core)`, left, top - 12);
  }

  /** Below the jobs, the picture that has those, too, that are not among the data. */
  picture({ index, top, bottom }) {
    const number = this.head.pictures.findIndex(([cluster]) => cluster === index), image = this.images?.[number];
    if (!image || !this.head.leftOut) return;
    const { context, left, right } = this, [from, to] = this.head.pictures[number][1], [low, high] = this.cores[index];
    const across = (right - left) / (this.to - this.from), up = (bottom - top) / (high - low), all = this.head.clusters[index][1];
    context.save();
    context.beginPath();
    context.rect(left, top, right - left, bottom - top);
    context.clip();
    context.globalAlpha = this.chosen ? .15 : .8;
    context.drawImage(image, left + (from - this.from) * across, top + (high - all) * up, (to - from) * across, all * up);
    context.restore();
  }

  /** Lines upon the jobs of nodes that are about to leave: these may be full until they do. */
  leaving({ index, top, bottom }) {
    const { context, left, right } = this, { nodes } = this.data, [low, high] = this.cores[index], perNode = this.head.clusters[index][2];
    const across = (right - left) / (this.to - this.from), up = (bottom - top) / (high - low);
    context.strokeStyle = this.colours.inks["draining-lines"];
    for (let span = 0; span < this.head.nodes; span++) {
      if (GANTT_LOOKS[nodes.state[span]] !== "draining" || nodes.cluster[span] !== index) continue;
      const x = time => ganttWithin(left + (time - this.from) * across, left, right), y = core => ganttWithin(top + (high - core) * up, top, bottom);
      const [fromX, toX] = [x(nodes.from[span]), x(nodes.from[span] + nodes.length[span])];
      const [fromY, toY] = [y((nodes.first[span] + nodes.count[span]) * perNode), y(nodes.first[span] * perNode)];
      if (toX <= fromX || toY <= fromY) continue;
      context.save();
      context.beginPath();
      context.rect(fromX, fromY, toX - fromX, toY - fromY);
      context.clip();
      context.beginPath();
      for (let at = Math.floor((fromX - toY) / 7) * 7; at < toX - fromY; at += 7) {
        context.moveTo(at + fromY, fromY);
        context.lineTo(at + toY, toY);
      }
      context.stroke();
      context.restore();
    }
  }

  label({ top: above }, [job, left, right, top, bottom]) {
    if (this.chosen && !this.chosen[job]) return;
    const { context, scale, data: { jobs } } = this, use = jobs.use[job];
    const from = Math.max(0, left / scale), to = Math.min(this.right - this.left, right / scale), text = this.words.label(job);
    if (to - from < 26 || context.measureText(text).width > to - from - 8) return;
    const [r, g, b] = this.colours.shades[use][jobs.id[job] % 5];
    context.fillStyle = r * 0.3 + g * 0.59 + b * 0.11 > 140 ? "#10181f" : "#fff";
    const middle = (Math.max(0, top) + Math.min((this.panelAt(above).bottom - above) * scale, bottom)) / 2 / scale;
    // A container's name stands in its corner: the middle is for the jobs inside.
    Object.assign(context, { textAlign: "left", textBaseline: "middle" });
    context.fillText(text, this.left + from + 5, above + (use === 3 ? bottom / scale - 9 : middle));
  }

  coreAxis({ index, top, bottom }) {
    const { context, left, right, colours: { inks } } = this, [low, high] = this.cores[index], perNode = this.head.clusters[index][2];
    const up = (bottom - top) / (high - low), y = core => top + (high - core) * up, rows = perNode * up;
    context.strokeStyle = inks.rule;
    context.lineWidth = 1;
    context.beginPath();
    const line = core => { context.moveTo(left, Math.round(y(core)) + .5); context.lineTo(right, Math.round(y(core)) + .5); };
    if (rows >= 5) for (let node = Math.ceil(low / perNode); node * perNode <= high; node++) line(node * perNode);
    context.stroke();
    context.fillStyle = inks.faint;
    Object.assign(context, { textAlign: "right", textBaseline: "middle" });
    if (up >= 18) {
      for (let core = Math.floor(low); core < high; core++) {
        context.fillText(String(core), left - 7, (Math.max(top, y(core + 1)) + Math.min(bottom, y(core))) / 2);
      }
      return;
    }
    if (perNode > 1 && rows >= 16) {
      for (let node = Math.floor(low / perNode); node * perNode < high; node++) {
        const middle = (Math.max(top, y((node + 1) * perNode)) + Math.min(bottom, y(node * perNode))) / 2;
        context.fillText(`node ${node}`, left - 7, middle);
      }
      return;
    }
    const step = [1, 2, 5].flatMap(n => [n, n * 10, n * 100, n * 1e3, n * 1e4, n * 1e5, n * 1e6]).sort((a, b) => a - b).find(step => step * up >= 34) ?? high;
    for (let core = Math.ceil(low / step) * step; core <= high; core += step) {
      context.fillText(String(core), left - 7, ganttWithin(y(core), top + 5, bottom - 5));
    }
  }

  timeAxis() {
    const { context, left, right, colours: { inks } } = this, bottom = this.panels.at(-1).bottom, across = (right - left) / (this.to - this.from);
    Object.assign(context, { textAlign: "center", textBaseline: "top", strokeStyle: inks.faint });
    context.beginPath();
    context.moveTo(left, bottom + .5);
    context.lineTo(right, bottom + .5);
    context.fillStyle = inks.faint;
    let free = 0;
    for (const [time, label] of this.words.ticks(this.from, this.to, Math.max(2, Math.floor((right - left) / (this.head.calendar === null ? 72 : 92))))) {
      const x = Math.round(left + (time - this.from) * across), half = context.measureText(label).width / 2;
      context.moveTo(x + .5, bottom);
      context.lineTo(x + .5, bottom + 5);
      const middle = ganttWithin(x, half + 2, this.wide - half - 2);
      if (middle - half < free) continue;
      context.fillText(label, middle, bottom + 9);
      free = middle + half + 8;
    }
    context.stroke();
    context.fillStyle = inks.ink;
    context.fillText(this.head.calendar === null ? "time since the start" : "date (local time)", (left + right) / 2, bottom + 27);
  }
}
