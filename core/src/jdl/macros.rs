//! The macros of a JDL, and the command line that a job runs. Variables are left unescaped: what has to
//! be protected from a server's shell is the client's affair.

use std::borrow::Cow;

use crate::ids::CampaignId;
use crate::jdl::spec::{ClusterSettings, Script};

/// The environment variable that holds the campaign's number in every job.
pub const CAMPAIGN_VARIABLE: &str = "CIGRI_CAMPAIGN_ID";

/// Expands the macros of a command.
pub(super) fn command(text: &str) -> String {
    home(text).replace("{CAMPAIGN_ID}", "$CIGRI_CAMPAIGN_ID")
}

/// Expands the macros of a prologue or epilogue, among them those of the cluster's resource manager.
pub(super) fn script(text: &str, own: &[(&str, &str)]) -> String {
    own.iter().fold(command(text), |text, (name, variable)| text.replace(name, variable))
}

/// Expands the macros of a directory, but for the campaign's number, which is not known yet.
pub(super) fn directory(text: &str) -> String {
    home(text)
}

/// Replaces `{HOME}`, but not in a shell's `${HOME}`, and `~` where a shell would: at the start of a
/// word, alone or before a slash.
fn home(text: &str) -> String {
    let mut expanded = String::with_capacity(text.len());
    let mut before = None;
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        let starts = before.is_none_or(|c: char| c.is_whitespace() || "=:\"'`(;|&<>".contains(c));
        let ends =
            rest.peek().is_none_or(|&c| c == '/' || c.is_whitespace() || ":\"'`);|&<>".contains(c));
        if character == '~' && starts && ends {
            expanded.push_str("$HOME");
        } else {
            expanded.push(character);
        }
        before = Some(character);
    }
    let mut pieces = expanded.split("{HOME}");
    let mut whole = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        whole.push_str(if whole.ends_with('$') { "{HOME}" } else { "$HOME" });
        whole.push_str(piece);
    }
    whole
}

/// Returns the command line of a task's job.
pub fn task_command(campaign: CampaignId, settings: &ClusterSettings, parameter: &str) -> String {
    let exec_file = &settings.exec_file;
    format!("export {CAMPAIGN_VARIABLE}={campaign}; {exec_file} {parameter}")
}

/// Returns the command text of a prologue's or epilogue's job.
pub fn script_command(campaign: CampaignId, script: &Script) -> String {
    format!("export {CAMPAIGN_VARIABLE}={campaign};\n{}", script.text)
}

/// Returns the directory of a task's job.
pub fn job_directory(campaign: CampaignId, settings: &ClusterSettings) -> Cow<'_, str> {
    if settings.exec_directory.contains("{CAMPAIGN_ID}") {
        Cow::Owned(settings.exec_directory.replace("{CAMPAIGN_ID}", &campaign.to_string()))
    } else {
        Cow::Borrowed(&settings.exec_directory)
    }
}

#[cfg(test)]
mod tests {
    use super::{command, directory, script};

    #[test]
    fn texts_and_their_expansions() {
        assert_eq!(
            command("~/bin/run {HOME}/x {CAMPAIGN_ID}"),
            "$HOME/bin/run $HOME/x $CIGRI_CAMPAIGN_ID"
        );
        assert_eq!(command("cp a~ b~1 ~ ~user/x"), "cp a~ b~1 $HOME ~user/x");
        assert_eq!(command("run --dir=~/x"), "run --dir=$HOME/x");
        assert_eq!(command("${HOME}/x{HOME}{HOME}"), "${HOME}/x$HOME$HOME");
        assert_eq!(command("{JOB_ID}"), "{JOB_ID}");
        assert_eq!(
            script("mkdir ~/{CAMPAIGN_ID}.{JOB_ID}", &[("{JOB_ID}", "$JOB_ID")]),
            "mkdir $HOME/$CIGRI_CAMPAIGN_ID.$JOB_ID"
        );
        assert_eq!(directory("~/out/{CAMPAIGN_ID}"), "$HOME/out/{CAMPAIGN_ID}");
    }
}
