//! `gridnotify`: where a user is told what happens.

use gleaner_api::notifications::Severity;
use gleaner_api::routes::{Param, Route};
use gleaner_api::shapes::answer::Done;
use gleaner_api::shapes::notification::{NewSubscription, Subscription, SubscriptionList};
use serde_json::json;

use crate::args::form::OutputForm;
use crate::args::grid::gridnotify::{GridnotifyArgs, SeverityArg};
use crate::failure::{BAD_INPUT, Failure};
use crate::grid::connection;
use crate::output::{self, Rows};

/// Lists, subscribes or unsubscribes.
pub(crate) fn run(options: &GridnotifyArgs) -> Result<(), Failure> {
    let wrong = |message: &str, hint: &str| Failure::new(BAD_INPUT, message, Some(hint.to_owned()));
    let client = connection::client(&options.server)?;
    if options.list {
        let list: SubscriptionList = client.read(Route::Notifications)?;
        shown(options.output, &list.items);
        return Ok(());
    }
    let ways = [
        (&options.mail, Route::SubscribeMail, Route::UnsubscribeMail),
        (&options.webhook, Route::SubscribeWebhook, Route::UnsubscribeWebhook),
        (&options.jabber, Route::SubscribeJabber, Route::UnsubscribeJabber),
    ];
    let way = ways.into_iter().find_map(|(address, on, off)| Some((address.as_ref()?, on, off)));
    let Some((identity, subscribe, unsubscribe)) = way else {
        let hint = "`gridnotify --list`, or `gridnotify -m ann@lab.example -s medium`";
        return Err(wrong("nothing to do", hint));
    };
    let done: Done = if options.unsubscribe {
        client.read(unsubscribe.with(Param::Identity, identity))?
    } else {
        let severity = options.severity.ok_or_else(|| {
            wrong(
                "no severity is given",
                "add `-s low`, `-s medium` or `-s high`: from which on you are told",
            )
        })?;
        let severity = match severity {
            SeverityArg::Low => Severity::Low,
            SeverityArg::Medium => Severity::Medium,
            SeverityArg::High => Severity::High,
        };
        let (identity, severity) = (Some(identity.clone()), Some(severity.word().to_owned()));
        client.post(subscribe, &NewSubscription { identity, severity })?
    };
    if options.verbose {
        output::line(format!("{}.", done.message.trim_end_matches('.')));
    }
    Ok(())
}

fn shown(form: OutputForm, subscriptions: &[Subscription]) {
    if form != OutputForm::Table {
        return output::rows(form, &rows(subscriptions));
    }
    if !subscriptions.is_empty() {
        output::line("You have the following notification subscriptions:");
    }
    for one in subscriptions {
        let (way, severity) = (one.channel.word(), one.severity.word());
        output::line(format!(" - {way} on {} with severity {severity}", one.identity));
    }
}

fn rows(subscriptions: &[Subscription]) -> Rows {
    let row = |one: &Subscription| {
        vec![
            Some(json!(one.identity)),
            Some(json!(one.channel.word())),
            Some(json!(one.severity.word())),
            Some(json!(one.grid_user)),
        ]
    };
    Rows {
        columns: vec!["identity", "type", "severity", "user"],
        rows: subscriptions.iter().map(row).collect(),
    }
}
