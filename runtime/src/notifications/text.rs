//! The words of messages. Whatever others have written (names of campaigns, what jobs and clusters said) stands in them
//! without characters that a header or a terminal would take for an order.

use std::fmt::Write;

use gleaner_api::dates::rfc3339;
use gleaner_api::notifications::Severity;
use gleaner_core::ids::CampaignId;
use gleaner_core::time::Timestamp;

use crate::store::notifications::outbox::{Content, Held};
use crate::store::notifications::told::{ToldCampaign, UntoldEvent};

/// The longest subject, in characters.
const SUBJECT_MAX: usize = 150;
/// The most of what a job or a cluster said, in characters.
const WORDS_MAX: usize = 4000;
/// The most lines of a list.
pub(super) const LINES_MAX: usize = 30;

/// Returns a text as one line: no line feed and no other control character is left, and it is not too long.
pub(super) fn one_line(text: &str, most: usize) -> String {
    let mut line = String::new();
    let mut characters = text.chars();
    for character in characters.by_ref().take(most) {
        line.push(if is_order(character) { ' ' } else { character });
    }
    if characters.next().is_some() {
        line.push('…');
    }
    line
}

/// Returns a text with its lines, and no other control character.
fn lines(text: &str) -> String {
    let kept: String = text.chars().take(WORDS_MAX).collect();
    let clean = |c: char| if is_order(c) && c != '\n' && c != '\t' { ' ' } else { c };
    let mut clean: String = kept.chars().map(clean).collect();
    if text.chars().nth(WORDS_MAX).is_some() {
        clean.push_str("\n[...]");
    }
    clean
}

/// Control characters, and those that turn the direction of what is read.
fn is_order(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Makes a subject: the tag, how grave it is, and what it is.
pub(super) fn subject(tag: &str, severity: Severity, text: &str) -> String {
    one_line(format!("{tag} ({}): {text}", severity.word()).trim_start(), SUBJECT_MAX)
}

/// What the campaign is called in a subject.
fn title(campaign: &ToldCampaign) -> String {
    format!("campaign {} `{}`", campaign.id, one_line(&campaign.name, 60))
}

/// Says that something has gone wrong in a campaign: the first of some events of one code, and how many there are.
pub(super) fn failure(
    tag: &str,
    severity: Severity,
    events: &[&UntoldEvent],
    clusters: &str,
    everywhere: bool,
) -> Option<Content> {
    let first = events.first()?;
    let campaign = first.campaign.as_ref()?;
    let count = if events.len() > 1 { format!(" ({} times)", events.len()) } else { String::new() };
    let mut body = head(campaign);
    let _ = writeln!(body, "{}{count}, first at {}:", first.code, rfc3339(first.opened_at));
    let _ = writeln!(body, "\n{}\n", indented(&lines(&first.message)));
    if first.open {
        if everywhere {
            body.push_str("None of its clusters does anything more for this campaign until that is dealt with.\n");
        } else if first.blocks {
            let _ = writeln!(
                body,
                "The campaign gets nothing new on {clusters} until that is dealt with."
            );
        }
        let id = campaign.id;
        let _ = writeln!(
            body,
            "\nTo look:          gridevents -c {id}\nWhen it is mended: gridevents -c {id} -f -r\n\
             (closes the events, and tries again what failed). More of the same is not told before that."
        );
    }
    let subject = format!("{}: {}{count}", title(campaign), first.code);
    Some(content(tag, severity, &first.code, Some(campaign), &subject, body))
}

/// Says that a campaign is over, and how it went.
pub(super) fn finished(
    tag: &str,
    event: &UntoldEvent,
    failures: &[(String, u64)],
) -> Option<Content> {
    let campaign = event.campaign.as_ref()?;
    let ToldCampaign { total, finished, submitted_at, completed_at, .. } = campaign;
    let mut body = head(campaign);
    let end = completed_at.unwrap_or(event.opened_at);
    let _ = writeln!(body, "It is over: {finished} of {total} tasks are done.");
    let _ = writeln!(body, "Submitted {}, over {}.", rfc3339(*submitted_at), rfc3339(end));
    if !failures.is_empty() {
        body.push_str("\nOn the way, and tried again or not:\n");
        for (code, count) in failures.iter().take(LINES_MAX) {
            let _ = writeln!(body, "  {count} x {code}");
        }
    }
    let _ = writeln!(body, "\nTo look: gridstat -c {}", campaign.id);
    let subject = format!("{} is over, {finished} of {total} done", title(campaign));
    Some(content(tag, Severity::High, &event.code, Some(campaign), &subject, body))
}

/// Says that a campaign waits on all its clusters.
pub(super) fn waits(tag: &str, code: &str, campaign: &ToldCampaign, why: &[String]) -> Content {
    let mut body = head(campaign);
    body.push_str("Nothing of it runs, and nothing can start for now:\n");
    for line in why.iter().take(LINES_MAX) {
        let _ = writeln!(body, "  {}", one_line(line, 200));
    }
    let _ = writeln!(
        body,
        "\nTo look: gridstat -c {0}, gridevents -c {0}\nThis is told once, until something of it runs.",
        campaign.id
    );
    let subject = format!("{} waits on all its clusters", title(campaign));
    content(tag, Severity::High, code, Some(campaign), &subject, body)
}

/// Says to administrators that something is wrong with a cluster, or the daemon.
pub(super) fn of_grid(
    tag: &str,
    severity: Severity,
    event: &UntoldEvent,
    cluster: &str,
) -> Content {
    let mut body = format!("{} at {}:\n", event.code, rfc3339(event.opened_at));
    let _ = writeln!(body, "\n{}\n", indented(&lines(&event.message)));
    if event.blocks {
        let _ = writeln!(body, "Nobody gets anything new on {cluster} as long as that is open.");
    }
    let _ = writeln!(body, "To look: gridevents -g; to close it: gridevents -e {} -f", event.id);
    let subject = match event.cluster {
        Some(_) => format!("{cluster}: {}", event.code),
        None => event.code.clone(),
    };
    content(tag, severity, &event.code, None, &subject, body)
}

/// Says to administrators which campaigns get nothing new on a cluster. Without what jobs said: that is their users'.
pub(super) fn kept(tag: &str, code: &str, campaign: &ToldCampaign, clusters: &str) -> Content {
    let mut body = head(campaign);
    let _ = writeln!(body, "It gets nothing new on {clusters} until its events are dealt with.");
    let _ = writeln!(body, "\nTo look: gridevents -c {}", campaign.id);
    let subject = format!("{} gets nothing new on {clusters}", title(campaign));
    content(tag, Severity::Medium, code, Some(campaign), &subject, body)
}

/// Lists small things in one message.
pub(super) fn listed(
    tag: &str,
    events: &[&UntoldEvent],
    name: impl Fn(&UntoldEvent) -> String,
) -> Content {
    let mut body = format!("{} things were written down:\n\n", events.len());
    for event in events.iter().take(LINES_MAX) {
        let (at, words) = (rfc3339(event.opened_at), one_line(&event.message, 200));
        let _ = writeln!(body, "{at} {} {}: {words}", event.code, name(event));
    }
    more(&mut body, events.len(), events.len().min(LINES_MAX));
    let subject = format!("{} things were written down", events.len());
    content(tag, Severity::Low, "LOG", None, &subject, body)
}

/// Tells in one message what was held back at an address.
pub(super) fn held(tag: &str, held: &Held) -> Content {
    let severity = held.shown.iter().map(|(severity, _)| *severity).max().unwrap_or(Severity::Low);
    let mut body = format!(
        "{} messages to this address were held back, since {} went there within an hour. Their subjects:\n\n",
        held.count,
        crate::store::notifications::outbox::HOURLY_MAX
    );
    for (_, subject) in &held.shown {
        let _ = writeln!(body, "{}", one_line(subject, SUBJECT_MAX));
    }
    more(&mut body, usize::try_from(held.count).unwrap_or(usize::MAX), held.shown.len());
    let subject = format!("{} messages that were held back", held.count);
    content(tag, severity, "HELD_BACK", None, &subject, body)
}

fn more(body: &mut String, all: usize, shown: usize) {
    if all > shown {
        let _ = writeln!(body, "... and {} more", all - shown);
    }
}

fn head(campaign: &ToldCampaign) -> String {
    let name = one_line(&campaign.name, 200);
    format!("Campaign {} `{name}` of {}\n\n", campaign.id, one_line(&campaign.user, 64))
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}

fn content(
    tag: &str,
    severity: Severity,
    code: &str,
    campaign: Option<&ToldCampaign>,
    text: &str,
    body: String,
) -> Content {
    Content {
        severity,
        code: code.to_owned(),
        campaign: campaign.map(|campaign: &ToldCampaign| -> CampaignId { campaign.id }),
        user: campaign.map(|campaign| campaign.user.clone()),
        subject: subject(tag, severity, text),
        body,
    }
}

/// Seconds as people read them.
pub(super) fn since(from: Timestamp, now: Timestamp) -> String {
    let seconds = (now.seconds() - from.seconds()).max(0);
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7199 => format!("{} minutes", seconds / 60),
        7200..=172_799 => format!("{} hours", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use gleaner_api::notifications::Severity;

    use super::{lines, one_line, subject};

    #[test]
    fn nothing_that_others_wrote_ends_a_line_of_a_header() {
        let name = "n\r\nBcc: everybody@example.org\u{2028}\u{85}x\0";
        let found = subject("[G]", Severity::High, name);
        assert_eq!(found, "[G] (high): n  Bcc: everybody@example.org  x ");
        assert!(!found.chars().any(char::is_control));
        assert_eq!(lines("a\r\nb\x1b[31m\tc"), "a \nb [31m\tc");
        assert_eq!(one_line("abcdef", 3), "abc…");
    }
}
