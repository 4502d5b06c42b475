// Which jobs are looked at: by a click in the legend or on a card, or by a search. Must not know the drawing.

function ganttTag(name, className, ...children) {
  const tag = document.createElement(name);
  tag.className = className;
  tag.append(...children);
  return tag;
}

function ganttButton(text, title, act) {
  const button = ganttTag("button", "", text);
  Object.assign(button, { type: "button", title });
  button.addEventListener("click", act);
  return button;
}

class GanttChoice {
  /** `changed` is called with a byte for each job, or with null for all. */
  constructor(data, words, changed) {
    Object.assign(this, { jobs: data.jobs, head: data.head, data, words, changed, chosen: null });
    this.line = ganttTag("p", "gantt-chosen");
    this.line.setAttribute("role", "status");
    this.field = ganttTag("input", "");
    Object.assign(this.field, { type: "search", placeholder: "job, user, campaign \u2026" });
    this.field.setAttribute("aria-label", "find a job, user, queue or campaign");
    this.list = ganttTag("div", "gantt-found");
    this.field.addEventListener("input", () => this.suggest());
    this.field.addEventListener("keydown", event => event.key === "Enter" && this.list.querySelector("button")?.click());
    this.say();
  }

  /** Shows the jobs for which `test` holds, the others faded. */
  choose(text, test) {
    const { jobs } = this, count = jobs.start.length, chosen = new Uint8Array(count);
    let number = 0, coreMs = 0, killed = 0;
    for (let job = 0; job < count; job++) {
      if (!test(job)) continue;
      chosen[job] = 1;
      number++;
      coreMs += jobs.cores[job] * (jobs.end[job] - jobs.start[job]);
      killed += ganttState(jobs, job) === GANTT_KILLED;
    }
    this.chosen = chosen;
    const hours = coreMs / 3600000, said = hours < 10 ? hours.toFixed(1) : this.words.count(hours);
    const more = [this.words.plural(number, "job"), `${said} core hours`, ...killed ? [`${this.words.count(killed)} killed`] : []];
    this.say(ganttTag("b", "", text), `: ${more.join(", ")}`);
    this.changed(chosen);
  }

  clear() {
    this.chosen = null;
    this.say();
    this.changed(null);
  }

  say(...texts) {
    if (texts.length) return this.line.replaceChildren(...texts, " ", ganttButton("show all", "Escape", () => this.clear()));
    const { leftOut, leftOutKilled, jobs } = this.head, { words } = this;
    const all = words.count(jobs + leftOut), kills = leftOutKilled ? `, and ${words.count(leftOutKilled)} killed ones do not` : "";
    this.line.textContent = leftOut
      ? `The ${words.count(jobs)} largest of ${all} jobs answer to the pointer${kills}; the pale picture below them shows all.`
      : `${words.plural(jobs, "job")}. Click on one, or on the legend, to see which belong together.`;
  }

  /** Shows all jobs that have the same user, queue or campaign. */
  same(what, number) {
    const column = this.jobs[what];
    this.choose(`${what} ${this.words.byName[what][number - 1]}`, job => column[job] === number);
  }

  node(cluster, node) {
    const { jobs, head } = this, perNode = head.clusters[cluster][2], low = node * perNode, high = low + perNode;
    const where = head.clusters.length > 1 ? ` of ${head.clusters[cluster][0]}` : "";
    this.choose(`node ${node}${where}`, job => {
      if (jobs.cluster[job] !== cluster) return false;
      for (let at = jobs.at[job]; at < jobs.at[job + 1]; at++) if (jobs.low[at] < high && jobs.high[at] > low) return true;
      return false;
    });
  }

  /** What a card offers for a job at a node. */
  links(job, node) {
    const { jobs, words } = this, links = [];
    for (const what of ["user", "queue", "campaign"]) {
      const number = jobs[what][job];
      if (number) links.push(ganttButton(`${what} ${words.of(what, job)}`, "show its jobs", () => this.same(what, number)));
    }
    if (node !== null) links.push(ganttButton(`node ${node}`, "show its jobs", () => this.node(jobs.cluster[job], node)));
    return links;
  }

  suggest() {
    const text = this.field.value.trim().toLowerCase(), { jobs, words } = this, found = [];
    const offer = (label, act) => found.push(ganttButton(label, "", () => {
      act();
      this.field.value = "";
      this.list.replaceChildren();
    }));
    if (/^\d+$/.test(text) && jobs.id.includes(Number(text))) {
      offer(`job ${text}`, () => this.choose(`job ${text}`, job => jobs.id[job] === Number(text)));
    }
    for (const what of text ? ["user", "campaign", "queue"] : []) {
      const fits = words.byName[what].map((name, index) => [name, index + 1]).filter(([name]) => name.toLowerCase().includes(text));
      // The shortest name is nearest to what was typed.
      fits.sort(([a], [b]) => a.length - b.length);
      for (const [name, number] of fits.slice(0, 5)) offer(`${what} ${name}`, () => this.same(what, number));
    }
    const named = job => words.jobs.texts(job).toLowerCase().includes(text);
    if (text.length > 1 && jobs.name.some((length, job) => length && named(job))) {
      offer(`jobs named \u201c${text}\u201d`, () => this.choose(`jobs named \u201c${text}\u201d`, named));
    }
    this.list.replaceChildren(...found.length || !text ? found : [ganttTag("span", "", "nothing has that number or name")]);
  }

  /** The legend: a click shows only the jobs of a kind. */
  legend() {
    const { jobs, data } = this, counts = [0, 0, 0, 0];
    jobs.use.forEach(use => counts[use]++);
    const looks = ["owners", "harvest", "lost", "container"], names = ["owners", "harvested", "killed or failed", "containers"];
    const lost = job => jobs.use[job] === 2 || ganttState(jobs, job) === GANTT_KILLED;
    counts[2] = jobs.start.reduce((sum, _, job) => sum + lost(job), 0);
    const entry = (look, text) => [ganttTag("i", `gantt-swatch ${look}`), text];
    const chips = looks.map((look, use) => {
      const test = use === 2 ? lost : job => jobs.use[job] === use;
      const chip = ganttButton("", "show only these", () => this.choose(names[use], test));
      chip.append(...entry(look, `${names[use]} ${this.words.count(counts[use])}`));
      return chip;
    }).filter((_, use) => counts[use]);
    GANTT_LOOKS.forEach((look, state) => {
      if (data.nodes.state.includes(state)) chips.push(ganttTag("span", "", ...entry(look, GANTT_STATES[state])));
    });
    return ganttTag("div", "gantt-legend", ...chips);
  }
}
