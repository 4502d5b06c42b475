//! An answer of the server, and what it means that it is none of those expected. Knows no route.

use gleaner_core::fact::ClusterFault;
use gleaner_oar::wire::answer::Answer;

use crate::sites::failure::Failure;

/// An answer of the server.
#[derive(Clone, Debug, PartialEq)]
pub struct Answered {
    /// The HTTP status.
    pub status: u16,
    /// What it says.
    pub answer: Answer,
}

impl Answered {
    /// Whether the web server answered with a page of its own, in the place of its application.
    pub fn is_page(&self) -> bool {
        self.status == 500 && matches!(&self.answer, Answer::Foreign(page) if page.html)
    }

    /// Whether the server, or a proxy before it, is out of order.
    pub fn is_out_of_order(&self) -> bool {
        matches!(self.status, 502..=504)
    }

    /// What an answer that is none of those expected means for the cluster.
    pub fn fault(&self) -> ClusterFault {
        match (&self.answer, self.status) {
            (_, 502..=504) => ClusterFault::OutOfOrder,
            // A crash of the API, of its database, or of what stands before it: it may be gone the next
            // time. So may too many or too slow requests.
            (_, 408 | 429 | 500..) => ClusterFault::OutOfOrder,
            _ => ClusterFault::BadAnswers,
        }
    }

    /// What it means that nothing of it was expected.
    pub fn odd(&self) -> Failure {
        Failure::Odd(self.fault())
    }
}
