//! `gridsub`: campaigns submitted, and parameters added to them. A JDL's `param_file` is read here.

mod again;
mod dry_run;
mod param_file;

use std::path::{Path, PathBuf};

use gleaner_api::numbers::PathNumber;
use gleaner_api::routes::Route;
use gleaner_api::shapes::campaign::Campaign;
use gleaner_client::client::Client;
use gleaner_core::ids::CampaignId;
use serde_json::json;

use crate::args::form::OutputForm;
use crate::args::grid::gridsub::GridsubArgs;
use crate::failure::{BAD_INPUT, Failure};
use crate::grid::selector::Selector;
use crate::grid::{connection, failed, files, listing};
use crate::output::{self, Rows};

/// A JDL, or a list of parameters.
struct Given {
    /// What it is called in errors.
    name: String,
    /// The folder that paths in it count from.
    folder: PathBuf,
    text: Vec<u8>,
}

/// Submits what is given.
pub(crate) fn run(options: &GridsubArgs) -> Result<(), Failure> {
    if let Some(campaign) = &options.campaign {
        return add(options, campaign);
    }
    let mut jdls = given(options.jdls.iter().chain(&options.file), &options.json)?;
    if jdls.is_empty() && options.from.is_none() {
        let hint = Some("`gridsub sweep.json`; `gleaner help gridsub` shows an example".to_owned());
        return Err(Failure::new(BAD_INPUT, "no JDL is given", hint));
    }
    let client = connection::client(&options.server)?;
    if let Some(from) = &options.from {
        let campaign = one_campaign(&client, from)?;
        let text = again::jdl(&client, campaign, options.state)?;
        jdls.push(Given { name: format!("campaign {campaign}"), folder: PathBuf::new(), text });
    }
    if options.dry_run {
        let one = |jdl: Given| {
            let body = param_file::with_lines(&jdl.name, &jdl.folder, jdl.text)?;
            dry_run::show(&client, &jdl.name, &body, options.output)
        };
        return failed::each(jdls, one, output::failure);
    }
    let mut done = Vec::new();
    let one = |jdl: Given| {
        let body = param_file::with_lines(&jdl.name, &jdl.folder, jdl.text)?;
        let answer = client.submit(Route::Submit, &body)?;
        let campaign: Campaign = client.parsed(&Route::Submit.into(), &answer.text)?;
        for warning in &campaign.warnings {
            output::note(format!("warning: {}: {warning}", jdl.name));
        }
        if options.output == OutputForm::Table {
            output::line("Campaign successfully submitted");
            if options.details {
                output::json_text(&answer.text);
            }
            output::line(format!("CAMPAIGN_ID={}", campaign.id));
        }
        done.push(campaign);
        Ok(())
    };
    let ended = failed::each(jdls, one, output::failure);
    if options.output != OutputForm::Table {
        output::rows(options.output, &rows(&done));
    }
    ended
}

fn given<'a>(
    paths: impl Iterator<Item = &'a PathBuf>,
    texts: &[String],
) -> Result<Vec<Given>, Failure> {
    let mut all = Vec::new();
    for path in paths {
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        let name = path.display().to_string();
        all.push(Given { name, folder, text: files::read(path)? });
    }
    for text in texts {
        let (name, folder) = ("the JDL of the command line".to_owned(), PathBuf::new());
        all.push(Given { name, folder, text: text.clone().into_bytes() });
    }
    Ok(all)
}

/// Adds parameters to a campaign.
fn add(options: &GridsubArgs, campaign: &String) -> Result<(), Failure> {
    let lists = given(options.jobfile.iter(), &options.jsonjob)?;
    if lists.is_empty()
        || !options.jdls.is_empty()
        || !options.file.is_empty()
        || !options.json.is_empty()
    {
        let message = "--campaign adds parameters, and wants them by --jobfile or --jsonjob";
        let hint = Some("gridsub -c 12 -J '[\"p7 1\", \"p8 2\"]'".to_owned());
        return Err(Failure::new(BAD_INPUT, message, hint));
    }
    let client = connection::client(&options.server)?;
    let campaign = one_campaign(&client, campaign)?;
    let one = |list: Given| {
        let answer = client.submit(Route::AddJobs { campaign }, &list.text)?;
        match options.output {
            OutputForm::Table => {
                output::line(format!("Jobs successfully added to campaign {campaign}"));
                if options.details {
                    output::json_text(&answer.text);
                }
            }
            form => {
                let campaign = client.parsed(&Route::AddJobs { campaign }.into(), &answer.text)?;
                output::rows(form, &rows(&[campaign]));
            }
        }
        Ok(())
    };
    failed::each(lists, one, output::failure)
}

/// The one campaign that a text means.
fn one_campaign(client: &Client, text: &String) -> Result<CampaignId, Failure> {
    if let Some(id) = CampaignId::read(text) {
        return Ok(id);
    }
    let wrong = || {
        let hint = Some("give its number, or `last`".to_owned());
        Failure::new(BAD_INPUT, format!("`{text}` is not one campaign"), hint)
    };
    let selector = Selector::read([text])?.ok_or_else(wrong)?;
    let ids = selector.pick(&listing::campaigns(client, selector.wants_ended(), None)?)?;
    match ids[..] {
        [id] => Ok(CampaignId(id)),
        _ => Err(wrong()),
    }
}

fn rows(campaigns: &[Campaign]) -> Rows {
    let row = |campaign: &Campaign| {
        vec![
            Some(json!(campaign.id)),
            Some(json!(campaign.name)),
            Some(json!(campaign.user)),
            Some(json!(campaign.total_jobs)),
        ]
    };
    Rows { columns: vec!["id", "name", "user", "tasks"], rows: campaigns.iter().map(row).collect() }
}
