//! `gridtoken`: a user's tokens of clusters. None is ever shown.

use std::path::Path;

use gleaner_api::routes::Route;
use gleaner_api::shapes::answer::Done;
use gleaner_api::shapes::token::{NewToken, Token, TokenList};
use serde_json::json;

use crate::args::form::OutputForm;
use crate::args::grid::gridtoken::GridtokenArgs;
use crate::failure::{BAD_INPUT, Failure};
use crate::grid::{clusters, connection, files};
use crate::output::{self, Rows};

/// Lists, hands in or removes.
pub(crate) fn run(options: &GridtokenArgs) -> Result<(), Failure> {
    let client = connection::client(&options.server)?;
    if options.list {
        let list: TokenList = client.read(Route::Tokens)?;
        shown(options.output, &list.items);
        return Ok(());
    }
    let nothing = || {
        let hint = Some("`gridtoken --list`, `gridtoken -i CLUSTER --file -`, or `gridtoken -i CLUSTER --remove`".to_owned());
        Failure::new(BAD_INPUT, "nothing to do", hint)
    };
    let cluster = options.cluster_id.as_ref().ok_or_else(nothing)?;
    let token = match (&options.token, &options.file) {
        (Some(token), _) => Some(token.clone()),
        (None, Some(path)) => Some(in_file(path)?),
        (None, None) => None,
    };
    if token.is_none() && !options.remove {
        return Err(nothing());
    }
    let cluster = clusters::number(&client, cluster)?;
    let done: Done = match token {
        Some(token) => {
            let token = NewToken { cluster_id: json!(cluster.0), token: Some(token) };
            client.post(Route::RegisterToken, &token)?
        }
        None => client.read(Route::RemoveToken { cluster })?,
    };
    if options.verbose {
        output::line(format!("{}.", done.message.trim_end_matches('.')));
    }
    Ok(())
}

/// The token in a file: a line of text.
fn in_file(path: &Path) -> Result<String, Failure> {
    let text = String::from_utf8(files::read(path)?).unwrap_or_default();
    match text.trim() {
        "" => {
            let message = format!("`{}` holds no token", path.display());
            Err(Failure::new(BAD_INPUT, message, Some("it must be one line of text".to_owned())))
        }
        token => Ok(token.to_owned()),
    }
}

fn shown(form: OutputForm, tokens: &[Token]) {
    if form != OutputForm::Table {
        return output::rows(form, &rows(tokens));
    }
    if !tokens.is_empty() {
        output::line("You have the following tokens:");
    }
    for token in tokens {
        let until = match (&token.expires_at, token.expired) {
            (Some(at), true) => format!(", expired at {at}"),
            (Some(at), false) => format!(", until {at}"),
            (None, _) => String::new(),
        };
        let (id, name) = (token.cluster_id, &token.cluster_name);
        output::line(format!(" - Cluster #{id} : {} ({name}{until})", token.fingerprint));
    }
}

fn rows(tokens: &[Token]) -> Rows {
    let row = |token: &Token| {
        vec![
            Some(json!(token.cluster_id)),
            Some(json!(token.cluster_name)),
            Some(json!(token.fingerprint)),
            token.expires_at.as_ref().map(|at| json!(at)),
            Some(json!(token.expired)),
            Some(json!(token.registered_at)),
        ]
    };
    Rows {
        columns: vec!["cluster", "name", "fingerprint", "expires_at", "expired", "registered_at"],
        rows: tokens.iter().map(row).collect(),
    }
}
