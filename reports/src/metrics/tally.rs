//! The figures gathered record by record, in memory that does not grow with the number of local
//! jobs. Must not know files.

use crate::delay::Baseline;
use crate::metrics::span::{Piece, Span, Steps, Sum, Unsettled, Use};
use crate::metrics::{CampaignMetrics, ClusterMetrics, FORMAT, GridMetrics, Metrics};
use crate::record::{FinalState, JobRecord, Kind, RunEnd, RunInfo, SeriesPoint};

/// Run times below this count as this in bounded slowdowns.
const BOUND_MS: i64 = 10_000;

/// Sums over local jobs that ended.
#[derive(Debug, Clone, Default)]
struct LocalSums {
    jobs: u64,
    rejected: u64,
    wait_ms: i128,
    wait_max_ms: i64,
    bounded: Sum,
    slowdown: Sum,
    slowdown_jobs: u64,
    per_core: Sum,
    core_ms: i128,
    delay_ms: i128,
    delay_jobs: u64,
    delay_max_ms: Option<i64>,
}

#[derive(Debug, Default)]
struct ClusterTally {
    local: LocalSums,
    /// First submission to last end of local jobs so far, ends clipped to the stop.
    horizon: Option<Span>,
    /// Local jobs without an end, which run until the stop: start and cores.
    open_local: Vec<(i64, u32)>,
    killed_jobs: u64,
    uses: [i128; 4],
    unsettled: Unsettled,
    unavailable: Steps,
}

#[derive(Debug, Clone, Default)]
struct CampaignTally {
    done: u64,
    attempts: u64,
    killed: u64,
    last_end_ms: Option<i64>,
    useful_core_ms: i128,
    wasted_core_ms: i128,
}

/// All figures of a run in the making.
pub(crate) struct Tally {
    clusters: Vec<ClusterTally>,
    campaigns: Vec<CampaignTally>,
    until_ms: Option<i64>,
    baseline: Option<Baseline>,
    /// First submission and last time seen, of anything.
    seen: Option<Span>,
}

impl Tally {
    pub(crate) fn new(info: &RunInfo, until_ms: Option<i64>, baseline: Option<Baseline>) -> Self {
        let mut clusters = Vec::new();
        clusters.resize_with(info.clusters.len(), ClusterTally::default);
        let campaigns = vec![CampaignTally::default(); info.campaigns.len()];
        Self { clusters, campaigns, until_ms, baseline, seen: None }
    }

    /// The delay of a job against the baseline, in ms.
    pub(crate) fn delay_ms(&self, job: &JobRecord<'_>) -> Option<i64> {
        self.baseline.as_ref()?.delay_ms(job)
    }

    /// The latest end recorded, stop or no stop.
    pub(crate) fn last_seen_ms(&self) -> Option<i64> {
        self.seen.map(|span| span.end_ms)
    }

    /// The time from the first submission to the last thing seen.
    pub(crate) fn seen(&self) -> Option<Span> {
        self.seen
    }

    /// Takes a point whose cluster the caller has checked.
    #[inline]
    pub(crate) fn point(&mut self, point: &SeriesPoint) {
        let unavailable = &mut self.clusters[usize::from(point.cluster)].unavailable;
        unavailable.set(point.time_ms, point.unavailable);
    }

    /// Takes a job whose cluster, campaign and times the caller has checked.
    pub(crate) fn job(&mut self, job: &JobRecord<'_>) {
        let until_ms = self.until_ms.unwrap_or(i64::MAX);
        let last_ms = job.end_ms.or(job.start_ms).unwrap_or(job.submit_ms).min(until_ms);
        let span = Span { start_ms: job.submit_ms, end_ms: last_ms };
        self.seen = Span::hull(self.seen, Some(span));
        let ended = job.end_ms.is_some_and(|end_ms| end_ms <= until_ms);
        match job.kind {
            Kind::Local => self.local(job, ended, until_ms),
            Kind::BestEffort | Kind::Grid => self.of_campaign(job, ended, until_ms),
        }
    }

    fn local(&mut self, job: &JobRecord<'_>, ended: bool, until_ms: i64) {
        let delay_ms = self.delay_ms(job);
        let cluster = &mut self.clusters[usize::from(job.cluster)];
        if job.state == FinalState::Rejected {
            cluster.local.rejected += 1;
            return;
        }
        let last_ms = job.end_ms.or(job.start_ms).unwrap_or(job.submit_ms).min(until_ms);
        let span = Span { start_ms: job.submit_ms, end_ms: last_ms };
        cluster.horizon = Span::hull(cluster.horizon, Some(span));
        let Some(start_ms) = job.start_ms else { return };
        let Some(end_ms) = job.end_ms else {
            return cluster.open_local.push((start_ms, job.cores()));
        };
        let held = Span { start_ms, end_ms: last_ms };
        let sums = &mut cluster.local;
        sums.core_ms += held.length_ms() * i128::from(job.cores());
        if !ended {
            return;
        }
        if let Some(delay_ms) = delay_ms {
            sums.delay_ms += i128::from(delay_ms);
            sums.delay_jobs += 1;
            sums.delay_max_ms = Some(sums.delay_max_ms.map_or(delay_ms, |max| max.max(delay_ms)));
        }
        let (run_ms, turnaround_ms) = (end_ms - start_ms, end_ms - job.submit_ms);
        let wait_ms = start_ms - job.submit_ms;
        sums.jobs += 1;
        sums.wait_ms += i128::from(wait_ms);
        sums.wait_max_ms = sums.wait_max_ms.max(wait_ms);
        let turnaround = turnaround_ms as f64;
        let bounded_run = run_ms.max(BOUND_MS) as f64;
        sums.bounded.add((turnaround / bounded_run).max(1.0));
        let cores = f64::from(job.cores().max(1));
        sums.per_core.add((turnaround / (cores * bounded_run)).max(1.0));
        if run_ms > 0 {
            sums.slowdown.add(turnaround / run_ms as f64);
            sums.slowdown_jobs += 1;
        }
    }

    fn of_campaign(&mut self, job: &JobRecord<'_>, ended: bool, until_ms: i64) {
        let success = ended && job.state == FinalState::CompletedSuccessfully;
        let killed = ended && job.state == FinalState::CompletedKilled && job.start_ms.is_some();
        if let (Some(index), true) = (job.campaign, ended) {
            let campaign = &mut self.campaigns[index as usize];
            campaign.last_end_ms = campaign.last_end_ms.max(job.end_ms);
            if job.task.is_some() {
                campaign.attempts += 1;
                campaign.done += u64::from(success);
                campaign.killed += u64::from(killed);
            }
        }
        let Some(start_ms) = job.start_ms else { return };
        let best_effort = job.kind == Kind::BestEffort;
        let cluster = &mut self.clusters[usize::from(job.cluster)];
        cluster.killed_jobs += u64::from(killed && best_effort);
        // Without an end it runs until the stop: clipping to the horizon ends it there.
        let end_ms = job.end_ms.unwrap_or(i64::MAX).min(until_ms);
        let useful = success && (best_effort || job.task.is_some());
        let split_ms =
            if useful { start_ms.saturating_add(job.useful_ms).min(end_ms) } else { start_ms };
        let gain = if best_effort { Use::Harvested } else { Use::Useful };
        let loss = if killed && best_effort { Use::Killed } else { Use::Wasted };
        for (used, from_ms, to_ms) in [(gain, start_ms, split_ms), (loss, split_ms, end_ms)] {
            if from_ms < to_ms {
                let span = Span { start_ms: from_ms, end_ms: to_ms };
                let piece = Piece { span, cores: job.cores(), campaign: job.campaign, used };
                take_piece(cluster, &mut self.campaigns, piece);
            }
        }
    }

    /// The figures, with the horizon closed.
    pub(crate) fn finish(mut self, info: &RunInfo, end: &RunEnd) -> Metrics {
        let stop_ms = match (self.until_ms, end.until_ms) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (_, b) => b,
        };
        let last_ms = stop_ms.or(self.last_seen_ms()).unwrap_or(0);
        for cluster in &mut self.clusters {
            cluster.close(stop_ms, last_ms);
        }
        let all = self.clusters.iter().fold(None, |all, c| Span::hull(all, c.horizon));
        let whole = all.or(self.seen.map(|s| Span { end_ms: stop_ms.unwrap_or(s.end_ms), ..s }));
        let mut metrics = Metrics {
            format: FORMAT.to_owned(),
            clusters: Default::default(),
            campaigns: Default::default(),
            grid: GridMetrics::default(),
        };
        let mut grid = GridTally::default();
        for (cluster, about) in std::mem::take(&mut self.clusters).into_iter().zip(&info.clusters) {
            let horizon = cluster.horizon.or(whole);
            let figures = cluster.figures(about.cores, horizon, &mut self.campaigns, &mut grid);
            metrics.clusters.insert(about.name.clone(), figures);
        }
        metrics.grid = grid.figures(all, &metrics.clusters);
        self.campaign_figures(info, end, &mut metrics);
        metrics
    }

    fn campaign_figures(&self, info: &RunInfo, end: &RunEnd, metrics: &mut Metrics) {
        let grid = &mut metrics.grid;
        let keys = info.campaign_keys();
        for (index, (tally, about)) in self.campaigns.iter().zip(&info.campaigns).enumerate() {
            let outcome = end.campaigns.iter().find(|o| o.campaign as usize == index);
            let finished_ms = outcome
                .and_then(|o| o.finished_ms)
                .or(tally.last_end_ms.filter(|_| tally.done >= about.tasks));
            let figures = CampaignMetrics {
                tasks: about.tasks,
                done: tally.done,
                attempts: tally.attempts,
                killed: tally.killed,
                makespan_s: finished_ms.map(|f| seconds((f - about.submit_ms).into())),
                useful_core_s: seconds(tally.useful_core_ms),
                wasted_core_s: seconds(tally.wasted_core_ms),
            };
            grid.campaigns += 1;
            grid.tasks += figures.tasks;
            grid.done += figures.done;
            grid.attempts += figures.attempts;
            grid.killed += figures.killed;
            metrics.campaigns.insert(keys[index].clone(), figures);
        }
        grid.useful_core_s = seconds(self.campaigns.iter().map(|c| c.useful_core_ms).sum());
        grid.wasted_core_s = seconds(self.campaigns.iter().map(|c| c.wasted_core_ms).sum());
    }
}

/// Books a piece that lies within what is known of the horizon, and keeps any other.
fn take_piece(cluster: &mut ClusterTally, campaigns: &mut [CampaignTally], piece: Piece) {
    let ClusterTally { horizon, uses, unsettled, .. } = cluster;
    match *horizon {
        Some(known) if known.contains(piece.span) => settle(uses, campaigns, &piece, known),
        known => unsettled.keep(piece, known, |settled| {
            settle(uses, campaigns, settled, settled.span);
        }),
    }
}

/// Books the part of a piece that lies within `span`.
fn settle(uses: &mut [i128; 4], campaigns: &mut [CampaignTally], piece: &Piece, span: Span) {
    let core_ms = span.common_ms(piece.span) * i128::from(piece.cores);
    uses[piece.used as usize] += core_ms;
    if let Some(campaign) = piece.campaign {
        let campaign = &mut campaigns[campaign as usize];
        match piece.used {
            Use::Harvested | Use::Useful => campaign.useful_core_ms += core_ms,
            Use::Killed | Use::Wasted => campaign.wasted_core_ms += core_ms,
        }
    }
}

impl ClusterTally {
    /// Ends what is open and the horizon at the stop, if there was one.
    fn close(&mut self, stop_ms: Option<i64>, last_ms: i64) {
        if !self.open_local.is_empty() {
            let open = Span { start_ms: last_ms, end_ms: last_ms };
            self.horizon = Span::hull(self.horizon, Some(open));
        }
        if let (Some(horizon), Some(stop_ms)) = (&mut self.horizon, stop_ms) {
            horizon.end_ms = stop_ms;
        }
        for (start_ms, cores) in self.open_local.drain(..) {
            let held = Span { start_ms, end_ms: last_ms };
            self.local.core_ms += held.length_ms() * i128::from(cores);
        }
    }

    fn figures(
        self,
        cores: u32,
        horizon: Option<Span>,
        campaigns: &mut [CampaignTally],
        grid: &mut GridTally,
    ) -> ClusterMetrics {
        let span = horizon.unwrap_or(Span { start_ms: 0, end_ms: 0 });
        let mut uses = self.uses;
        for piece in self.unsettled.into_pieces() {
            settle(&mut uses, campaigns, &piece, span);
        }
        let local = &self.local;
        let capacity_core_ms = span.length_ms() * i128::from(cores);
        let unavailable_core_ms = self.unavailable.integral_ms(span);
        let idle_core_ms = capacity_core_ms - local.core_ms - unavailable_core_ms;
        let harvested_core_ms = uses[Use::Harvested as usize];
        let killed_core_ms = uses[Use::Killed as usize];
        grid.cores += u64::from(cores);
        grid.capacity_core_ms += capacity_core_ms;
        grid.idle_core_ms += idle_core_ms;
        grid.harvested_core_ms += harvested_core_ms;
        grid.killed_core_ms += killed_core_ms;
        grid.local.merge(local);
        let makespan = self.horizon.filter(|_| local.core_ms > 0 || local.jobs > 0);
        ClusterMetrics {
            jobs: local.jobs,
            mean_wait_s: mean_s(local.wait_ms, local.jobs),
            max_wait_s: (local.jobs > 0).then(|| seconds(local.wait_max_ms.into())),
            avebsld: mean(local.bounded, local.jobs),
            mean_slowdown: mean(local.slowdown, local.slowdown_jobs),
            pp_bsld: mean(local.per_core, local.jobs),
            makespan_s: makespan.map(|span| seconds(span.length_ms())),
            utilisation: ratio(local.core_ms, capacity_core_ms),
            killed_jobs: self.killed_jobs,
            killed_core_s: seconds(killed_core_ms),
            idle_core_s: seconds(idle_core_ms),
            harvested_core_s: seconds(harvested_core_ms),
            harvest_ratio: ratio(harvested_core_ms, idle_core_ms),
            owners_delay_mean_s: mean_s(local.delay_ms, local.delay_jobs),
            owners_delay_max_s: local.delay_max_ms.map(|ms| seconds(ms.into())),
        }
    }
}

impl LocalSums {
    fn merge(&mut self, other: &Self) {
        self.jobs += other.jobs;
        self.rejected += other.rejected;
        self.wait_ms += other.wait_ms;
        self.wait_max_ms = self.wait_max_ms.max(other.wait_max_ms);
        self.bounded.merge(other.bounded);
        self.core_ms += other.core_ms;
        self.delay_ms += other.delay_ms;
        self.delay_jobs += other.delay_jobs;
        self.delay_max_ms = self.delay_max_ms.max(other.delay_max_ms);
    }
}

/// Sums over clusters.
#[derive(Default)]
struct GridTally {
    cores: u64,
    capacity_core_ms: i128,
    idle_core_ms: i128,
    harvested_core_ms: i128,
    killed_core_ms: i128,
    local: LocalSums,
}

impl GridTally {
    fn figures(
        &self,
        horizon: Option<Span>,
        clusters: &std::collections::BTreeMap<String, ClusterMetrics>,
    ) -> GridMetrics {
        let local = &self.local;
        GridMetrics {
            clusters: clusters.len() as u64,
            cores: self.cores,
            jobs: local.jobs,
            rejected_jobs: local.rejected,
            mean_wait_s: mean_s(local.wait_ms, local.jobs),
            max_wait_s: (local.jobs > 0).then(|| seconds(local.wait_max_ms.into())),
            avebsld: mean(local.bounded, local.jobs),
            makespan_s: horizon.map(|span| seconds(span.length_ms())),
            utilisation: ratio(local.core_ms, self.capacity_core_ms),
            killed_jobs: clusters.values().map(|c| c.killed_jobs).sum(),
            killed_core_s: seconds(self.killed_core_ms),
            idle_core_s: seconds(self.idle_core_ms),
            harvested_core_s: seconds(self.harvested_core_ms),
            harvest_ratio: ratio(self.harvested_core_ms, self.idle_core_ms),
            owners_delay_mean_s: mean_s(local.delay_ms, local.delay_jobs),
            owners_delay_max_s: local.delay_max_ms.map(|ms| seconds(ms.into())),
            ..GridMetrics::default()
        }
    }
}

/// Milliseconds (or core milliseconds) as seconds.
fn seconds(value_ms: i128) -> f64 {
    value_ms as f64 / 1000.0
}

fn mean_s(sum_ms: i128, count: u64) -> Option<f64> {
    (count > 0).then(|| sum_ms as f64 / (count as f64 * 1000.0))
}

fn mean(sum: Sum, count: u64) -> Option<f64> {
    (count > 0).then(|| sum.value() / count as f64)
}

fn ratio(part: i128, whole: i128) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
