// Says what is known of jobs, nodes and times, in words. Must not know where they are drawn.

const GANTT_STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 259200,
  345600, 604800, 1209600, 2419200, 4838400, 7862400, 15724800, 31536000];

class GanttWords {
  constructor(data) {
    Object.assign(this, data);
    this.byName = { user: this.head.users, queue: this.head.queues, campaign: this.head.campaigns };
  }

  count(number) {
    return Math.round(number).toLocaleString("en").replaceAll(",", "\u202f");
  }

  plural(number, word) {
    return `${this.count(number)} ${word}${number === 1 ? "" : "s"}`;
  }

  /** A length of time, with one unit or two. */
  length(ms) {
    const s = Math.round(ms / 1000), two = number => String(number).padStart(2, "0");
    if (s >= 86400) return `${Math.floor(s / 86400)} d ${Math.floor(s % 86400 / 3600)} h`;
    if (s >= 3600) return `${Math.floor(s / 3600)} h ${two(Math.floor(s % 3600 / 60))} min`;
    if (s >= 60) return `${Math.floor(s / 60)} min ${two(s % 60)} s`;
    return `${ms < 10000 ? ms / 1000 : s} s`;
  }

  /** A moment: a date where the calendar is known, else the time since the start, as on a clock. */
  moment(ms) {
    if (this.head.calendar !== null) return this.date(ms).slice(0, 19).replace("T", " ");
    const s = Math.round(Math.abs(ms) / 1000), days = Math.floor(s / 86400);
    const clock = [s / 3600 % 24, s / 60 % 60, s % 60].map(part => String(Math.floor(part)).padStart(2, "0")).join(":");
    return `${ms < 0 ? "\u2212" : ""}${days ? `day ${days}, ` : ""}${clock}`;
  }

  date(ms) {
    const date = new Date(ms + this.head.calendar);
    return isNaN(date) ? "                   " : date.toISOString();
  }

  /** Round times between two, `most` or fewer of them, with their labels. */
  ticks(from, to, most) {
    const calendar = this.head.calendar ?? 0, length = (to - from) / 1000;
    const step = GANTT_STEPS_S.find(step => length / step <= most) ?? Math.ceil(length / most / 31536000) * 31536000;
    const ticks = [];
    let at = Math.ceil((from + calendar) / step / 1000) * step * 1000 - calendar;
    for (; at <= to && ticks.length <= most; at += step * 1000) ticks.push([at, this.tick(at, step)]);
    return ticks;
  }

  tick(ms, step) {
    if (this.head.calendar !== null) {
      const date = this.date(ms);
      if (step >= 86400) return date.slice(0, 10);
      return step >= 60 ? date.slice(5, 16).replace("T", " ") : date.slice(11, 19);
    }
    const s = Math.round(ms / 1000), part = (number, unit) => number ? `${number} ${unit}` : "";
    if (step >= 86400) return `day ${s / 86400}`;
    if (s >= 86400) return step >= 60 ? this.moment(ms).slice(0, -3) : this.moment(ms);
    const parts = [part(Math.trunc(s / 3600), "h"), part(Math.trunc(s / 60) % 60, "min"), part(s % 60, "s")];
    return parts.filter(text => text).join(" ") || "0";
  }

  /** The name of a user, queue or campaign of a job; empty if there is none. */
  of(what, job) {
    return this.byName[what][this.jobs[what][job] - 1] ?? "";
  }

  /** What a job is called within its block. */
  label(job) {
    return this.jobs.texts(job) || String(this.jobs.id[job]);
  }

  title(job) {
    const name = this.jobs.texts(job);
    return `Job ${this.jobs.id[job]}${name && name !== String(this.jobs.id[job]) ? ` \u201c${name}\u201d` : ""}`;
  }

  standing(job) {
    const whose = ["an owner\u2019s job", "a campaign\u2019s best-effort job", "a campaign\u2019s job"][ganttKind(this.jobs, job)];
    return whose + (ganttContainer(this.jobs, job) ? ", a container for others" : "");
  }

  /** How a job ended. */
  end(job) {
    const { jobs, head } = this;
    switch (ganttState(jobs, job)) {
      case GANTT_RUNNING: return `still running at the end of the chart, since ${this.length(head.to - jobs.start[job])}`;
      case GANTT_WELL: return `${this.length(jobs.run[job])}, ended well`;
      case 2: return `${this.length(jobs.run[job])}, failed`;
      case 3: return `${this.length(jobs.run[job])}, then it had reached the time it asked for`;
      case GANTT_KILLED: return `${this.length(jobs.run[job])}, then killed: ` +
        ["somebody deleted it", "an owner\u2019s job took its cores", "a node failed", "somebody deleted it"][ganttKill(jobs, job)];
      default: return this.length(jobs.run[job]);
    }
  }

  whichNodes(job) {
    const { jobs, head } = this, perNode = head.clusters[jobs.cluster[job]][2], nodes = [];
    for (let at = jobs.at[job]; at < jobs.at[job + 1]; at++) {
      const first = Math.floor(jobs.low[at] / perNode), last = Math.floor((jobs.high[at] - 1) / perNode);
      if (nodes.length && nodes.at(-1)[1] >= first - 1) nodes.at(-1)[1] = last;
      else nodes.push([first, last]);
    }
    const texts = nodes.slice(0, 6).map(([first, last]) => first === last ? first : `${first}\u2013${last}`);
    const many = nodes.length > 1 || nodes[0]?.[0] !== nodes[0]?.[1];
    return `${many ? "nodes" : "node"} ${texts.join(", ")}${nodes.length > 6 ? ", \u2026" : ""}`;
  }

  /** What a card says of a job: pairs of a word and what is to be said. */
  job(job) {
    const { jobs, head } = this, lines = [];
    const add = (word, text) => text && lines.push([word, text]);
    add("", this.standing(job));
    add("user", this.of("user", job));
    add("queue", this.of("queue", job));
    add("campaign", this.of("campaign", job) + (jobs.task[job] ? `, task ${jobs.task[job] - 1}` : ""));
    const where = head.clusters.length > 1 ? ` of ${head.clusters[jobs.cluster[job]][0]}` : "";
    add("cores", `${this.count(jobs.cores[job])} on ${this.whichNodes(job)}${where}`);
    add("ran", this.end(job));
    add("asked for", jobs.walltime[job] ? this.length(jobs.walltime[job] - 1) : "");
    add("submitted", this.moment(jobs.start[job] - jobs.wait[job]));
    add("started", this.moment(jobs.start[job]));
    add("waited", jobs.wait[job] ? this.length(jobs.wait[job]) : "not at all");
    add("why", this.why(job));
    add("overtook", jobs.overtook[job] ? this.plural(jobs.overtook[job], "job") : "");
    return lines;
  }

  /** What held a job for most of its wait: the word, and what it means. */
  why(job) {
    const [word, meaning] = this.head.causes[this.jobs.why[job] - 1] ?? ["", ""];
    return meaning ? `${word}. ${meaning}` : word;
  }

  /** What a card says of a node that is not up. */
  node(span) {
    const { nodes } = this, first = nodes.first[span], last = first + nodes.count[span] - 1;
    return {
      title: first === last ? `Node ${first}` : `Nodes ${first}\u2013${last}`,
      lines: [["", GANTT_STATES[nodes.state[span]]], ["from", this.moment(nodes.from[span])], ["for", this.length(nodes.length[span])]],
    };
  }
}
