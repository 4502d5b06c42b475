//! A third resource manager: its jobs are lines of a file. It stands behind the port beside OAR, so that what the
//! worker owes to the port is told from what it owes to OAR. All that the worker is tested for is here:
//!
//! | failure (rows of `worker.rs`, and its files) | over lines |
//! |---|---|
//! | one answer in many makes no sense | `faults`: `half_a_list_ends_no_job` |
//! | a page in the place of an answer, once or twice | OAR's: the web server before it writes it; the site asks again |
//! | a submission breaks: nothing, a part, all of it recorded, or over already | `faults`: `a_submission_that_broke_...` (three), `a_submission_of_which_a_part_...` |
//! | a submission is answered by half, never, by a proxy | `faults`: `half_an_answer_...`, `silence_...` (two), `whoever_stands_before_...` |
//! | numbers of an array that are not printed, or have gaps | OAR's: its command prints them; here `TakenUnseen`, in every test whose jobs are fewer or more |
//! | an array of which a part is seen is placed by indices | OAR's: its lists leave them out; `numbers` places by what jobs say |
//! | refused for now, for good, to this user | `faults`: `a_refusal_...` (two) |
//! | which answers mean what, in which words | OAR's: statuses and texts of its API |
//! | one failure puts a cluster out of order, until somebody restarts it | `faults`: `a_cluster_out_of_order_...`, `a_list_that_is_not_to_be_had_...` |
//! | filters and texts that do harm are not sent | OAR's: SQL and shells; a site says so by `Failure::Unsendable` |
//! | nobody listens | below: `a_cluster_that_cannot_be_reached_...` |
//! | not safe under concurrency | by the port: `Site::ask` borrows the site for as long as it answers |
//! | jobs start late | `faults`: `a_job_that_starts_later_...` |
//! | nodes are away, and the site knows | below: `a_submission_whose_failure_is_explained_...`, `what_was_sent_ahead_...`; how it knows is OAR's |
//! | a list leaves out, is late, brings back | `faults`: `a_job_that_lists_leave_out_...`, `a_stale_list_...`, `a_submission_that_lands_late_...` |
//! | jobs that lists leave out are asked for singly, in turn | OAR's: its lists hide jobs; a site tells by `Details::unasked` |
//! | kills, told twice | `faults`: `a_job_that_was_killed_ends_once`; events beside a state are OAR's |
//! | clocks that are set, leases, exit code 68 | all of `clocks` |
//! | a server that dates jobs by its last commit | OAR's; `Question::Ended` lets a site tell too many |
//! | copies that the cluster makes by itself | `faults`: `a_copy_by_the_cluster_...`; `bounds`: `a_copy_that_is_seen_...`, `a_job_that_could_not_be_launched_...` |
//! | an answer, or a list, without end | `bounds`: `an_answer_without_end_...`, `a_list_without_end_...`; how many requests a site sends is OAR's |
//! | a clock that is not known | `bounds`: `nothing_is_sent_where_...` |
//! | a job that cannot be read | `bounds`: `one_job_that_makes_no_sense_...`; `numbers`: `a_job_that_cannot_be_read_...` |
//! | jobs that name no task, another, or one twice | all of `numbers` |
//! | a user who is taken for somebody else, tokens, deletions that are refused | all of `identity` |
//! | deletions of which nobody knows, of whole arrays | `faults`: `a_deletion_...`, `an_array_of_which_nobody_stays_...` |
//! | jobs of others under names and numbers like ours | all of `orphans` |
//! | words of a server for people | bounded and harmless by their type, `gleaner_core::server_message` |

mod file;
mod manager;
mod site;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{SystemTime, UNIX_EPOCH};

use gleaner_core::fact::{ClusterFault, Refusal};
use gleaner_core::ids::RemoteJobId;
use gleaner_core::time::Timestamp;
use gleaner_runtime::daemon::workers::start_with;
use gleaner_runtime::order::WorkerStart;
use gleaner_runtime::secrets::vault::Vault;
use gleaner_runtime::sites::job::Job;
use gleaner_runtime::sites::manager::Manager;
use gleaner_runtime::sites::port::Open;
use tokio::runtime::Runtime;

use self::file::File;
use self::manager::LinesManager;
use super::fake::{Deletes, DeletionRequest, Fake, Sent, Then, Wrong, over};
use super::{Bench, NOW, accepted, back, bench_through, lost, refused, submission, unknown};

/// The cluster whose jobs are lines.
pub(crate) struct Lines {
    machine: Arc<Machine>,
}

/// What the workers of one cluster talk to.
#[derive(Debug)]
struct Machine {
    _folder: tempfile::TempDir,
    file: File,
    state: Mutex<FakeState>,
}

/// How the cluster is, beside its jobs.
#[derive(Debug)]
struct FakeState {
    clock: Clock,
    /// Jobs that are made of a submission; none: one of each line.
    jobs: Option<usize>,
    then: Then,
    wrong: VecDeque<Wrong>,
    endless: bool,
    owner: Option<&'static str>,
    who: Option<fn(&str) -> String>,
    asked: Vec<String>,
    deletes: Deletes,
    deleted: Vec<DeletionRequest>,
    sent: Vec<Sent>,
}

/// What its clock shows.
#[derive(Clone, Copy, Debug)]
enum Clock {
    /// Nothing.
    Hidden,
    /// This, until somebody sets it.
    Stands(i64),
    /// The time of this machine: then jobs start and end, a step whenever they are listed.
    Goes,
}

impl FakeState {
    fn clock(&self) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(match self.clock {
            Clock::Hidden => return None,
            Clock::Stands(shows_s) => shows_s,
            Clock::Goes => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
                i64::try_from(since.as_secs()).expect("not for ever after")
            }
        }))
    }
}

impl Machine {
    fn state(&self) -> MutexGuard<'_, FakeState> {
        self.state.lock().expect("no test has panicked with it")
    }
}

impl Lines {
    /// One whose clock goes, and that runs what it is sent.
    pub(crate) fn that_runs() -> Lines {
        let lines = Lines::new();
        let mut state = lines.machine.state();
        (state.clock, state.jobs) = (Clock::Goes, None);
        drop(state);
        lines
    }

    /// The next submission is answered so, and those behind it as they should be.
    pub(crate) fn answers_next(&self, then: Then) {
        self.machine.state().then = then;
    }

    /// All its jobs.
    pub(crate) fn jobs(&self) -> Vec<Job> {
        let lines = self.machine.file.read().into_iter();
        lines.map(|line| line.job.expect("no line is spoilt")).collect()
    }

    /// Leads workers to it.
    pub(crate) fn open(&self, vault: &Arc<Vault>) -> Open {
        let (manager, vault) = (LinesManager(Arc::clone(&self.machine)), Arc::clone(vault));
        Arc::new(move |config| manager.open(config, Arc::clone(&vault)))
    }
}

impl Fake for Lines {
    fn new() -> Lines {
        let folder = tempfile::tempdir().expect("a folder");
        let file = File::new(&folder.path().join("jobs"));
        let state = Mutex::new(FakeState {
            clock: Clock::Stands(NOW),
            jobs: Some(0),
            then: Then::Answers,
            wrong: VecDeque::new(),
            endless: false,
            owner: None,
            who: None,
            asked: Vec::new(),
            deletes: Deletes::Well,
            deleted: Vec::new(),
            sent: Vec::new(),
        });
        Lines { machine: Arc::new(Machine { _folder: folder, file, state }) }
    }

    fn bench_known(&self, known: &str, now_s: i64, begin: WorkerStart) -> Bench {
        // No dialect is spoken, and nobody is at that address.
        let known = format!("dialect = \"oar3\"\n{known}");
        let runtime = Runtime::new().expect("a runtime");
        let machine = Arc::clone(&self.machine);
        bench_through(&known, runtime, "http://127.0.0.1:9/", now_s, begin, |place| {
            let open = Lines { machine }.open(&place.vault);
            drop(start_with(place, open));
        })
    }

    fn clock(&self, shows_s: Option<i64>) {
        self.machine.state().clock = shows_s.map_or(Clock::Hidden, Clock::Stands);
    }

    fn takes(&self, jobs: usize, then: Then) {
        let mut state = self.machine.state();
        (state.jobs, state.then) = (Some(jobs), then);
    }

    fn sent(&self) -> Vec<Sent> {
        self.machine.state().sent.clone()
    }

    fn fails(&self, times: usize, how: Wrong) {
        self.machine.state().wrong.extend(std::iter::repeat_n(how, times));
    }

    fn endless(&self, endless: bool) {
        self.machine.state().endless = endless;
    }

    fn shows_all(&self, jobs: Vec<Job>) {
        self.machine.file.write(&jobs);
    }

    fn garbles(&self, job: u64) {
        self.machine.file.spoil(RemoteJobId(job));
    }

    fn owner(&self, login: &'static str) {
        self.machine.state().owner = Some(login);
    }

    fn knows(&self, who: Option<fn(&str) -> String>) {
        self.machine.state().who = who;
    }

    fn asked_who(&self) -> Vec<String> {
        self.machine.state().asked.clone()
    }

    fn deletes(&self, how: Deletes) {
        self.machine.state().deletes = how;
    }

    fn deleted(&self) -> Vec<DeletionRequest> {
        std::mem::take(&mut self.machine.state().deleted)
    }
}

over!(
    lines,
    Lines: a_cluster_that_cannot_be_reached_is_sent_nothing,
    a_submission_whose_failure_is_explained_is_no_longer_in_doubt,
    what_was_sent_ahead_is_followed_and_the_rest_is_free_again,
);

fn a_cluster_that_cannot_be_reached_is_sent_nothing<F: Fake>() {
    let cluster = F::new();
    let bench = cluster.bench(NOW, WorkerStart::default());
    // The question for the time before the first submission, and the list.
    cluster.fails(2, Wrong::Unheard);
    bench.send(submission(2));
    let lost = lost(ClusterFault::ConnectionRefused);
    assert_eq!(bench.look(), [lost, refused(Refusal::Unreachable)]);
    assert_eq!(bench.look(), [back()]);
    assert_eq!(cluster.sent(), []);
}

fn a_submission_whose_failure_is_explained_is_no_longer_in_doubt<F: Fake>() {
    let cluster = F::new();
    cluster.takes(0, Then::BreaksFor(Refusal::NotNow));
    let bench = cluster.bench(NOW, WorkerStart::default());
    bench.send(submission(3));
    assert_eq!(bench.look(), [unknown(), refused(Refusal::NotNow)]);
    assert_eq!(bench.look(), [], "told once");
    cluster.takes(3, Then::BreaksFor(Refusal::NotNow));
    bench.send(submission(3));
    let taken = accepted(&[200, 201, 202]);
    assert_eq!(bench.look(), [unknown(), taken], "unless its jobs are there");
}

fn what_was_sent_ahead_is_followed_and_the_rest_is_free_again<F: Fake>() {
    let cluster = F::new();
    cluster.takes(1, Then::TakesFirst);
    let bench = cluster.bench(NOW, WorkerStart::default());
    bench.send(submission(3));
    assert_eq!(bench.look(), [accepted(&[100]), refused(Refusal::Busy)]);
}
