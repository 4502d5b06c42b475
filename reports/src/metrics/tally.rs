//! The figures gathered record by record, in memory that does not grow with the number of local
//! jobs. Must not know files.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::delay::Baseline;
use crate::metrics::campaigns::{self, CampaignTally, Split};
use crate::metrics::jobs::{JobSums, Seen};
use crate::metrics::span::{Span, Steps, Within, seconds};
use crate::metrics::{ClusterMetrics, FORMAT, GridMetrics, Metrics};
use crate::record::{ClusterInfo, FinalState, JobRecord, Kind, RunEnd, RunInfo, SeriesPoint};

/// The spans that core seconds are counted in. While records come in they are what is known so far,
/// and only grow.
#[derive(Debug, Clone, Copy)]
struct Windows {
    /// From the first submission to the last end of owners' jobs on any cluster.
    horizon: Option<Span>,
    /// From the first submission of a campaign to the last end of a job of theirs.
    life: Option<Span>,
}

/// Core time of one cluster.
#[derive(Debug, Default)]
struct CoreTime {
    /// Cores that owners' jobs run on, cores that are cleaned up after them, cores that cannot be
    /// used: over the horizon.
    local: Steps,
    cleaning: Steps,
    unavailable: Steps,
    /// Cores of nodes that are not there: no part of the capacity.
    absent: Steps,
    /// All three together: over the campaigns' life.
    busy: Steps,
    /// Of best-effort jobs: useful run time, and what killed ones had held, over the horizon.
    harvested: Within,
    killed: Within,
    /// The same useful run time, whole: all of it lies within the campaigns' life.
    harvested_core_ms: i128,
}

#[derive(Debug, Default)]
struct ClusterTally {
    jobs: JobSums,
    /// First submission to last end of its local jobs so far, ends clipped to the stop.
    span: Option<Span>,
    killed_jobs: u64,
    time: CoreTime,
}

/// All figures of a run in the making.
pub(crate) struct Tally {
    clusters: Vec<ClusterTally>,
    campaigns: Vec<CampaignTally>,
    /// First submission of a campaign.
    campaigns_from_ms: Option<i64>,
    windows: Windows,
    until_ms: Option<i64>,
    /// When the run began, if nothing is known of the time before.
    begin_ms: Option<i64>,
    baseline: Option<Arc<Baseline>>,
    /// First submission and last time seen, of anything.
    seen: Option<Span>,
}

impl Tally {
    pub(crate) fn new(
        info: &RunInfo,
        until_ms: Option<i64>,
        baseline: Option<Arc<Baseline>>,
    ) -> Self {
        let mut clusters = Vec::new();
        clusters.resize_with(info.clusters.len(), ClusterTally::default);
        Self {
            clusters,
            campaigns: vec![CampaignTally::default(); info.campaigns.len()],
            campaigns_from_ms: info.campaigns.iter().map(|campaign| campaign.submit_ms).min(),
            windows: Windows { horizon: None, life: None },
            until_ms,
            begin_ms: info.begin_ms,
            baseline,
            seen: None,
        }
    }

    /// Returns the delay of a job against the baseline, in ms.
    pub(crate) fn delay_ms(&self, job: &JobRecord<'_>) -> Option<i64> {
        self.baseline.as_ref()?.delay_ms(job)
    }

    /// Returns the latest end recorded, stop or no stop.
    pub(crate) fn last_seen_ms(&self) -> Option<i64> {
        self.seen.map(|span| span.end_ms)
    }

    /// Returns the time from the first submission to the last thing seen.
    pub(crate) fn seen(&self) -> Option<Span> {
        self.seen
    }

    /// Takes a point whose cluster and cores the caller has checked.
    #[inline]
    pub(crate) fn point(&mut self, point: &SeriesPoint) {
        let Windows { horizon, life } = self.windows;
        let SeriesPoint { time_ms, local_used, cleaning, unavailable, absent, .. } = *point;
        let time = &mut self.clusters[usize::from(point.cluster)].time;
        time.local.set(time_ms, local_used - cleaning, horizon);
        time.cleaning.set(time_ms, cleaning, horizon);
        time.unavailable.set(time_ms, unavailable - absent, horizon);
        time.absent.set(time_ms, absent, horizon);
        if self.campaigns_from_ms.is_some() {
            time.busy.set(time_ms, local_used + unavailable, life);
        }
    }

    /// Takes a job whose cluster, campaign and times the caller has checked.
    pub(crate) fn job(&mut self, job: &JobRecord<'_>) {
        let until_ms = self.until_ms.unwrap_or(i64::MAX);
        if job.submit_ms > until_ms {
            return;
        }
        let last_ms = job.end_ms.or(job.start_ms).unwrap_or(job.submit_ms).min(until_ms);
        let begin_ms = self.begin_ms.unwrap_or(i64::MIN);
        let start_ms = job.submit_ms.max(begin_ms);
        let span = Span { start_ms, end_ms: last_ms.max(start_ms) };
        self.seen = Span::hull(self.seen, Some(span));
        let seen = Seen::by(job, until_ms);
        match job.kind {
            Kind::Local => self.local(job, seen, span),
            Kind::BestEffort | Kind::Grid => self.of_campaign(job, seen),
        }
    }

    fn local(&mut self, job: &JobRecord<'_>, seen: Seen, span: Span) {
        let delay_ms = self.delay_ms(job);
        let cluster = &mut self.clusters[usize::from(job.cluster)];
        cluster.jobs.count(job, seen);
        if job.state == FinalState::Rejected {
            return;
        }
        cluster.span = Span::hull(cluster.span, Some(span));
        self.windows.horizon = Span::hull(self.windows.horizon, Some(span));
        let Some(start_ms) = seen.start_ms else { return };
        let wait_ms = start_ms - job.submit_ms;
        cluster.jobs.started(wait_ms, delay_ms);
        if let Some(end_ms) = seen.end_ms {
            cluster.jobs.ended(wait_ms, end_ms - start_ms, job.cores());
        }
    }

    fn of_campaign(&mut self, job: &JobRecord<'_>, seen: Seen) {
        let times = seen.start_ms.zip(seen.end_ms);
        let split = times.map(|(start_ms, end_ms)| Split::of(job, start_ms, end_ms));
        if let Some(index) = job.campaign {
            self.campaigns[index as usize].job(job, seen, split);
            let life = self.campaigns_from_ms.zip(seen.end_ms);
            let life = life.map(|(start_ms, end_ms)| Span { start_ms, end_ms });
            self.windows.life = Span::hull(self.windows.life, life);
        }
        let (Kind::BestEffort, Some(split)) = (job.kind, split) else { return };
        let cluster = &mut self.clusters[usize::from(job.cluster)];
        let (horizon, cores) = (self.windows.horizon, job.cores());
        if split.useful.length_ms() > 0 {
            cluster.time.harvested.add(split.useful, cores, horizon);
            cluster.time.harvested_core_ms += split.useful.length_ms() * i128::from(cores);
        }
        if split.killed {
            cluster.killed_jobs += 1;
            cluster.time.killed.add(split.wasted, cores, horizon);
        }
    }

    /// Returns the figures, with all spans closed.
    pub(crate) fn finish(mut self, info: &RunInfo, end: &RunEnd) -> Metrics {
        let stop_ms = match (self.until_ms, end.until_ms) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (_, b) => b,
        };
        let last_ms = stop_ms.or(self.last_seen_ms()).unwrap_or(0);
        let outcomes = campaigns::outcomes(end, self.campaigns.len());
        let over =
            |((tally, about), outcome): ((&CampaignTally, _), _)| tally.is_over(about, outcome);
        let all_over = self.campaigns.iter().zip(&info.campaigns).zip(&outcomes).all(over);
        let life = self.life(stop_ms.filter(|_| !all_over));
        for cluster in &mut self.clusters {
            cluster.close(stop_ms, last_ms);
        }
        let owners = self.clusters.iter().fold(None, |all, cluster| Span::hull(all, cluster.span));
        let seen = self.seen.map(|seen| Span { end_ms: last_ms, ..seen });
        let windows = Windows { horizon: owners.or(life).or(seen), life };

        let mut grid = GridTally::default();
        let mut clusters = BTreeMap::new();
        for (cluster, about) in self.clusters.iter().zip(&info.clusters) {
            let figures = cluster.figures(about, windows, &mut grid);
            clusters.insert(about.name.clone(), figures);
        }
        let mut metrics = Metrics {
            format: FORMAT.to_owned(),
            clusters,
            campaigns: BTreeMap::new(),
            grid: grid.figures(info.clusters.len(), owners, windows),
        };
        let keys = info.campaign_keys();
        let mut core_ms = [0; 3];
        for (index, tally) in self.campaigns.iter().enumerate() {
            let figures = tally.figures(&info.campaigns[index], &outcomes[index], last_ms);
            campaigns::count(&mut metrics.grid, &figures);
            for (sum, part) in core_ms.iter_mut().zip(tally.core_ms(last_ms)) {
                *sum += part;
            }
            metrics.campaigns.insert(keys[index].clone(), figures);
        }
        let [useful_core_s, wasted_core_s, running_core_s] = core_ms.map(seconds);
        metrics.grid = GridMetrics { useful_core_s, wasted_core_s, running_core_s, ..metrics.grid };
        metrics
    }

    /// Returns the campaigns' life: to the last end of a job of theirs, or to the stop if that came
    /// before they were over.
    fn life(&self, stop_ms: Option<i64>) -> Option<Span> {
        let start_ms = self.campaigns_from_ms?;
        let last_end_ms = self.campaigns.iter().filter_map(CampaignTally::last_end_ms).max();
        let end_ms = stop_ms.or(last_end_ms)?;
        (end_ms >= start_ms).then_some(Span { start_ms, end_ms })
    }
}

impl ClusterTally {
    /// Ends the span of the local jobs at the stop, if there was one.
    fn close(&mut self, stop_ms: Option<i64>, last_ms: i64) {
        if self.jobs.counts.running_jobs > 0 {
            let open = Span { start_ms: last_ms, end_ms: last_ms };
            self.span = Span::hull(self.span, Some(open));
        }
        if let (Some(span), Some(stop_ms)) = (&mut self.span, stop_ms) {
            span.end_ms = stop_ms;
        }
    }

    fn figures(
        &self,
        about: &ClusterInfo,
        windows: Windows,
        grid: &mut GridTally,
    ) -> ClusterMetrics {
        let cores = about.cores;
        let Windows { horizon, life } = windows;
        let Self { jobs, time, .. } = self;
        let capacity =
            |span: Option<Span>| span.map_or(0, |span| span.length_ms() * i128::from(cores));
        let mut sums = CoreSums {
            capacity: capacity(horizon) - time.absent.core_ms(horizon),
            local: time.local.core_ms(horizon),
            cleaning: time.cleaning.core_ms(horizon),
            unavailable: time.unavailable.core_ms(horizon),
            harvested: time.harvested.core_ms(horizon),
            killed: time.killed.core_ms(horizon),
            life_idle: capacity(life) - time.busy.core_ms(life),
            life_harvested: time.harvested_core_ms,
            ..CoreSums::default()
        };
        sums.idle = sums.capacity - sums.local - sums.cleaning - sums.unavailable;
        grid.cores += u64::from(cores);
        grid.killed_jobs += self.killed_jobs;
        grid.time.add(&sums);
        grid.jobs.merge(jobs);
        let began = jobs.counts.submitted_jobs - jobs.counts.rejected_jobs > 0;
        let makespan = self.span.filter(|_| began);
        ClusterMetrics {
            jobs: jobs.ended,
            counts: jobs.counts,
            mean_wait_s: jobs.mean_wait_s(),
            max_wait_s: jobs.max_wait_s(),
            avebsld: jobs.avebsld(),
            mean_slowdown: jobs.mean_slowdown(),
            pp_bsld: jobs.pp_bsld(),
            makespan_s: makespan.map(|span| seconds(span.length_ms())),
            utilisation: ratio(sums.local, sums.capacity),
            killed_jobs: self.killed_jobs,
            killed_core_s: seconds(sums.killed),
            idle_core_s: seconds(sums.idle),
            cleaning_core_s: seconds(sums.cleaning),
            unavailable_core_s: seconds(sums.unavailable),
            capacity_core_s: about.resizes.then(|| seconds(sums.capacity)),
            harvested_core_s: seconds(sums.harvested),
            harvest_ratio: ratio(sums.harvested, sums.idle),
            campaigns_idle_core_s: seconds(sums.life_idle),
            campaigns_harvested_core_s: seconds(sums.life_harvested),
            campaigns_harvest_ratio: ratio(sums.life_harvested, sums.life_idle),
            owners_delay_mean_s: jobs.delay_mean_s(),
            owners_delay_max_s: jobs.delay_max_s(),
        }
    }
}

/// Core ms of a cluster, or of all.
#[derive(Default)]
struct CoreSums {
    capacity: i128,
    local: i128,
    cleaning: i128,
    unavailable: i128,
    idle: i128,
    harvested: i128,
    killed: i128,
    life_idle: i128,
    life_harvested: i128,
}

impl CoreSums {
    fn add(&mut self, other: &Self) {
        self.capacity += other.capacity;
        self.local += other.local;
        self.cleaning += other.cleaning;
        self.unavailable += other.unavailable;
        self.idle += other.idle;
        self.harvested += other.harvested;
        self.killed += other.killed;
        self.life_idle += other.life_idle;
        self.life_harvested += other.life_harvested;
    }
}

/// Sums over clusters.
#[derive(Default)]
struct GridTally {
    cores: u64,
    killed_jobs: u64,
    time: CoreSums,
    jobs: JobSums,
}

impl GridTally {
    fn figures(&self, clusters: usize, owners: Option<Span>, windows: Windows) -> GridMetrics {
        let Self { jobs, time, .. } = self;
        let Windows { horizon, life } = windows;
        let start_s = |span: Span| seconds(span.start_ms.into());
        let end_s = |span: Span| seconds(span.end_ms.into());
        GridMetrics {
            clusters: clusters as u64,
            cores: self.cores,
            horizon_start_s: horizon.map(start_s),
            horizon_end_s: horizon.map(end_s),
            jobs: jobs.ended,
            counts: jobs.counts,
            mean_wait_s: jobs.mean_wait_s(),
            max_wait_s: jobs.max_wait_s(),
            avebsld: jobs.avebsld(),
            makespan_s: owners.map(|span| seconds(span.length_ms())),
            utilisation: ratio(time.local, time.capacity),
            killed_jobs: self.killed_jobs,
            killed_core_s: seconds(time.killed),
            idle_core_s: seconds(time.idle),
            cleaning_core_s: seconds(time.cleaning),
            unavailable_core_s: seconds(time.unavailable),
            harvested_core_s: seconds(time.harvested),
            harvest_ratio: ratio(time.harvested, time.idle),
            campaigns_start_s: life.map(start_s),
            campaigns_end_s: life.map(end_s),
            campaigns_idle_core_s: seconds(time.life_idle),
            campaigns_harvested_core_s: seconds(time.life_harvested),
            campaigns_harvest_ratio: ratio(time.life_harvested, time.life_idle),
            owners_delay_mean_s: jobs.delay_mean_s(),
            owners_delay_max_s: jobs.delay_max_s(),
            ..GridMetrics::default()
        }
    }
}

fn ratio(part: i128, whole: i128) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
