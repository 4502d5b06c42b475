//! `token`: the daemon's own tokens, made, listed and revoked over its API. What may be done, the daemon decides.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;

use gleaner_api::numbers::AccessTokenId;
use gleaner_api::routes::Route;
use gleaner_api::shapes::access_token::{
    AccessToken, AccessTokenList, IssuedToken, NewAccessToken,
};
use gleaner_api::shapes::answer::Done;
use serde_json::json;

use crate::args::daemon::token::{IssueArgs, ListArgs, RevokeArgs, TokenArgs, TokenCommand};
use crate::failure::{FAILED, Failure, REFUSED};
use crate::grid::connection::client;
use crate::output::{self, Rows};

/// Makes, lists or revokes.
pub(crate) fn run(options: &TokenArgs) -> Result<(), Failure> {
    match &options.command {
        TokenCommand::Issue(options) => issue(options),
        TokenCommand::List(options) => list(options),
        TokenCommand::Revoke(options) => revoke(options),
    }
}

fn issue(options: &IssueArgs) -> Result<(), Failure> {
    let client = client(&options.server)?;
    // Before the token is there: it is shown once.
    let file = options.file.as_ref().map(|path| {
        let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        let file = made.map_err(|error| {
            let message = format!("cannot make `{}`: {error}", path.display());
            let hint =
                "a file that is there is not replaced; remove it, or give another".to_owned();
            Failure::new(REFUSED, message, Some(hint))
        })?;
        Ok::<_, Failure>((path, file))
    });
    let file = file.transpose()?;
    let wish = NewAccessToken {
        user: options.user.clone(),
        lifetime_s: options.days.map(|days| u64::from(days) * 86_400),
        note: options.note.clone(),
    };
    let issued: Result<IssuedToken, _> = client.post(Route::IssueAccessToken, &wish);
    let Some((path, mut file)) = file else {
        output::line(issued?.token);
        return Ok(());
    };
    let issued = issued.inspect_err(|_| {
        // Nothing stands in it.
        let _ = std::fs::remove_file(path);
    })?;
    let written = writeln!(file, "{}", issued.token).and_then(|()| file.sync_all());
    written.map_err(|error| {
        let message = format!("cannot write `{}`: {error}", path.display());
        let hint = format!("the token is made, and lost: `gleaner token revoke {}`", issued.id);
        Failure::new(FAILED, message, Some(hint))
    })?;
    let IssuedToken { id, user, expires_at, .. } = issued;
    output::note(format!("token {id} of `{user}`, until {expires_at}"));
    Ok(())
}

fn list(options: &ListArgs) -> Result<(), Failure> {
    let list: AccessTokenList = client(&options.server)?.read(Route::AccessTokens)?;
    let row = |token: &AccessToken| {
        vec![
            Some(json!(token.id)),
            Some(json!(token.user)),
            Some(json!(token.state)),
            Some(json!(token.expires_at)),
            Some(json!(token.issued_by)),
            Some(json!(token.issued_at)),
            Some(json!(token.note)),
        ]
    };
    let columns = vec!["id", "user", "state", "expires_at", "issued_by", "issued_at", "note"];
    output::rows(options.output, &Rows { columns, rows: list.items.iter().map(row).collect() });
    Ok(())
}

fn revoke(options: &RevokeArgs) -> Result<(), Failure> {
    let token = AccessTokenId(options.id);
    let done: Done = client(&options.server)?.read(Route::RevokeAccessToken { token })?;
    output::note(done.message);
    Ok(())
}
