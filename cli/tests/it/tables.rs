//! The figures of a run made once more, from `series.csv` and `jobs.csv` alone.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::run::Workdir;

/// A row of `series.csv`.
#[derive(Clone, Copy)]
struct Point {
    time_s: f64,
    local_used: f64,
    besteffort_used: f64,
    free: f64,
    unavailable: f64,
}

/// A row of `jobs.csv`.
struct Job {
    state: String,
    submit_s: f64,
    start_s: Option<f64>,
    end_s: Option<f64>,
    cores: f64,
    cluster: String,
    kind: String,
    campaign: String,
    task: String,
}

/// The files of a run.
pub(crate) struct Tables {
    metrics: Value,
    series: BTreeMap<String, Vec<Point>>,
    jobs: Vec<Job>,
}

fn close(run: &str, what: &str, found: f64, expected: f64) {
    let near = (found - expected).abs() <= 1e-6 + 1e-9 * expected.abs();
    assert!(near, "{run}: {what} is {found}, the tables say {expected}");
}

impl Tables {
    /// Reads the output folder `out`.
    pub(crate) fn read(workdir: &Workdir) -> Tables {
        let metrics = serde_json::from_str(&workdir.read("out/metrics.json"))
            .expect("`metrics.json` is JSON");
        let mut series: BTreeMap<String, Vec<Point>> = BTreeMap::new();
        for line in workdir.read("out/series.csv").lines().skip(1) {
            let fields: Vec<&str> = line.split(',').collect();
            let number = |index: usize| fields[index].parse::<f64>().expect("a number");
            series.entry(fields[1].to_owned()).or_default().push(Point {
                time_s: number(0),
                local_used: number(2),
                besteffort_used: number(3),
                free: number(4),
                unavailable: number(5),
            });
        }
        let jobs = workdir.read("out/jobs.csv").lines().skip(1).map(job).collect();
        Tables { metrics, series, jobs }
    }

    /// Holds every figure that the tables tell against them.
    pub(crate) fn check(&self, run: &str) {
        let clusters = self.metrics["clusters"].as_object().expect("a table of figures");
        for (name, figures) in clusters {
            let run = format!("{run}, cluster {name}");
            self.check_core_time(&run, name, figures);
            self.check_jobs(&run, name, figures);
        }
        let grid = &self.metrics["grid"];
        for key in ["idle_core_s", "campaigns_idle_core_s", "harvested_core_s"] {
            let sum: f64 =
                clusters.values().map(|figures| figures[key].as_f64().expect("a number")).sum();
            close(run, key, grid[key].as_f64().expect("a number"), sum);
        }
        for (name, figures) in self.metrics["campaigns"].as_object().expect("a table of figures") {
            self.check_campaign(&format!("{run}, campaign {name}"), name, figures);
        }
    }

    fn grid(&self, key: &str) -> Option<f64> {
        self.metrics["grid"][key].as_f64()
    }

    /// `value` of a cluster's points over a span; before the first all cores are free.
    fn integral(
        &self,
        cluster: &str,
        span: (Option<f64>, Option<f64>),
        value: impl Fn(&Point) -> f64,
    ) -> f64 {
        let (Some(from_s), Some(to_s)) = span else { return 0.0 };
        let Some(points) = self.series.get(cluster) else { return 0.0 };
        let cores = self.cores(cluster);
        let none = Point {
            time_s: f64::NEG_INFINITY,
            local_used: 0.0,
            besteffort_used: 0.0,
            free: cores,
            unavailable: 0.0,
        };
        let all: Vec<Point> = [none].into_iter().chain(points.iter().copied()).collect();
        let ends = all.iter().skip(1).map(|point| point.time_s).chain([f64::INFINITY]);
        let within = |start_s: f64, end_s: f64| (end_s.min(to_s) - start_s.max(from_s)).max(0.0);
        all.iter().zip(ends).map(|(point, end_s)| value(point) * within(point.time_s, end_s)).sum()
    }

    fn cores(&self, cluster: &str) -> f64 {
        let point = self.series[cluster][0];
        point.local_used + point.besteffort_used + point.free + point.unavailable
    }

    fn check_core_time(&self, run: &str, name: &str, figures: &Value) {
        let Some(points) = self.series.get(name) else { return };
        let cores = self.cores(name);
        for point in points {
            let sum = point.local_used + point.besteffort_used + point.free + point.unavailable;
            assert!(sum == cores, "{run}: the cores at {} are {sum}", point.time_s);
        }
        let figure = |key: &str| figures[key].as_f64().unwrap_or(0.0);
        let horizon = (self.grid("horizon_start_s"), self.grid("horizon_end_s"));
        let capacity = self.integral(name, horizon, |_| cores);
        let idle = self.integral(name, horizon, |p| p.free + p.besteffort_used);
        let unavailable = self.integral(name, horizon, |p| p.unavailable);
        let local = self.integral(name, horizon, |p| p.local_used);
        close(run, "idle_core_s", figure("idle_core_s"), idle);
        close(run, "unavailable_core_s", figure("unavailable_core_s"), unavailable);
        let ran = figure("utilisation") * capacity;
        close(run, "utilisation", ran + figure("cleaning_core_s"), local);
        assert!((0.0..=1.0).contains(&figure("utilisation")), "{run}: {figures}");
        assert!(idle >= 0.0 && figure("cleaning_core_s") >= 0.0, "{run}: {figures}");

        let life = (self.grid("campaigns_start_s"), self.grid("campaigns_end_s"));
        let idle = self.integral(name, life, |p| p.free + p.besteffort_used);
        close(run, "campaigns_idle_core_s", figure("campaigns_idle_core_s"), idle);
        for prefix in ["", "campaigns_"] {
            let harvested = figure(&format!("{prefix}harvested_core_s"));
            let ratio = figure(&format!("{prefix}harvest_ratio"));
            close(run, "harvest ratio", ratio * figure(&format!("{prefix}idle_core_s")), harvested);
            assert!(ratio <= 1.0, "{run}: {figures}");
        }
    }

    fn check_jobs(&self, run: &str, name: &str, figures: &Value) {
        let local: Vec<&Job> =
            self.jobs.iter().filter(|job| job.cluster == name && job.kind == "local").collect();
        let count = |key: &str| figures[key].as_u64().expect("a whole number");
        let state = |state: &str, started: bool| {
            let alike = |job: &&&Job| job.state == state && job.start_s.is_some() == started;
            local.iter().filter(alike).count() as u64
        };
        let killed = count("lost_jobs") + count("preempted_jobs") + count("deleted_jobs");
        let counts = [
            (count("completed_jobs"), state("COMPLETED_SUCCESSFULLY", true)),
            (count("failed_jobs"), state("COMPLETED_FAILED", true)),
            (count("walltime_jobs"), state("COMPLETED_WALLTIME_REACHED", true)),
            (killed, state("COMPLETED_KILLED", true)),
            (count("withdrawn_jobs"), state("COMPLETED_KILLED", false)),
            (count("running_jobs"), state("RUNNING", true)),
            (count("waiting_jobs"), state("SUBMITTED", false)),
            (count("rejected_jobs"), state("REJECTED", false)),
        ];
        for (found, expected) in counts {
            assert_eq!(found, expected, "{run}: {figures}");
        }
        let sum: u64 = counts.iter().map(|(found, _)| found).sum();
        assert_eq!((sum, count("submitted_jobs")), (local.len() as u64, sum), "{run}");
        assert_eq!(count("jobs"), local.iter().filter(|job| job.end_s.is_some()).count() as u64);
        let waits: Vec<f64> =
            local.iter().filter_map(|job| Some(job.start_s? - job.submit_s)).collect();
        let mean = waits.iter().sum::<f64>() / (waits.len() as f64).max(1.0);
        close(run, "mean_wait_s", figures["mean_wait_s"].as_f64().unwrap_or(0.0), mean);
    }

    fn check_campaign(&self, run: &str, name: &str, figures: &Value) {
        let figure = |key: &str| figures[key].as_f64().expect("a number");
        let counts = ["done", "failed", "cancelled", "running", "waiting"];
        let sum: f64 = counts.into_iter().map(figure).sum();
        assert!(sum == figure("tasks"), "{run}: {figures}");
        let own = || self.jobs.iter().filter(|job| job.campaign == name);
        let tasks = |state: &'static str| {
            own().filter(|job| job.state == state && !job.task.is_empty()).count() as f64
        };
        assert!(figure("done") == tasks("COMPLETED_SUCCESSFULLY"), "{run}: {figures}");
        assert!(figure("running") == tasks("RUNNING"), "{run}: {figures}");
        let held = |job: &Job| Some((job.end_s? - job.start_s?) * job.cores);
        let ended: f64 = own().filter_map(held).sum();
        close(run, "useful + wasted", figure("useful_core_s") + figure("wasted_core_s"), ended);
        let running = own().filter(|job| job.state == "RUNNING");
        let stop_s = self.grid("campaigns_end_s").unwrap_or(0.0);
        let running: f64 =
            running.map(|job| (stop_s - job.start_s.unwrap_or(stop_s)) * job.cores).sum();
        close(run, "running_core_s", figure("running_core_s"), running);
    }
}

fn job(line: &str) -> Job {
    let fields: Vec<&str> = line.split(',').collect();
    let number = |index: usize| fields[index].parse::<f64>().ok();
    let cores = |text: &str| {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        last.parse::<f64>().expect("a number") - first.parse::<f64>().expect("a number") + 1.0
    };
    Job {
        submit_s: number(3).expect("a time of submission"),
        state: fields[7].to_owned(),
        start_s: number(8),
        end_s: number(10),
        cores: fields[14].split_whitespace().map(cores).sum(),
        cluster: fields[17].to_owned(),
        kind: fields[20].to_owned(),
        campaign: fields[21].to_owned(),
        task: fields[22].to_owned(),
    }
}
