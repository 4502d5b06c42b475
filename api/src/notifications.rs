//! The words of notifications: how grave a message is, and by what way it goes. CiGri's, with webhooks beside mail. Says
//! nothing of what is told.

use crate::words::words;

/// As whom administrators subscribe to what concerns the grid: CiGri's name for them.
pub const ADMINISTRATORS: &str = "%%admin%%";

words! {
    /// How grave a message is. Who subscribes at one grade hears that and all above it.
    pub enum Severity {
        /// Good to know.
        Low = "low",
        /// Something passes, or is done again.
        Medium = "medium",
        /// Something is over, or waits for somebody.
        High = "high",
    }
}

words! {
    /// By what way messages go.
    pub enum Channel {
        /// To a mail address.
        Mail = "mail",
        /// As JSON, by POST to an address of the web.
        Webhook = "webhook",
    }
}

#[cfg(test)]
mod tests {
    use super::{Channel, Severity};

    #[test]
    fn grades_rise_and_words_are_read_back() {
        assert!(Severity::Low < Severity::Medium && Severity::Medium < Severity::High);
        assert!(Severity::ALL.iter().all(|it| Severity::from_word(it.word()) == Some(*it)));
        assert!(Channel::ALL.iter().all(|it| Channel::from_word(it.word()) == Some(*it)));
        assert_eq!(Severity::from_word("urgent"), None);
    }
}
