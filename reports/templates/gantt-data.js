// Reads the jobs that lie in the page: Base64 of deflated parts, each with its length before it (seven bits a
// byte, the lowest first). First a head in JSON, then the columns that it names. Must not know how they look.

/** A column of numbers; with `difference`, each is counted from the one before, small ones of either sign small. */
function ganttColumn(part, rows, difference) {
  const column = new Float64Array(rows);
  let at = 0, sum = 0;
  for (let row = 0; row < rows; row++) {
    let value = part[at++];
    if (value > 127) {
      let byte = value, factor = 128;
      for (value &= 127; byte > 127; factor *= 128) {
        byte = part[at++];
        value += (byte & 127) * factor;
      }
    }
    if (difference) value = sum += value % 2 ? -(value + 1) / 2 : value / 2;
    column[row] = value;
  }
  return column;
}

async function ganttInflate(text) {
  const letters = atob(text), bytes = new Uint8Array(letters.length);
  for (let at = 0; at < bytes.length; at++) bytes[at] = letters.charCodeAt(at);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Returns `{head, jobs, nodes}`: of jobs and nodes an array for each column, and of jobs what `ganttUse` says. */
async function ganttData(text) {
  const all = await ganttInflate(text), read = new TextDecoder();
  let at = 0;
  const part = () => {
    let length = 0, factor = 1, byte;
    do {
      byte = all[at++];
      length += (byte & 127) * factor;
      factor *= 128;
    } while (byte > 127);
    return all.subarray(at, at += length);
  };
  const head = JSON.parse(read.decode(part()));
  const columns = (names, rows, differences) => {
    const entries = names.map((name, index) => [name, ganttColumn(part(), rows, index < differences)]);
    return Object.fromEntries(entries);
  };
  const jobs = columns(head.job, head.jobs, 2);
  const names = part();
  jobs.texts = ganttNames(names, jobs.name, read);
  ganttCores(jobs, part(), part(), part());
  Object.assign(jobs, { end: new Float64Array(head.jobs), use: new Uint8Array(head.jobs) });
  for (let job = 0; job < head.jobs; job++) {
    jobs.use[job] = ganttUse(jobs, job);
    jobs.end[job] = ganttState(jobs, job) === GANTT_RUNNING ? Math.max(jobs.start[job], head.to) : jobs.start[job] + jobs.run[job];
  }
  const nodes = columns(head.node, head.nodes, 1);
  return { head, jobs, nodes };
}

/** Returns a function that tells a job's name, if it has one. */
function ganttNames(bytes, lengths, read) {
  if (!bytes.length) return () => "";
  const ends = new Uint32Array(lengths.length + 1);
  lengths.forEach((length, job) => ends[job + 1] = ends[job] + length);
  return job => read.decode(bytes.subarray(ends[job], ends[job + 1]));
}

/** Adds the stretches of cores: those of a job are `at[job]` to `at[job + 1]`, from `low` to before `high`. */
function ganttCores(jobs, counts, gaps, more) {
  const count = ganttColumn(counts, jobs.start.length), at = new Uint32Array(count.length + 1);
  for (let job = 0; job < count.length; job++) at[job + 1] = at[job] + count[job];
  const all = at[count.length], low = ganttColumn(gaps, all), high = ganttColumn(more, all);
  jobs.cores = new Float64Array(count.length);
  for (let job = 0; job < count.length; job++) {
    for (let end = 0, index = at[job]; index < at[job + 1]; index++) {
      low[index] += end;
      end = high[index] += low[index] + 1;
      jobs.cores[job] += end - low[index];
    }
  }
  Object.assign(jobs, { at, low, high });
}

// What `kind` packs: on whose behalf, how it ended, why it was killed, whether others run inside of it.
const GANTT_OWNER = 0, GANTT_RUNNING = 0, GANTT_WELL = 1, GANTT_KILLED = 4;
const ganttKind = (jobs, job) => jobs.kind[job] % 4;
const ganttState = (jobs, job) => (jobs.kind[job] >> 2) % 8;
const ganttKill = (jobs, job) => (jobs.kind[job] >> 5) % 4;
const ganttContainer = (jobs, job) => jobs.kind[job] >= 128;

// The states of nodes in the order of their numbers: their names, which their colours have, too, and what is said.
const GANTT_LOOKS = ["up", "broken", "halted", "draining", "absent"];
const GANTT_STATES = ["up", "broken", "switched off", "about to leave", "not there"];

/** The number in a range that is nearest to `value`. */
const ganttWithin = (value, low, high) => Math.min(Math.max(value, low), high);

/** How a job looks: 0 an owner's, 1 harvest, 2 lost, 3 a container. */
function ganttUse(jobs, job) {
  if (ganttContainer(jobs, job)) return 3;
  if (ganttKind(jobs, job) === GANTT_OWNER) return 0;
  return ganttState(jobs, job) <= GANTT_WELL ? 1 : 2;
}
