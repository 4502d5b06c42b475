// Paints jobs pixel by pixel, and so knows at once who is where: a hundred thousand in a blink. Must not know
// what is said of them.

/** For each cluster, its jobs from the lowest to the uppermost: containers, others, losses. */
function ganttOrders({ head, jobs }) {
  const layers = head.clusters.map(() => [[], [], []]);
  jobs.use.forEach((use, job) => layers[jobs.cluster[job]][[1, 1, 2, 0][use]].push(job));
  return layers.map(layers => Uint32Array.from(layers.flat()));
}

/** A cluster's part of the sheet: which job or node is at each pixel, and how much of the pixel it covers. */
class GanttPaint {
  /** `order` tells which jobs of the cluster lie upon which. */
  constructor(data, order) {
    Object.assign(this, data, { order });
  }

  /**
   * Paints the cores `low` to `high` of a cluster from `from` to `to` on `wide` x `high` pixels. Those of `chosen`
   * (one byte a job; all if null) lie above the others. Returns the jobs that have room for a label.
   */
  paint(cluster, view, wide, tall, scale, chosen) {
    if (this.wide !== wide || this.tall !== tall) {
      Object.assign(this, { wide, tall, owner: new Int32Array(wide * tall), cover: new Uint8Array(wide * tall) });
    } else {
      this.owner.fill(0);
      this.cover.fill(0);
    }
    const { jobs, nodes, head } = this, { from, to, low, high } = view;
    const across = wide / (to - from), up = tall / (high - low), perNode = head.clusters[cluster][2];
    const x = time => (time - from) * across, y = core => (high - core) * up;
    for (let node = 0; node < head.nodes; node++) {
      if (nodes.cluster[node] !== cluster) continue;
      const first = nodes.first[node] * perNode, end = first + nodes.count[node] * perNode;
      this.block(-node - 1, x(nodes.from[node]), x(nodes.from[node] + nodes.length[node]), y(end), y(first));
    }
    const labels = [], least = 2 * scale;
    for (const pass of chosen ? [0, 1] : [0]) {
      for (const job of this.order) {
        if (jobs.start[job] > to || jobs.end[job] < from) continue;
        if (chosen && chosen[job] !== pass) continue;
        const right = x(jobs.end[job]), left = jobs.use[job] === 2 ? Math.min(x(jobs.start[job]), right - least) : x(jobs.start[job]);
        const killed = jobs.use[job] !== 2 && ganttState(jobs, job) === GANTT_KILLED;
        let best = null;
        for (let at = jobs.at[job]; at < jobs.at[job + 1]; at++) {
          const top = y(jobs.high[at]), bottom = y(jobs.low[at]);
          if (bottom <= 0 || top >= tall) continue;
          this.block(job + 1, left, right, top, bottom);
          if (killed) this.mark(job, right, top, bottom, least);
          if (!best || bottom - top > best[3] - best[2]) best = [left, right, top, bottom];
        }
        if (best && best[1] - best[0] > 24 * scale && best[3] - best[2] > 12 * scale) labels.push([job, ...best]);
      }
    }
    return labels;
  }

  /** Fills a rectangle; what is thinner than a pixel covers it in part and gives way to what covers more. */
  block(owner, left, right, top, bottom) {
    let fromX = Math.max(0, Math.round(left)), toX = Math.min(this.wide, Math.round(right));
    let fromY = Math.max(0, Math.round(top)), toY = Math.min(this.tall, Math.round(bottom)), part = 1;
    if (toX <= fromX) {
      if (right < 0 || left >= this.wide) return;
      part = Math.min(1, right - left);
      fromX = Math.min(this.wide - 1, Math.max(0, Math.floor(left)));
      toX = fromX + 1;
    }
    if (toY <= fromY) {
      part *= Math.min(1, bottom - top);
      fromY = Math.min(this.tall - 1, Math.max(0, Math.floor(top)));
      toY = fromY + 1;
    }
    const thin = part < 1, { owner: owners, cover, wide } = this;
    const roomy = owner > 0 && toX - fromX > 4 && toY - fromY > 4;
    for (let y = fromY; y < toY; y++) {
      for (let at = y * wide + fromX, end = y * wide + toX; at < end; at++) {
        if (thin) {
          const before = owners[at] > 0 ? cover[at] : 0;
          if (before < 128) owners[at] = owner;
          cover[at] = Math.min(255, Math.max(64, before + 255 * part));
        } else {
          owners[at] = owner;
          cover[at] = 255;
        }
      }
      // A paler edge tells neighbours apart.
      if (roomy) cover[y * wide + toX - 1] = 170;
    }
    if (roomy) cover.fill(170, (toY - 1) * wide + fromX, (toY - 1) * wide + toX);
  }

  /** Marks the end of a killed job: what covers nothing at all stands for that. */
  mark(job, right, top, bottom, least) {
    const toX = Math.min(this.wide, Math.max(1, Math.round(right))), fromX = Math.max(0, toX - least);
    const fromY = Math.max(0, Math.floor(top)), toY = Math.min(this.tall, Math.ceil(bottom));
    for (let y = fromY; y < toY; y++) {
      this.owner.fill(job + 1, y * this.wide + fromX, y * this.wide + toX);
      this.cover.fill(0, y * this.wide + fromX, y * this.wide + toX);
    }
  }

  /** Turns what was painted into colours; what is not `chosen` fades. */
  colours(image, colours, scale, chosen) {
    const pixels = new Uint32Array(image.data.buffer), { owner, cover, nodes, wide } = this;
    const step = Math.round(7 * scale), line = Math.max(1, Math.round(scale));
    for (let at = 0; at < pixels.length; at++) {
      const who = owner[at];
      if (who > 0) {
        let colour = colours.jobs[who - 1], opaque = cover[at];
        if (opaque === 0) [colour, opaque] = [colours.killed, 255];
        if (chosen && !chosen[who - 1]) opaque = opaque >> 3;
        pixels[at] = colour | opaque << 24;
      } else if (who < 0) {
        const x = at % wide, y = (at - x) / wide, look = colours.nodes[nodes.state[-who - 1]];
        const lined = look.rising && (x + y) % step < line || look.falling && (x - y + step * 4096) % step < line;
        pixels[at] = (lined ? look.lines : look.ground) | (chosen ? 100 : 255) << 24;
      } else pixels[at] = 0;
    }
  }

  /** Returns the job (from 1) or node (below 0) nearest to a pixel, as far as `reach` from it; 0 for none. */
  find(x, y, reach) {
    let node = 0;
    for (let ring = 0; ring <= reach; ring++) {
      for (let dy = -ring; dy <= ring; dy++) {
        for (let dx = -ring; dx <= ring; dx += Math.abs(dy) === ring ? 1 : 2 * ring || 1) {
          if (x + dx < 0 || x + dx >= this.wide || y + dy < 0 || y + dy >= this.tall) continue;
          const who = this.owner[(y + dy) * this.wide + x + dx];
          if (who > 0) return who;
          if (ring === 0) node = who;
        }
      }
    }
    return node;
  }
}
