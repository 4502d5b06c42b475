//! What makes a submission refused: which answers are refusals at all, whether the same submission may pass
//! later, and in which words its user is told. Sends nothing.

use gleaner_core::fact::Refusal;
use gleaner_oar::inventory::Fit;
use gleaner_oar::wire::Dialect;
use gleaner_oar::wire::answer::Answer;
use gleaner_oar::wire::check::Harmful;

use crate::sites::answer::Refused;
use crate::sites::oar::client::{Answered, CallError};

impl Refused {
    /// What was not sent, and why; none where it may have been sent, or where the cluster is at fault.
    pub(super) fn unsent(error: &CallError) -> Option<Refused> {
        let reason = match error {
            CallError::NoLogin(_) => Refusal::NoLogin,
            CallError::NoToken(_) => Refusal::NoToken,
            CallError::Harmful(Harmful::Unlisted { .. }) => Refusal::NotNow,
            CallError::Harmful(_) | CallError::Session(_) => Refusal::BadRequest,
            _ => return None,
        };
        let cause = std::error::Error::source(error);
        let cause = cause.map(|cause| format!(": {cause}")).unwrap_or_default();
        Some(Refused::new(reason, &format!("{error}{cause}")))
    }

    /// Reads an answer; none when it proves nothing. `fit`: what is known of the cluster's resources.
    pub(super) fn by(dialect: Dialect, answered: &Answered, fit: Option<&Fit>) -> Option<Refused> {
        let said = text(&answered.answer);
        let lower = said.to_ascii_lowercase();
        let scarce = lower.contains("not enough resources");
        // Nodes may be down for the moment, or there may never be as many.
        let by_fit = || match fit {
            Some(Fit::Never(_)) => Refusal::BadRequest,
            _ => Refusal::NotNow,
        };
        let reason = match (answered.status, &answered.answer) {
            (413, _) => Refusal::TooLarge,
            (429, _) => Refusal::NotNow,
            // A proxy that lost patience does not know what became of it.
            (408, _) => return None,
            // OAR 3 answers so both without a good token and after an admission rule.
            (403, _) if lower.contains("admission rule") => Refusal::BadRequest,
            (401 | 403, _) => Refusal::NotAllowed,
            (400..=499, _) if scarce => by_fit(),
            (400..=499 | 501, _) => Refusal::BadRequest,
            // OAR 2 answers an admission rule's refusal with 500, in JSON and with `oarsub`'s words; what the
            // web server or a crash answers is no JSON.
            (500, Answer::Problem(_))
                if dialect == Dialect::Oar2
                    && lower.contains("exited with status")
                    && !lower.contains("oar_job_id=") =>
            {
                if scarce {
                    by_fit()
                } else {
                    Refusal::BadRequest
                }
            }
            _ => return None,
        };
        let lacks = fit.filter(|_| scarce).and_then(lacks).unwrap_or_default();
        let status = answered.status;
        Some(Refused::new(reason, &format!("the cluster answers {status}: {said}{lacks}")))
    }

    /// A crash of OAR 3 that is explained: it answers so to an array for which its resources do not suffice.
    /// Nothing of it is recorded then, which a look has to confirm.
    pub(super) fn crashed(dialect: Dialect, answered: &Answered, fit: &Fit) -> Option<Refused> {
        let crash = dialect == Dialect::Oar3
            && answered.status == 500
            && matches!(&answered.answer, Answer::Foreign(page) if !page.html);
        let reason = match fit {
            Fit::Now => return None,
            Fit::Later(_) => Refusal::NotNow,
            Fit::Never(_) => Refusal::BadRequest,
        };
        let said = text(&answered.answer);
        let lacks = lacks(fit).unwrap_or_default();
        crash.then(|| Refused::new(reason, &format!("the cluster answers 500: {said}{lacks}")))
    }
}

/// What resources lack, behind the cluster's words.
fn lacks(fit: &Fit) -> Option<String> {
    match fit {
        Fit::Now => None,
        Fit::Later(misfit) => Some(format!(" (as last seen, for the moment: {misfit})")),
        Fit::Never(misfit) => Some(format!(" (as last seen: {misfit})")),
    }
}

pub(super) fn text(answer: &Answer) -> String {
    match answer {
        Answer::Problem(problem) => problem.text(),
        Answer::Foreign(foreign) => foreign.text.clone(),
        _ => String::new(),
    }
}
