//! Lists of campaigns: generated, written, read, and refused with the line at fault.

use std::path::Path;

use gleaner_traces::campaigns::Campaign;
use gleaner_traces::campaigns::generate::CampaignSpec;
use gleaner_traces::campaigns::laws::{CampaignLaws, JobsLaw};
use gleaner_traces::campaigns::table::{read, write};
use proptest::prelude::*;

fn spec() -> CampaignSpec {
    CampaignSpec {
        campaigns: 2000,
        mean_gap_s: 1000.0,
        users: 10,
        tasks_max: 5000,
        laws: CampaignLaws::default(),
        seed: 3,
    }
}

fn check(text: &str) -> String {
    match read(text.as_bytes(), Path::new("c.csv")) {
        Ok(campaigns) => campaigns.iter().map(|c| format!("{c:?}\n")).collect(),
        Err(error) => format!("{error}; hint: {}", error.hint().unwrap_or("none")),
    }
}

#[test]
fn a_generated_list_is_repeatable_and_in_order() {
    let made = spec().generate().unwrap();
    assert_eq!(made, spec().generate().unwrap());
    assert_ne!(made, CampaignSpec { seed: 4, ..spec() }.generate().unwrap());
    assert!(made.is_sorted_by(|a, b| a.submission_s <= b.submission_s));
    assert!((made[1999].submission_s / 2_000_000.0 - 1.0).abs() < 0.1);
    assert!(made.iter().all(|campaign| (1..=5000).contains(&campaign.tasks)));
    let of_first = made.iter().filter(|campaign| campaign.user == "user1").count();
    assert!((550..820).contains(&of_first), "the weight of the first of ten is 0.34: {of_first}");
    let mut bytes = Vec::new();
    write(&mut bytes, &made).unwrap();
    assert_eq!(read(bytes.as_slice(), Path::new("c.csv")).unwrap(), made);
}

#[test]
fn parameters_out_of_range_are_refused() {
    let jobs = JobsLaw::LogNormal { mu: f64::NAN, sigma: 1.0 };
    let laws = CampaignLaws { jobs, ..CampaignLaws::default() };
    for (spec, expected) in [
        (CampaignSpec { campaigns: 0, ..spec() }, "`campaigns` is 0, expected 1 to 10000000"),
        (CampaignSpec { mean_gap_s: 0.0, ..spec() }, "`mean_gap_s` is 0, expected above 0"),
        (CampaignSpec { mean_gap_s: f64::NAN, ..spec() }, "`mean_gap_s` is NaN, expected above 0"),
        (
            CampaignSpec { laws, ..spec() },
            "the law of jobs is `LogNormal { mu: NaN, sigma: 1.0 }`, whose numbers are out of range",
        ),
        (CampaignSpec { users: 0, ..spec() }, "`users` is 0, expected 1 to 10000000"),
    ] {
        assert_eq!(spec.generate().unwrap_err().to_string(), expected);
    }
}

#[test]
fn columns_may_stand_in_any_order() {
    let text = "tasks, user,name,mean_runtime_s,submission_s\n7,ann,\"a, b\",2.5,0\n";
    assert_eq!(
        check(text),
        "Campaign { name: \"a, b\", user: \"ann\", submission_s: 0.0, tasks: 7, mean_runtime_s: 2.5 }\n"
    );
}

#[test]
fn each_bad_list_is_told_with_its_line() {
    let head = "name,user,submission_s,tasks,mean_runtime_s\n";
    for (text, expected) in [
        ("", "c.csv:1: there is no column `name`"),
        ("name,user,submission_s,tasks\n", "c.csv:1: there is no column `mean_runtime_s`"),
        ("name,nmae\n", "c.csv:1: the column `nmae` is not known"),
        ("name,name\n", "c.csv:1: the column `name` is there twice"),
        (&format!("{head}a,u,0,1,1\na,u,0,1,1\n"), "c.csv:3: the campaign `a` is there twice"),
        (&format!("{head}\na,u,0,1\n"), "c.csv:3: the row has 4 values, expected 5"),
        (&format!("{head}a,u,0,1,1,1\n"), "c.csv:2: the row has 6 values, expected 5"),
        (&format!("{head},u,0,1,1\n"), "c.csv:2: `name` is ``, expected a name"),
        (
            &format!("{head}a,u,-1,1,1\n"),
            "c.csv:2: `submission_s` is `-1`, expected seconds, 0 or more",
        ),
        (
            &format!("{head}a,u,nan,1,1\n"),
            "c.csv:2: `submission_s` is `nan`, expected seconds, 0 or more",
        ),
        (
            &format!("{head}a,u,0,1.5,1\n"),
            "c.csv:2: `tasks` is `1.5`, expected a whole number from 1",
        ),
        (&format!("{head}a,u,0,0,1\n"), "c.csv:2: `tasks` is `0`, expected a whole number from 1"),
        (
            &format!("{head}a,u,0,1,0\n"),
            "c.csv:2: `mean_runtime_s` is `0`, expected seconds, above 0",
        ),
        (
            &format!("{head}a,u,0,1,inf\n"),
            "c.csv:2: `mean_runtime_s` is `inf`, expected seconds, above 0",
        ),
    ] {
        let got = check(text);
        let (error, hint) = got.split_once("; hint: ").expect("there is a hint");
        assert_eq!(error, expected);
        assert_ne!(hint, "none");
    }
    let bytes = [head.as_bytes(), b"\xff,u,0,1,1\n"].concat();
    let error = read(bytes.as_slice(), Path::new("c.csv")).unwrap_err();
    assert_eq!(error.to_string(), "c.csv:2:1: the text is not UTF-8");
}

fn any_campaign() -> impl Strategy<Value = Campaign> {
    ("[a-z,\" ]{0,8}x", "u[a-z\n]{0,4}v", 0u32..1_000_000, 1u64..1_000_000, 1u32..1_000_000)
        .prop_map(|(name, user, submission, tasks, mean)| Campaign {
            name: name.trim().to_owned(),
            user,
            submission_s: f64::from(submission) / 8.0,
            tasks,
            mean_runtime_s: f64::from(mean) / 10.0,
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn written_campaigns_read_back_equal(campaigns in prop::collection::vec(any_campaign(), 0..20)) {
        let mut campaigns = campaigns;
        for (index, campaign) in campaigns.iter_mut().enumerate() {
            campaign.name.push_str(&index.to_string());
        }
        let mut bytes = Vec::new();
        write(&mut bytes, &campaigns).unwrap();
        prop_assert_eq!(read(bytes.as_slice(), Path::new("c")).unwrap(), campaigns);
    }

    #[test]
    fn no_bytes_panic_the_reader(bytes in prop::collection::vec(any::<u8>(), 0..500)) {
        prop_assert!(read(bytes.as_slice(), Path::new("c")).is_err());
        let whole = [b"name,user,submission_s,tasks,mean_runtime_s\n".as_slice(), &bytes].concat();
        for campaign in read(whole.as_slice(), Path::new("c")).unwrap_or_default() {
            prop_assert!(campaign.tasks > 0 && campaign.mean_runtime_s > 0.0);
        }
    }
}
