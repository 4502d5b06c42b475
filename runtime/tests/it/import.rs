//! Moving in from CiGri 3: a dump made here, in the shape of `pg_dump`, is taken over, and bad ones are told with their
//! line.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use gleaner_api::notifications::{ADMINISTRATORS, Channel, Severity};
use gleaner_api::routes::Route;
use gleaner_api::shapes::campaign::Campaign;
use gleaner_api::shapes::notification::SubscriptionList;
use gleaner_api::states::CampaignState;
use gleaner_core::ids::CampaignId;
use gleaner_core::policy::injection;
use gleaner_runtime::clock::Clock;
use gleaner_runtime::config::Config;
use gleaner_runtime::config_file::read::parse_config;
use gleaner_runtime::import::apply::{ApplyError, Plan, apply, plan};
use gleaner_runtime::import::cigri::{Cigri, read};
use gleaner_runtime::import::snippet::snippet;
use serde_json::Value;

use crate::daemon::started;

fn dump() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/import/cigri.sql")
}

/// A configuration with CiGri's clusters, as `gleaner import-cigri` writes them.
fn config(folder: &Path, cigri: &Cigri) -> Config {
    let text = format!(
        "[api]\nlisten = \"127.0.0.1:0\"\nproxy.secret_file = \"proxy.secret\"\n[grid]\ncycle = 0\n[notifications]\nsmtp = \"smtp://127.0.0.1:1\"\n\
         from = \"gleaner@grid.example\"\n{}",
        snippet(cigri)
    );
    // What an operator has to bring for the cluster with a certificate.
    for name in ["cigri.crt", "cigri.key"] {
        std::fs::write(folder.join(name), "").expect("a file");
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(folder.join(name), private).expect("a file");
    }
    let path = folder.join("gleaner.toml");
    std::fs::write(&path, &text).expect("a file");
    parse_config(&path, &text, &|_| None, &injection::standard()).expect("a configuration")
}

fn told(plan: &Plan) -> Vec<String> {
    let line = |it: &gleaner_runtime::import::apply::Imported| {
        let taken = if it.taken { "yes" } else { "no" };
        format!("{} {} {taken}: {}", it.kind, it.name, it.note)
    };
    plan.lines.iter().map(line).collect()
}

#[test]
fn what_comes_over_is_told_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let cigri = read(&dump()).unwrap();
    let config = config(folder.path(), &cigri);
    let lines = told(&plan(&cigri, &config, false));
    assert_eq!(
        lines,
        [
            "cluster lune yes: in the configuration",
            "cluster terre yes: in the configuration",
            "cluster venus yes: in the configuration",
            "cluster grenoble no: not in the configuration",
            "login alice on lune yes: in the configuration",
            "token 1 no: left behind: users hand theirs in again, by `gridtoken`",
            "admission_rule 1 no: left behind: they are programs in Ruby",
            "priority alice on lune yes: 10",
            "priority bob on grenoble no: its cluster is not in the configuration",
            "subscription alice by mail yes: low",
            "subscription alice by xmpp no: people are told by mail and webhooks alone",
            "subscription %%admin%% by mail yes: high",
            "subscription bob by mail no: `` is not a mail address",
            "subscription bob by mail no: it has no severity",
            "campaign 12 of alice: sweep yes: 3 tasks, 1 done before, 3 have a job that CiGri has to see to its end, \
             1 have failed and are left out; cluster `mars` is unknown and not used; known: `lune`, \
             `terre`",
            "campaign 13 of bob: paused one yes: 2 tasks, 0 done before, paused",
            "campaign 14 of bob: nothing left no: nothing is left to be done: 0 tasks, 0 done before, 1 have a job that \
             CiGri has to see to its end",
            "campaign 15 of bob: broken no: its JDL cannot be read: expected ident at line 1 column 2",
        ]
    );
    assert!(!config.store.path.exists());
    // The one that a user has to look at comes over when it is asked for.
    let with_failed = told(&plan(&cigri, &config, true));
    assert!(with_failed.iter().any(|line| line.contains("sweep yes: 4 tasks")), "{with_failed:?}");
}

#[test]
fn clusters_become_a_configuration_without_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let cigri = read(&dump()).unwrap();
    let config = config(folder.path(), &cigri);
    let text = snippet(&cigri);
    assert!(!text.contains("s3cret") && !text.contains("Bearer"), "{text}");
    let told: Vec<String> = config
        .clusters
        .iter()
        .map(|it| {
            let (dialect, auth) = (it.dialect.word(), it.auth.word());
            format!(
                "{} {dialect} {auth} {} {} {}",
                it.name, it.enabled, it.page_size, it.details_chunk
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            "lune oar2 header true 100 100",
            "terre oar3 jwt true 500 100",
            "venus oar2 certificate false 100 100"
        ]
    );
    assert_eq!(config.clusters[0].login("alice"), Some("al1ce"));
    assert_eq!(config.clusters[0].properties, "gpu = 'NO'");
    assert!(text.contains("# Cluster \"grenoble\" is left out"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn campaigns_go_on_where_cigri_left_them_and_are_imported_once() {
    let folder = tempfile::tempdir().unwrap();
    let cigri = read(&dump()).unwrap();
    let config = config(folder.path(), &cigri);
    let catalogue = injection::standard();
    let taken =
        apply(plan(&cigri, &config, false), &config, &catalogue, Arc::new(Clock::machine()));
    // No number means two campaigns.
    assert_eq!(taken.unwrap(), [(12, CampaignId(18)), (13, CampaignId(19))]);
    let again =
        apply(plan(&cigri, &config, false), &config, &catalogue, Arc::new(Clock::machine()));
    assert!(matches!(again, Err(ApplyError::Used { campaigns: 2, .. })), "{again:?}");

    let daemon = started(&config.path).await;
    let done = daemon.client.until(CampaignId(18), CampaignState::Terminated).await;
    assert_eq!((done.user.as_str(), done.total_jobs, done.finished_jobs), ("alice", 3, 3));
    let jdl: Value = daemon.client.get(Route::Jdl { campaign: CampaignId(18) }).await;
    // The one that was to be resubmitted first, and neither what is done nor what CiGri still works on.
    assert_eq!(jdl["params"], serde_json::json!(["p2 x y", "p0 x y", "p1 x y"]));
    let route = Route::Campaign { campaign: CampaignId(19) };
    let held: Campaign = daemon.client.done(Some("bob"), route, Value::Null).await;
    assert_eq!(
        (held.user.as_str(), held.total_jobs, held.state),
        ("bob", 2, CampaignState::Paused)
    );
    let list: SubscriptionList =
        daemon.client.done(Some("alice"), Route::Notifications, Value::Null).await;
    let (item, count) = (&list.items[0], list.items.len());
    assert_eq!((count, item.channel, item.severity), (1, Channel::Mail, Severity::Low));
    let list: SubscriptionList =
        daemon.client.done(Some("root"), Route::Notifications, Value::Null).await;
    assert_eq!((&*list.items[0].grid_user, list.items.len()), (ADMINISTRATORS, 1));
    daemon.stop().await;
}

#[test]
fn bad_dumps_are_told_with_their_line() {
    let folder = tempfile::tempdir().unwrap();
    let good = std::fs::read_to_string(dump()).unwrap();
    let path = folder.path().join("d.sql");
    let told = |text: &[u8]| {
        std::fs::write(&path, text).unwrap();
        let error = read(&path).expect_err("a mistake");
        let text = error.to_string().replace(&*folder.path().to_string_lossy(), "");
        format!("{text} ({})", error.hint())
    };
    let line = |text: &str| 1 + good.lines().position(|it| it.starts_with(text)).expect("a line");
    let cut = good.split("COPY public.jobs").next().unwrap().to_owned()
        + "COPY public.jobs (id) FROM stdin;\n1\n\\.\n";
    let campaign = line("12\talice");
    for (text, expected) in [
        (b"PGDMP\x01\x0e".to_vec(), "/d.sql:1: this is no plain dump".to_owned()),
        (vec![0x1f, 0x8b, 8, 0], "/d.sql:1: this is compressed (unpack".to_owned()),
        (Vec::new(), "/d.sql:1: there is no table `clusters` in it".to_owned()),
        (b"hello\n".to_vec(), "/d.sql:1: there is no table `clusters` in it".to_owned()),
        (
            good.replace(
                "COPY public.clusters",
                "INSERT INTO public.clusters VALUES (1);\nCOPY public.clusters",
            )
            .into(),
            format!(
                "/d.sql:{}: the rows of `clusters` are written as INSERT",
                line("COPY public.clusters")
            ),
        ),
        (
            cut.into(),
            format!(
                "/d.sql:{}: table `jobs` has no column `campaign_id`",
                line("COPY public.jobs") + 1
            ),
        ),
        (
            good.split("COPY public.jobs").next().unwrap().rsplit_once("\\.").unwrap().0.into(),
            format!(
                "/d.sql:{}: the dump ends within the rows of `events`",
                line("2\tcampaign\tBLACKLIST")
            ),
        ),
        (
            good.replace("12\talice\tin_treatment", "12\talice\todd").into(),
            format!("/d.sql:{campaign}: `state` of `campaigns` is `odd`"),
        ),
        (
            good.replace("12\talice\tin_treatment", "x\talice\tin_treatment").into(),
            format!(
                "/d.sql:{campaign}: `id` of `campaigns` is `x`, expected a number in its range"
            ),
        ),
        (
            good.replace("12\talice\tin_treatment", "12\tin_treatment").into(),
            format!(
                "/d.sql:{campaign}: a row of `campaigns` has 8 values, but there are 9 columns"
            ),
        ),
        (
            good.replace("12\talice\tin_treatment", "12\t\\N\tin_treatment").into(),
            format!("/d.sql:{campaign}: `grid_user` of `campaigns` is `nothing`, expected a value"),
        ),
        (
            [good.as_bytes(), b"COPY campaigns (id) FROM stdin;\n\xff\n"].concat(),
            format!("/d.sql:{}: this line is not UTF-8 (dump it", good.lines().count() + 2),
        ),
        (
            good.replace("(id, code) FROM stdin;", "(id, code) FROM 'file';").into(),
            format!(
                "/d.sql:{}: this COPY cannot be understood",
                line("COPY public.admission_rules")
            ),
        ),
    ] {
        let found = told(&text);
        assert!(found.starts_with(&expected), "{found}\nexpected {expected}");
    }
}
