//! A world in which a test says, line by line, what happens. Knows the scheduler by its public face only.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use gleaner_core::config::CoreUnits;
use gleaner_core::config::{ClusterSpec, OnFailure, Rules, SchedulerConfig};
use gleaner_core::decision::{Action, Command, Decision, Work};
use gleaner_core::fact::{Fact, Outcome, Refusal};
use gleaner_core::ids::{CampaignId, ClusterId, CommandId, EventId, RemoteJobId};
use gleaner_core::jdl::params::Parameters;
use gleaner_core::jdl::resources::Language;
use gleaner_core::jdl::{self, JdlContext};
use gleaner_core::observation::Observation;
use gleaner_core::policy::injection;
use gleaner_core::report::text::Names;
use gleaner_core::scheduler::Scheduler;
use gleaner_core::server_message::ServerMessage;
use gleaner_core::snapshot::ClusterSnapshot;
use gleaner_core::time::{Duration, Timestamp};

/// Calls everything by the core's own numbers.
struct Numbers;

impl Names for Numbers {}

/// A language of no resource manager: `slots=4`, or `nodes=2`.
pub(crate) static LANGUAGE: Language = Language {
    least: "slots=1",
    expected: "slots, such as `slots=2`",
    macros: &[("{JOB_ID}", "$JOB_ID")],
    cores: |text, units| match text.split_once('=')? {
        ("slots", count) => count.parse().ok(),
        ("nodes", count) => count.parse::<u32>().ok()?.checked_mul(units.node),
        _ => None,
    },
};

/// Makes the clusters c1, c2 and so on, all with one policy.
pub(crate) fn clusters(count: usize, policy: &str) -> Vec<ClusterSpec> {
    let spec = |number| {
        ClusterSpec::new(format!("c{number}"), CoreUnits::flat(1), policy.parse().unwrap())
    };
    (1..=count).map(spec).collect()
}

/// The fact that a campaign was submitted, with its JDL.
pub(crate) fn submitted(scheduler: &Scheduler, id: u32, user: &str, jdl: &str) -> Fact {
    let context = JdlContext::new(&scheduler.config().clusters, &LANGUAGE);
    let spec = jdl::parse(jdl.as_bytes(), &context).unwrap().into_spec().unwrap();
    Fact::CampaignSubmitted { campaign: CampaignId(id), user: user.into(), spec: Arc::new(spec) }
}

/// The smallest JDL of `tasks` tasks for some clusters, with more keys for all of them.
pub(crate) fn jdl(tasks: u32, clusters: &str, more: &str) -> String {
    let clusters: Vec<_> = clusters.split(',').map(|name| format!("\"{name}\": {{}}")).collect();
    let clusters = clusters.join(", ");
    format!(
        r#"{{"name": "n", "exec_file": "run", "nb_jobs": {tasks}, {more} "clusters": {{{clusters}}}}}"#
    )
}

/// What a command asked for and how far its jobs are, as the test knows it.
pub(crate) struct World {
    pub(crate) scheduler: Scheduler,
    observation: Observation,
    pub(crate) decision: Decision,
    facts: Vec<Fact>,
    /// Submissions not answered yet.
    pub(crate) open: BTreeMap<CommandId, (ClusterId, Vec<String>)>,
    /// Jobs by cluster and id, with what they do.
    pub(crate) jobs: BTreeMap<(ClusterId, RemoteJobId), String>,
    next_job: u64,
    pub(crate) text: String,
}

/// Runs a script and returns what it printed. Its first line may name a policy.
pub(crate) fn play(script: &str) -> String {
    let mut lines = script.lines().map(str::trim).peekable();
    let mut policy = "tap";
    let mut on_failure = OnFailure::Block;
    let mut resubmits = None;
    let mut rules = Rules::Shared;
    while let Some((key, value)) = lines.peek().and_then(|line| line.split_once(": ")) {
        match key {
            "policy" => policy = value,
            "resubmits" => resubmits = Some(value.parse().unwrap()),
            "rules" if value == "in order" => rules = Rules::InOrder,
            "on failure" if value == "ignore" => on_failure = OnFailure::Ignore,
            "on failure" => {
                let max = value.strip_prefix("retry ").unwrap().parse().unwrap();
                on_failure = OnFailure::Retry { max };
            }
            _ => break,
        }
        lines.next();
    }
    let mut config = SchedulerConfig::new(clusters(3, policy));
    (config.on_failure, config.rules) = (on_failure, rules);
    config.resubmits_max = resubmits.unwrap_or(config.resubmits_max);
    let mut world = World::with(config);
    for line in lines.filter(|line| !line.is_empty()) {
        world.line(line);
    }
    world.text
}

impl World {
    pub(crate) fn new(count: usize, policy: &str, on_failure: OnFailure) -> World {
        let mut config = SchedulerConfig::new(clusters(count, policy));
        config.on_failure = on_failure;
        World::with(config)
    }

    fn with(config: SchedulerConfig) -> World {
        World {
            scheduler: Scheduler::new(config, &injection::standard()).unwrap(),
            observation: Observation::new(),
            decision: Decision::new(),
            facts: Vec::new(),
            open: BTreeMap::new(),
            jobs: BTreeMap::new(),
            next_job: 1,
            text: String::new(),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.observation.now
    }

    /// The facts for the next cycle.
    pub(crate) fn facts(&self) -> &[Fact] {
        &self.facts
    }

    pub(crate) fn tell(&mut self, fact: Fact) {
        self.facts.push(fact);
    }

    /// One line of a script: a word, then what it needs.
    pub(crate) fn line(&mut self, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let number = |at: usize| words[at].parse::<u32>().unwrap();
        let cluster = |at: usize| cluster(words[at]);
        let campaign = || CampaignId(number(1));
        match words[0] {
            // submit ID USER CLUSTERS TASKS [more JDL keys]
            "submit" => {
                let more = words[5..].join(" ");
                let jdl = jdl(number(4), words[3], &more);
                let fact = submitted(&self.scheduler, number(1), words[2], &jdl);
                self.tell(fact);
            }
            "hold" => self.tell(Fact::CampaignHeld { campaign: campaign() }),
            "resume" => self.tell(Fact::CampaignResumed { campaign: campaign() }),
            "cancel" => self.tell(Fact::CampaignCancelled { campaign: campaign() }),
            // add ID FIRST TASKS
            "add" => {
                let parameters = Arc::new(Parameters::count(u64::from(number(3))).unwrap());
                self.tell(Fact::JobsAdded { campaign: campaign(), first: number(2), parameters });
            }
            // lost CLUSTER [fault]
            "lost" => {
                let fault = words.get(2).copied().unwrap_or("timeout");
                let fault = serde_json::from_value(fault.into()).unwrap();
                self.tell(Fact::ClusterLost { cluster: cluster(1), fault });
            }
            "disable" => self.tell(Fact::ClusterDisabled { cluster: cluster(1) }),
            // drop CAMPAIGN.TASK
            "drop" => self.tell(Fact::TaskCancelled { task: words[1].parse().unwrap() }),
            // replace CLUSTER JOB COPY
            "replace" => {
                let (cluster, job) = (cluster(1), RemoteJobId(number(2).into()));
                let copy = RemoteJobId(number(3).into());
                if let Some(work) = self.jobs.remove(&(cluster, job)) {
                    self.jobs.insert((cluster, copy), work);
                }
                self.tell(Fact::JobReplaced { cluster, job, copy });
            }
            // found CLUSTER JOB CAMPAIGN
            "found" => {
                let (cluster, campaign) = (cluster(1), CampaignId(number(3)));
                let job = RemoteJobId(number(2).into());
                self.tell(Fact::JobFound { cluster, job, campaign });
            }
            // undeleted CLUSTER REASON JOB...
            "undeleted" => {
                let reason = serde_json::from_value(words[2].into()).unwrap();
                let jobs = words[3..].iter().map(|job| RemoteJobId(job.parse().unwrap())).collect();
                self.tell(Fact::DeletionRefused {
                    cluster: cluster(1),
                    jobs,
                    reason,
                    words: ServerMessage::default(),
                });
            }
            "events" => self.print_events(),
            "back" => self.tell(Fact::ClusterBack { cluster: cluster(1) }),
            "stressed" => self.tell(Fact::ClusterStressed { cluster: cluster(1) }),
            "relaxed" => self.tell(Fact::ClusterRelaxed { cluster: cluster(1) }),
            // rank USER CLUSTER PRIORITY
            "rank" => {
                let (user, priority) = (words[1].into(), words[3].parse().unwrap());
                self.tell(Fact::UserPriority { user, cluster: cluster(2), priority });
            }
            // fix EVENT [retry]
            "fix" => {
                let event = EventId(number(1).into());
                self.tell(Fact::EventFixed { event, retry: words.get(2) == Some(&"retry") });
            }
            // cores CLUSTER CORES [cores in use [cores that our jobs use]]
            "cores" => {
                let (cluster, cores) = (cluster(1), number(2));
                let mut snapshot = ClusterSnapshot::empty(cluster, self.now(), cores);
                snapshot.everybody.running_cores = words.get(3).map_or(0, |_| number(3));
                snapshot.ours.running_cores = words.get(4).map_or(0, |_| number(4));
                self.observation.clusters.push(snapshot);
            }
            "accept" => self.accept(cluster(1)),
            "refuse" => self.answer(cluster(1), words.get(2).copied().unwrap_or("busy")),
            "unknown" | "expire" => self.answer(cluster(1), words[0]),
            // leave CLUSTER PLACES, as in `1,3`
            "leave" => self.leave_out(cluster(1), words[2]),
            // wait|start|unclear|end|... CLUSTER JOBS [exit code], JOBS being `all` or `3,5`
            "wait" | "start" | "unclear" | "exit" | "kill" | "walltime" | "delete" | "signal"
            | "nodir" | "vanish" | "stray" | "garbled" => {
                self.job_facts(&words);
            }
            // cycle [seconds since the last]
            "cycle" => self.cycle(words.get(1).map_or(15, |seconds| seconds.parse().unwrap())),
            "pairs" => self.print_pairs(),
            "reasons" => self.print_reasons(),
            "counts" => self.print_counts(),
            "explain" => {
                let explanation = self.scheduler.explain(words[1].parse().unwrap()).unwrap();
                writeln!(self.text, "{explanation}").unwrap();
            }
            "wake" => writeln!(self.text, "wake {}", self.decision.wake.latest).unwrap(),
            other => panic!("no such line: {other}"),
        }
    }

    pub(crate) fn accept(&mut self, at: ClusterId) {
        let found = self.open.iter().find(|(_, (cluster, _))| *cluster == at);
        let Some((&command, _)) = found else {
            return writeln!(self.text, "  nothing to accept on c{}", at.0 + 1).unwrap();
        };
        let (_, works) = self.open.remove(&command).unwrap();
        let mut jobs = Vec::new();
        for work in works {
            let job = RemoteJobId(self.next_job);
            self.next_job += 1;
            self.jobs.insert((at, job), work);
            jobs.push(job);
        }
        self.tell(Fact::CommandAccepted { command, jobs });
    }

    /// Answers the last submission to a cluster: the only one that may have no answer at all.
    fn answer(&mut self, at: ClusterId, answer: &str) {
        let found = self.open.iter().rev().find(|(_, (cluster, _))| *cluster == at);
        let Some((&command, _)) = found else {
            return writeln!(self.text, "  nothing to answer on c{}", at.0 + 1).unwrap();
        };
        let refusal = |reason| Fact::refused(command, reason);
        let fact = match answer {
            "unknown" => Fact::CommandUnknown { command },
            "expire" => Fact::CommandExpired { command },
            "busy" => refusal(Refusal::Busy),
            "later" => refusal(Refusal::NotNow),
            "wrong" => refusal(Refusal::BadRequest),
            "large" => refusal(Refusal::TooLarge),
            "denied" => refusal(Refusal::NotAllowed),
            "tokenless" => refusal(Refusal::NoToken),
            "loginless" => refusal(Refusal::NoLogin),
            "unreachable" => refusal(Refusal::Unreachable),
            other => panic!("no such answer: {other}"),
        };
        if answer != "unknown" {
            self.open.remove(&command);
        }
        self.tell(fact);
    }

    /// The jobs at these places of the open submission, from 1, are left out of it.
    fn leave_out(&mut self, at: ClusterId, places: &str) {
        let found = self.open.iter_mut().find(|(_, (cluster, _))| *cluster == at);
        let (&command, _) = found.expect("a submission is open");
        for place in places.split(',') {
            let place = place.parse::<u32>().unwrap() - 1;
            self.facts.push(Fact::JobLeftOut { command, place });
        }
    }

    fn job_facts(&mut self, words: &[&str]) {
        let (cluster, at) = (cluster(words[1]), self.now());
        let all: Vec<RemoteJobId> =
            self.jobs.keys().filter(|(at, _)| *at == cluster).map(|(_, job)| *job).collect();
        let jobs: Vec<RemoteJobId> = match words[2] {
            "all" => all,
            list => list.split(',').map(|job| RemoteJobId(job.parse().unwrap())).collect(),
        };
        for job in jobs {
            let ended = |outcome| Fact::JobEnded { cluster, job, at, outcome };
            let fact = match words[0] {
                "wait" => Fact::JobWaiting { cluster, job },
                "start" => Fact::JobStarted { cluster, job, at },
                "unclear" => Fact::JobUnclear { cluster, job },
                "exit" => ended(Outcome::Exited(words[3].parse().unwrap())),
                "kill" => ended(Outcome::KilledBestEffort),
                "walltime" => ended(Outcome::KilledWalltime),
                "signal" => ended(Outcome::Signalled(words[3].parse().unwrap())),
                "nodir" => ended(Outcome::WorkingDirectory),
                "vanish" => ended(Outcome::Unknown),
                "stray" => ended(Outcome::OtherTask),
                "garbled" => ended(Outcome::Unreadable),
                _ => ended(Outcome::Deleted),
            };
            if matches!(fact, Fact::JobEnded { .. }) {
                self.jobs.remove(&(cluster, job));
            }
            self.tell(fact);
        }
    }

    /// Runs a cycle, checks the invariants, and prints commands and notices.
    pub(crate) fn cycle(&mut self, seconds: u64) {
        self.quiet_cycle(seconds);
        writeln!(self.text, "[{}]", self.observation.now).unwrap();
        for command in &self.decision.commands {
            writeln!(self.text, "  {}", command_text(command)).unwrap();
        }
        for notice in &self.decision.report.notices {
            writeln!(self.text, "  - {notice}").unwrap();
        }
    }

    /// Runs a cycle and checks the invariants.
    pub(crate) fn quiet_cycle(&mut self, seconds: u64) {
        self.observation.now = self.observation.now + Duration::from_seconds(seconds);
        self.observation.facts = std::mem::take(&mut self.facts);
        self.scheduler.step(&self.observation, &mut self.decision);
        self.observation.clusters.clear();
        self.scheduler.check_invariants_fully().unwrap();
        for command in &self.decision.commands {
            if let Action::Submit(submission) = &command.action {
                let works = match &submission.work {
                    Work::Tasks(tasks) => tasks.iter().map(ToString::to_string).collect(),
                    Work::Prologue => vec![format!("prologue of {}", submission.campaign)],
                    Work::Epilogue => vec![format!("epilogue of {}", submission.campaign)],
                };
                self.open.insert(command.id, (command.cluster, works));
            }
        }
    }

    /// Prints the open events, blacklists included.
    fn print_events(&mut self) {
        for (id, event) in self.scheduler.open_events() {
            let cause = event.cause.text(event.cluster, &Numbers);
            let whose = match event.campaign {
                Some(campaign) => format!("campaign {campaign}"),
                None => "all".to_owned(),
            };
            writeln!(
                self.text,
                "  {id} of {whose} on c{} since {}: {cause}",
                event.cluster.0 + 1,
                event.opened_at,
            )
            .unwrap();
            if let Some(blacklist) = event.blacklist {
                writeln!(self.text, "  {blacklist} blacklist, its parent {id}").unwrap();
            }
        }
    }

    /// Prints who sits where, in the order of service, with the tasks queued or sent there.
    fn print_pairs(&mut self) {
        let clusters = (0..3).map(ClusterId);
        let pairs = clusters.flat_map(|cluster| self.scheduler.pairs(cluster));
        let pairs = pairs.map(|pair| {
            let tasks = pair.queued + pair.jobs.total();
            format!("({},c{},{tasks})", pair.campaign, pair.cluster.0 + 1)
        });
        let pairs = pairs.collect::<Vec<_>>().join(" ");
        writeln!(self.text, "{pairs}").unwrap();
    }

    fn print_reasons(&mut self) {
        for pair in &self.decision.report.pairs {
            writeln!(self.text, "  {pair}").unwrap();
        }
    }

    fn print_counts(&mut self) {
        for campaign in self.scheduler.campaigns() {
            writeln!(
                self.text,
                "campaign {} {:?}: {}",
                campaign.campaign,
                campaign.state,
                counts(&campaign)
            )
            .unwrap();
        }
    }
}

/// The counts of a campaign that are not zero.
pub(crate) fn counts(campaign: &gleaner_core::scheduler::progress::CampaignProgress) -> String {
    use gleaner_core::ledger::task_state::TaskState;
    let states = [
        ("pending", TaskState::Pending),
        ("queued", TaskState::Queued),
        ("live", TaskState::Live),
        ("blocked", TaskState::Blocked),
        ("done", TaskState::Done),
        ("failed", TaskState::Failed),
        ("cancelled", TaskState::Cancelled),
    ];
    let counts = states.iter().map(|(name, state)| (name, campaign.tasks.of(*state)));
    let counts = counts.filter(|(_, count)| *count > 0);
    counts.map(|(name, count)| format!("{count} {name}")).collect::<Vec<_>>().join(", ")
}

fn cluster(name: &str) -> ClusterId {
    let number: u16 = name.strip_prefix('c').unwrap().parse().unwrap();
    ClusterId(number - 1)
}

fn command_text(command: &Command) -> String {
    let cluster = command.cluster.0 + 1;
    match &command.action {
        Action::Cancel { jobs } => {
            let jobs: Vec<_> = jobs.iter().map(|unwanted| unwanted.job.to_string()).collect();
            format!("c{cluster}: delete {}", jobs.join(" "))
        }
        Action::Submit(submission) => {
            let kind = submission.kind;
            let work = match &submission.work {
                Work::Tasks(tasks) => ranges(tasks.iter().map(|task| task.index)),
                Work::Prologue => "prologue".into(),
                Work::Epilogue => "epilogue".into(),
            };
            format!("c{cluster}: submit {kind:?} {} {work}", submission.campaign)
        }
    }
}

/// Writes 3 4 5 9 as `3-5 9`.
fn ranges(indexes: impl Iterator<Item = u32>) -> String {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for index in indexes {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == index => *last = index,
            _ => runs.push((index, index)),
        }
    }
    let runs =
        runs.iter().map(
            |(first, last)| {
                if first == last { first.to_string() } else { format!("{first}-{last}") }
            },
        );
    runs.collect::<Vec<_>>().join(" ")
}
