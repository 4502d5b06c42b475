//! The file behind the port: what each question is answered by, and how answers fail.

use std::sync::Arc;

use gleaner_core::fact::{ClusterFault, Outcome, Refusal};
use gleaner_core::ids::RemoteJobId;
use gleaner_core::time::Timestamp;
use gleaner_runtime::command::line::MARK;
use gleaner_runtime::command::opening;
use gleaner_runtime::config::{Auth, ClusterConfig};
use gleaner_runtime::order::{BatchWork, TokenOwner};
use gleaner_runtime::secrets::vault::Vault;
use gleaner_runtime::sites::answer::{
    Answer, Capacity, ClockReading, Deletion, FileEnd, Refused, Stress, Submission,
    SubmissionOutcome,
};
use gleaner_runtime::sites::failure::Failure;
use gleaner_runtime::sites::job::{ArrayId, Details, Job, JobState, Listed, Row};
use gleaner_runtime::sites::port::{AnswerFuture, DeletionTarget, Question, Request, Site};

use super::file::Line;
use super::{Clock, FakeState, Machine};
use crate::worker::fake::{Deletes, DeletionRequest, Sent, Then, Wrong};

/// Cores that the cluster has.
const CORES: u32 = 4;

/// A cluster as the worker talks to it.
pub(super) struct LinesSite {
    pub(super) machine: Arc<Machine>,
    pub(super) config: ClusterConfig,
    pub(super) vault: Arc<Vault>,
}

impl Site for LinesSite {
    fn ask(&mut self, question: Question) -> AnswerFuture<'_> {
        let answer = self.answer(question);
        Box::pin(std::future::ready(answer))
    }
}

impl LinesSite {
    fn answer(&mut self, question: Question) -> Result<Answer, Failure> {
        let machine = Arc::clone(&self.machine);
        let mut state = machine.state();
        let submits = matches!(question, Question::Submit(_));
        let asks_nobody = matches!(question, Question::KnownBy { .. });
        if let Some(wrong) = (!submits && !asks_nobody).then(|| state.wrong.pop_front()).flatten() {
            return Err(wrong.failure());
        }
        Ok(match question {
            Question::Time => Answer::Time(match state.clock() {
                Some(time) => ClockReading::Shown(time),
                None => ClockReading::Hidden(ClusterFault::BadAnswers),
            }),
            Question::Stress => {
                Answer::Stress(state.clock().map(|at| Stress { value: Some(0.0), at }))
            }
            Question::Living | Question::Ended { .. } if state.endless => {
                return Err(Wrong::TooLong.failure());
            }
            Question::Living => {
                if let Clock::Goes = state.clock {
                    self.go_on(&state);
                }
                Answer::Listed(self.living())
            }
            Question::Ended { login, since } => Answer::Rows(Some(self.ended(&login, since))),
            Question::Array(array) => Answer::Rows(Some(self.array(array))),
            Question::Jobs(jobs) => Answer::Details(self.details(&jobs)),
            Question::Alone(job) => Answer::Job(self.alone(job)?),
            Question::Told(_) => Answer::Told(None),
            Question::File { .. } => Answer::File(FileEnd::Missing),
            Question::Resources { .. } => {
                Answer::Resources(Some(Capacity { cores: CORES, resources: None }))
            }
            Question::KnownBy { user, .. } => Answer::Known(self.known_by(&user)),
            Question::WhoIs { user } => {
                let by = self.known_by(&user).ok_or_else(|| Failure::NoToken((*user).into()))?;
                Answer::Who(state.who_is(&by))
            }
            Question::Whose { token } => Answer::Who(state.who_is(token.reveal())),
            Question::Submit(request) => {
                let outcome = self.submit(&request, &mut state);
                Answer::Submitted(Submission { outcome, capacity: None })
            }
            Question::Delete { user, target, .. } => {
                if self.known_by(&user).is_none() {
                    return Err(Failure::NoToken((*user).into()));
                }
                Answer::Deleted(self.delete(target, &mut state))
            }
        })
    }

    /// A user's token where tokens are used, else the login.
    fn known_by(&self, user: &str) -> Option<String> {
        match self.config.auth {
            Auth::Jwt => {
                let token = self.vault.token(user, &self.config.name).ok().flatten();
                token.map(|token| token.reveal().to_owned())
            }
            _ => self.config.login(user).map(str::to_owned),
        }
    }

    fn living(&self) -> Listed {
        let lives = |line: &Line| line.row.state != JobState::Over;
        let lines = self.machine.file.read().into_iter();
        let rows = lines.filter(lives).map(|line| line.row).collect();
        // Numbers do grow; but nothing shall rest on what only OAR promises.
        Listed { rows, in_order: false, ..Listed::default() }
    }

    /// What runs has run, what waits starts as far as there are cores, and what is to die is gone.
    fn go_on(&self, state: &FakeState) {
        let now = state.clock();
        let mut free = CORES;
        let lines = self.machine.file.read().into_iter();
        let step = |job: Job| match job.state {
            JobState::Running => {
                let ended = Some(Outcome::Exited(0));
                Some(Job { state: JobState::Over, stopped_at: now, ended, ..job })
            }
            JobState::Dying => {
                let ended = Some(Outcome::Deleted);
                Some(Job { state: JobState::Over, stopped_at: now, ended, ..job })
            }
            JobState::Waiting if free > 0 => {
                free -= 1;
                Some(Job { state: JobState::Running, started_at: now, ..job })
            }
            _ => None,
        };
        let stepped: Vec<Job> = lines.filter_map(|line| line.job.ok()).filter_map(step).collect();
        self.machine.file.write(&stepped);
    }

    fn ended(&self, login: &str, since: Timestamp) -> Vec<Row> {
        let ended = |line: &Line| {
            let stopped = line.job.as_ref().ok().and_then(|job| job.stopped_at);
            line.row.state == JobState::Over && stopped.is_none_or(|at| at >= since)
        };
        let lines = self.machine.file.read().into_iter();
        lines.filter(|line| line.row.owner == login && ended(line)).map(|line| line.row).collect()
    }

    fn array(&self, array: ArrayId) -> Vec<Row> {
        let lines = self.machine.file.read().into_iter();
        lines.filter(|line| line.array == Some(array)).map(|line| line.row).collect()
    }

    fn details(&self, jobs: &[RemoteJobId]) -> Details {
        let mut details = Details::default();
        for line in self.machine.file.read() {
            let number = line.row.job;
            if !jobs.contains(&number) {
                continue;
            }
            match line.job {
                Ok(job) => drop(details.jobs.insert(number, job)),
                Err(why) => {
                    details.unasked.insert(number);
                    details.unreadable.insert(number, why);
                }
            }
        }
        details
    }

    fn alone(&self, job: RemoteJobId) -> Result<Option<Box<Job>>, Failure> {
        let lines = self.machine.file.read().into_iter();
        let line = lines.map(|line| (line.row.job, line.job)).find(|(number, _)| *number == job);
        let found = line.map(|(_, job)| job.map(Box::new)).transpose();
        found.map_err(|why| Failure::Unreadable(why.into()))
    }

    fn submit(&self, request: &Request, state: &mut FakeState) -> SubmissionOutcome {
        let Request { batch, lines, lease, .. } = request;
        let opening = opening(batch.campaign, *lease);
        let texts: Vec<String> = lines.iter().flatten().cloned().collect();
        state.sent.push(Sent { opening: opening.clone(), lines: texts.clone() });
        let array = 100 * state.sent.len() as u64;
        let time = state.clock().expect("nothing is sent where no time is told");
        let owner = state.owner.or(self.config.login(&batch.user)).expect("its user has a login");
        // A cluster may make more jobs of a submission than it has lines.
        let wanted = state.jobs.unwrap_or(texts.len());
        let mut jobs = Vec::new();
        for (place, text) in
            (0..wanted as u64).zip(texts.iter().chain(std::iter::repeat(&texts[0])))
        {
            let command = match &batch.work {
                BatchWork::Tasks(_) => format!("{opening} {MARK} {text}"),
                BatchWork::Script(script) => format!("{opening}\n{script}"),
            };
            jobs.push(Job {
                job: RemoteJobId(array + place),
                name: Some(batch.name.clone()),
                owner: owner.to_owned(),
                state: JobState::Waiting,
                array: ArrayId(array),
                index: u32::try_from(place + 1).ok(),
                command: Some(command),
                submitted_at: time,
                started_at: None,
                stopped_at: None,
                ..crate::worker::fake::job(array + place)
            });
        }
        self.machine.file.write(&jobs);
        let sent = lines.len();
        let unclear = |failure| SubmissionOutcome::Unclear { sent, explained: None, failure };
        let then = state.then;
        if let Clock::Goes = state.clock {
            state.then = Then::Answers;
        }
        match then {
            Then::Answers if wanted == texts.len() => {
                let mut jobs = (array..).map(RemoteJobId);
                let job = |line: &Option<String>| line.as_ref().and_then(|_| jobs.next());
                SubmissionOutcome::Taken(
                    lines.iter().map(job).map(|job| job.unwrap_or(RemoteJobId::NONE)).collect(),
                )
            }
            Then::Answers => SubmissionOutcome::TakenUnseen(sent),
            Then::Breaks => unclear(None),
            Then::IsCut => unclear(Some(Wrong::Cut.failure())),
            Then::IsSilent => unclear(Some(Failure::Unanswered(ClusterFault::Timeout))),
            Then::IsAway => unclear(Some(Failure::Odd(ClusterFault::OutOfOrder))),
            Then::BreaksFor(reason) => {
                let explained = Some(Refused::new(reason, words(reason)));
                SubmissionOutcome::Unclear { sent, explained, failure: None }
            }
            Then::TakesFirst => SubmissionOutcome::Taken(vec![RemoteJobId(array)]),
            Then::Refuses(reason) => {
                SubmissionOutcome::Refused(Refused::new(reason, words(reason)))
            }
        }
    }

    /// Jobs are gone a moment later.
    fn delete(&self, target: DeletionTarget, state: &mut FakeState) -> Deletion {
        let dies = |line: &Line| match target {
            DeletionTarget::Job(job) => line.row.job == job,
            DeletionTarget::Array(array) => line.array == Some(array),
        };
        state.deleted.push(match target {
            DeletionTarget::Job(job) => DeletionRequest::Job(job.0),
            DeletionTarget::Array(array) => DeletionRequest::Array(array.0),
        });
        match state.deletes {
            Deletes::Unclear => return Deletion::Unclear(None),
            Deletes::NotYours => return Deletion::NotYours("it is not yours".to_owned()),
            Deletes::NotAllowed => return Deletion::NotAllowed("you may not".to_owned()),
            Deletes::Well => {}
        }
        let lines = self.machine.file.read().into_iter().filter(dies);
        let lives =
            lines.filter_map(|line| line.job.ok()).filter(|job| job.state != JobState::Over);
        let dying: Vec<Job> = lives.map(|job| Job { state: JobState::Dying, ..job }).collect();
        self.machine.file.write(&dying);
        Deletion::Done
    }
}

/// What the cluster says when it refuses.
fn words(reason: Refusal) -> &'static str {
    match reason {
        Refusal::NotNow => "not now",
        _ => "never",
    }
}

impl Wrong {
    fn failure(self) -> Failure {
        match self {
            Wrong::OutOfOrder => Failure::Odd(ClusterFault::OutOfOrder),
            Wrong::Unheard => Failure::NotSent(ClusterFault::ConnectionRefused),
            Wrong::Cut => Failure::Unreadable("the file ends in the middle of a line".into()),
            Wrong::TooLong => Failure::TooMuch("the file has too many lines".into()),
        }
    }
}

impl FakeState {
    fn who_is(&mut self, by: &str) -> TokenOwner {
        let Some(who) = self.who else { return TokenOwner::Unknown };
        self.asked.push(by.to_owned());
        match who(by) {
            login if login.is_empty() => TokenOwner::Nobody,
            login => TokenOwner::Login(login),
        }
    }
}
