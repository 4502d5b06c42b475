//! Unconfirmed submissions are looked up by their name among current and ended jobs, until they are found, or until
//! none of their jobs could do anything any more.

use gleaner_core::fact::{Fact, Refusal};
use gleaner_core::ids::RemoteJobId;
use gleaner_core::time::Timestamp;

use crate::command::line::Unsendable;
use crate::order::{Batch, Order, OrderAction};
use crate::sites::answer::Answer;
use crate::sites::failure::Failure;
use crate::sites::job::Row;
use crate::sites::port::Question;
use crate::worker::Worker;
use crate::worker::matching::TaskMatch;
use crate::worker::unconfirmed::Unconfirmed;

/// Jobs that are asked for alone in one look, at most, to learn their places.
const SINGLES_MAX: usize = 20;

impl Worker {
    /// Takes up an order of a daemon that died: it may have been sent.
    pub(super) fn take_up(&mut self, order: Order) {
        match &order.action {
            // Deleting twice does no harm.
            OrderAction::Cancel { .. } => self.queue.push_back(order),
            OrderAction::Submit(_) => {
                self.fact(Fact::CommandUnknown { command: order.command });
                self.unconfirmed.push(Unconfirmed::new(order));
            }
        }
    }

    /// Whether a name is that of an unconfirmed submission.
    pub(super) fn is_unconfirmed(&self, name: &str) -> bool {
        self.unconfirmed.iter().filter_map(Unconfirmed::batch).any(|batch| batch.name == name)
    }

    /// Looks all unconfirmed submissions up. `current` are the jobs that lived when the cluster's clock showed
    /// `told`, or later.
    pub(super) async fn look_up(&mut self, current: &[Row], told: Option<Timestamp>) {
        let mut open = Vec::new();
        for mut unconfirmed in std::mem::take(&mut self.unconfirmed) {
            match self.look_one_up(&mut unconfirmed, current, told).await {
                Ok(true) => {}
                Ok(false) => open.push(unconfirmed),
                Err(error) => {
                    self.note_failure(&error);
                    open.push(unconfirmed);
                }
            }
        }
        self.unconfirmed.append(&mut open);
    }

    /// Looks one submission up. Returns whether it is settled.
    async fn look_one_up(
        &mut self,
        unconfirmed: &mut Unconfirmed,
        current: &[Row],
        told: Option<Timestamp>,
    ) -> Result<bool, Failure> {
        let command = unconfirmed.order.command;
        let Some(batch) = unconfirmed.batch().cloned() else { return Ok(true) };
        // Both lists are younger than that: what they do not show will never do anything.
        let settled = told.is_some_and(|told| self.is_harmless(&batch, told));
        let since = self.since(unconfirmed, &batch, told);
        let login = self.config.login(&batch.user).unwrap_or(&batch.user).to_owned();
        let ours = |row: &&Row| row.name.as_deref() == Some(&batch.name) && row.owner == login;
        unconfirmed.seen.extend(current.iter().filter(ours).map(|row| row.job));
        if unconfirmed.seen.len() < batch.len() {
            let ended = self.all_rows(Question::Ended { login: login.clone(), since }).await?;
            let Some(ended) = ended else { return Ok(false) };
            unconfirmed.seen.extend(ended.iter().filter(ours).map(|row| row.job));
        }
        let most = usize::try_from(self.config.array_max).unwrap_or(usize::MAX);
        let sent = unconfirmed.sent.unwrap_or(usize::MAX);
        let part = batch.first(most.min(sent));
        let sent: Vec<usize> = (0..part.len()).zip(part.lines()).filter_map(sendable).collect();
        let placed = self.placed(unconfirmed, &part, &sent).await?;
        let Some(placed) = placed else { return Ok(false) };
        let known = placed.iter().flatten().count();
        let name = |place: Option<RemoteJobId>| place.unwrap_or(RemoteJobId::NONE);
        let jobs: Vec<RemoteJobId> = placed.into_iter().map(name).collect();
        let numbered = unconfirmed.is_numbered();
        if known == sent.len() {
            self.accept(command, &batch, jobs, numbered);
            return Ok(true);
        }
        // The crash is explained, both lists were asked for after it, and nothing was recorded. Should a job
        // appear after all, it is deleted as a late find.
        if let (0, Some(refused)) = (unconfirmed.seen.len(), unconfirmed.explained.take()) {
            self.refused(command, &batch, refused);
            return Ok(true);
        }
        if known > unconfirmed.reported {
            // A part of an array was recorded: it is tracked, and the rest is awaited.
            unconfirmed.reported = known;
            self.track_jobs(&batch, &jobs, numbered);
            self.fact(Fact::CommandAccepted { command, jobs });
        }
        if settled {
            self.fact(Fact::refused(command, Refusal::Busy));
        }
        Ok(settled)
    }

    /// Whether no job of a batch can do anything any more when the cluster's clock shows `told`.
    fn is_harmless(&self, batch: &Batch, told: Timestamp) -> bool {
        // A lease that was not noted is known by grid time only.
        let ahead_s = if batch.lease_there.is_some() { 0 } else { self.ahead_s.unwrap_or(0) };
        told.seconds().saturating_sub(ahead_s) > batch.harmless_from().seconds()
    }

    /// From when on, by the cluster's clock, jobs of an unconfirmed submission may have ended.
    fn since(
        &self,
        unconfirmed: &mut Unconfirmed,
        batch: &Batch,
        told: Option<Timestamp>,
    ) -> Timestamp {
        let intent_at = unconfirmed.order.intent_at;
        let ahead_s = self.ahead_s.unwrap_or(0);
        let here = || Timestamp::from_seconds(intent_at.seconds().saturating_add(ahead_s));
        let decided = batch.decided_there(intent_at).unwrap_or_else(here);
        let earliest = unconfirmed.earliest.into_iter().chain(told).fold(decided, Timestamp::min);
        unconfirmed.earliest = Some(earliest);
        earliest
    }

    /// Puts the jobs of one array in the places of its tasks, of which those at `sent` could be sent; none
    /// when their places are not to be had yet.
    async fn placed(
        &mut self,
        unconfirmed: &mut Unconfirmed,
        part: &Batch,
        sent: &[usize],
    ) -> Result<Option<Vec<Option<RemoteJobId>>>, Failure> {
        let ids: Vec<RemoteJobId> = unconfirmed.seen.iter().copied().collect();
        let mut places = vec![None; part.len()];
        // A whole array needs no question where, within one, the ids grow with the index. A gap may be the
        // place of a job that is not seen, and the last job the cluster's copy of another.
        let span = ids.first().zip(ids.last()).map_or(0, |(first, last)| last.0 - first.0 + 1);
        if self.in_order && ids.len() == sent.len() && span == sent.len() as u64 {
            sent.iter().zip(ids).for_each(|(&place, id)| places[place] = Some(id));
            return Ok(Some(places));
        }
        let details = self.details(&ids).await?;
        let mut singles = 0;
        for (rank, &id) in ids.iter().enumerate() {
            // What cannot be placed must not be forgotten: it may be doing a task's work.
            let Some(job) = details.jobs.get(&id) else { return Ok(None) };
            // Where lines have numbers, these alone count: the cluster may have made another number of jobs. A job
            // that names no task of these, or one that has its job, belongs to nobody, and is deleted later.
            match part.match_named(job, unconfirmed.is_numbered()) {
                TaskMatch::Task(place) => {
                    places[place].get_or_insert(id);
                    continue;
                }
                TaskMatch::NoTask => continue,
                TaskMatch::ByIndex => {}
            }
            // Without a gap before it, its id tells its place.
            let no_gap = id.0.checked_sub(job.array.0) == Some(rank as u64);
            let by_id = (self.in_order && no_gap).then_some(rank as u32 + 1);
            let told = job.index.filter(|index| *index > 0);
            let mut index = told.or(by_id).or(unconfirmed.indices.get(&id).copied());
            // Where lists do not tell it.
            if index.is_none() && singles < SINGLES_MAX {
                singles += 1;
                let alone = self.ask(Question::Alone(id)).await.and_then(Answer::job)?;
                index = alone.and_then(|job| job.index);
                unconfirmed.indices.extend(index.map(|index| (id, index)));
            }
            let Some(index) = index else { return Ok(None) };
            let place = usize::try_from(index).unwrap_or(usize::MAX).checked_sub(1);
            let place = place.and_then(|nth| sent.get(nth).copied());
            if let Some(slot) = place.and_then(|place| places.get_mut(place)) {
                *slot = Some(id);
            }
        }
        Ok(Some(places))
    }
}

/// The place of a job that could be sent.
fn sendable((place, line): (usize, Result<String, Unsendable>)) -> Option<usize> {
    line.ok().map(|_| place)
}
