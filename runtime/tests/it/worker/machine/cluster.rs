//! A cluster that is a few fields, and who turns a worker for it by hand. Schedules nothing.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use gleaner_core::fact::{ClusterFault, Fact};
use gleaner_core::ids::RemoteJobId;
use gleaner_core::policy::injection;
use gleaner_core::time::Timestamp;
use gleaner_runtime::config_file::read::parse_config;
use gleaner_runtime::order::{Order, Submissions, ToWorker, WorkerStart};
use gleaner_runtime::sites::answer::{
    Answer, Capacity, ClockReading, Deletion, FileEnd, Submission, SubmissionOutcome,
};
use gleaner_runtime::sites::failure::Failure;
use gleaner_runtime::sites::job::{Details, Job, JobState, Listed, Row};
use gleaner_runtime::sites::port::{Question, Request};
use gleaner_runtime::worker::machine::{Machine, Report, Time, Want};

use crate::worker::fake;
use crate::worker::orphans::Known;
use crate::worker::{CLUSTER, NAME, NOW, without_words};

/// What a cluster answers.
pub(super) struct Cluster {
    /// Its clock.
    pub(super) there_s: i64,
    pub(super) living: Vec<Row>,
    pub(super) in_order: bool,
    pub(super) details: Vec<Job>,
    /// Jobs that have no turn when details are asked for.
    pub(super) unasked: BTreeSet<RemoteJobId>,
    /// What becomes of submissions.
    pub(super) outcomes: VecDeque<Result<Submission, Failure>>,
    /// Failures in the place of the list of living jobs.
    pub(super) lists: VecDeque<Failure>,
    /// It answers nothing, for this reason.
    pub(super) away: Option<ClusterFault>,
    /// Submissions so far, and the last.
    pub(super) sent: usize,
    pub(super) request: Option<Request>,
}

impl Cluster {
    /// Lets a job live that is at this place of its array.
    pub(super) fn lives(&mut self, job: u64, index: u32) {
        self.living.push(row(job));
        let command = fake::did(job, &format!("{index}; run")).command;
        let (started_at, stopped_at, cores) = (None, None, None);
        let index = Some(index);
        let job = fake::job(job);
        self.details.push(Job { index, command, started_at, stopped_at, cores, ..job });
    }

    fn answer(&mut self, question: Question) -> Result<Answer, Failure> {
        if let Some(fault) = self.away {
            return Err(Failure::Unanswered(fault));
        }
        Ok(match question {
            Question::Time => {
                Answer::Time(ClockReading::Shown(Timestamp::from_seconds(self.there_s)))
            }
            Question::Living => match self.lists.pop_front() {
                Some(failure) => return Err(failure),
                None => Answer::Listed(Listed {
                    rows: self.living.clone(),
                    unread: Vec::new(),
                    in_order: self.in_order,
                }),
            },
            Question::Ended { .. } | Question::Array(_) => Answer::Rows(Some(Vec::new())),
            Question::Jobs(jobs) => {
                let known = self.details.iter().filter(|job| jobs.contains(&job.job));
                let jobs = known.map(|job| (job.job, job.clone())).collect();
                let unasked = self.unasked.clone();
                Answer::Details(Details { jobs, unasked, ..Details::default() })
            }
            Question::Alone(_) => Answer::Job(None),
            Question::Told(_) => Answer::Told(None),
            Question::File { .. } => Answer::File(FileEnd::Missing),
            Question::Resources { .. } => {
                Answer::Resources(Some(Capacity { cores: 8, resources: None }))
            }
            Question::Stress => Answer::Stress(None),
            Question::KnownBy { user, .. } => Answer::Known(Some(user.to_string())),
            Question::WhoIs { .. } | Question::Whose { .. } => {
                Answer::Who(gleaner_runtime::order::TokenOwner::Unknown)
            }
            Question::Submit(request) => {
                self.sent += 1;
                self.request = Some((*request).clone());
                Answer::Submitted(
                    self.outcomes.pop_front().expect("it was said what becomes of it")?,
                )
            }
            Question::Delete { .. } => Answer::Deleted(Deletion::Done),
        })
    }
}

/// A living job of ours that waits.
pub(super) fn row(job: u64) -> Row {
    let (name, owner) = (Some(NAME.to_owned()), "alice".to_owned());
    Row { job: RemoteJobId(job), name, owner, state: JobState::Waiting }
}

pub(super) fn answer_to_submission(outcome: SubmissionOutcome) -> Submission {
    Submission { outcome, capacity: None }
}

/// A worker that is turned by hand.
pub(super) struct Hand {
    pub(super) machine: Machine,
    pub(super) cluster: Cluster,
    pub(super) time: Time,
    /// Questions so far.
    pub(super) asked: usize,
    /// How often it told that it has looked.
    pub(super) looked: usize,
    /// What was sent where cannot be told.
    pub(super) forgetful: bool,
}

impl Hand {
    /// A worker that has had its first look at an empty cluster.
    pub(super) fn begin(start: WorkerStart) -> Hand {
        let empty = start.jobs.is_empty();
        let mut hand = Hand::new(start, false);
        if empty {
            assert_eq!(hand.rest(), []);
        }
        hand
    }

    /// One that has done nothing yet.
    pub(super) fn new(start: WorkerStart, by_hand: bool) -> Hand {
        let text = "[[cluster]]\nname = \"c\"\napi_url = \"http://nowhere/\"\ndialect = \"oar3\"\nauth = \"none\"\n";
        let config = parse_config("g.toml".as_ref(), text, &|_| None, &injection::standard())
            .expect("settings");
        let cluster = Cluster {
            there_s: NOW,
            living: Vec::new(),
            in_order: true,
            details: Vec::new(),
            unasked: BTreeSet::new(),
            outcomes: VecDeque::new(),
            lists: VecDeque::new(),
            away: None,
            sent: 0,
            request: None,
        };
        let time = Time { now: Timestamp::from_seconds(NOW), ran: Duration::ZERO };
        let machine = Machine::new(CLUSTER, config.clusters[0].clone(), start, by_hand);
        Hand { machine, cluster, time, asked: 0, looked: 0, forgetful: false }
    }

    /// Lets time pass.
    pub(super) fn pass(&mut self, span: Duration) {
        self.time.ran += span;
        self.time.now =
            Timestamp::from_seconds(NOW + i64::try_from(self.time.ran.as_secs()).expect("a span"));
    }

    pub(super) fn send(&mut self, order: Order) {
        self.machine.tell(ToWorker::Order(order));
    }

    pub(super) fn turn(&mut self) -> Want {
        self.machine.turn(self.time)
    }

    /// For how long it rests, in seconds.
    pub(super) fn pause_s(&mut self) -> u64 {
        match self.turn() {
            Want::Rest { until: Some(until) } => (until - self.time.ran).as_secs(),
            other => panic!("it does not rest: {other:?}"),
        }
    }

    /// Turns it until it has nothing more to do at this time; returns what it told, without the words of refusals.
    pub(super) fn rest(&mut self) -> Vec<Fact> {
        self.rest_with(|_| {})
    }

    /// The same, and shows each question.
    pub(super) fn rest_with(&mut self, mut see: impl FnMut(&Question)) -> Vec<Fact> {
        let mut rested = false;
        loop {
            match self.turn() {
                Want::Ask(question) => {
                    self.asked += 1;
                    see(&question);
                    let answer = self.cluster.answer(question);
                    self.machine.answer(answer);
                    rested = false;
                }
                Want::Recall(command) => self.machine.recalled(match self.forgetful {
                    true => Err("the disk is gone".into()),
                    false => Known.sent(command),
                }),
                // It is turned once more after it wanted to rest: then its time may have come.
                Want::Rest { .. } if !rested => rested = true,
                Want::Rest { .. } => break,
                Want::End => panic!("it has ended"),
            }
        }
        let mut facts = Vec::new();
        for report in self.machine.reports() {
            match report {
                Report::Update(update) => facts.extend(update.facts),
                Report::Looked => self.looked += 1,
                Report::Clock(_) | Report::Resources(_) => {}
            }
        }
        facts.retain(|fact| !matches!(fact, Fact::JobWaiting { .. }));
        without_words(facts)
    }
}
