//! Reasons of policies: how they are told, written, read again and told once more.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the failure")]

use gleaner_core::ids::{CampaignId, CommandId};
use gleaner_core::policy::campaign::{CampaignPolicy, PerCampaign};
use gleaner_core::policy::entry::Entry;
use gleaner_core::policy::injection;
use gleaner_core::policy::reason::{CODES_OF_THE_CORE, PolicyReason, Wording};
use gleaner_core::policy::spec::PolicySpec;
use gleaner_core::policy::{ClusterView, Offer, PairView};
use gleaner_core::report::Reason;
use gleaner_core::time::Timestamp;
use proptest::prelude::*;

const HELD: Wording = Wording::new(
    "load_held",
    "the load is {load}, aimed at {aim}{late?; the sensor is late}{cold?; not warm yet}: {who}",
);

fn held() -> PolicyReason {
    HELD.with("load", 2.5)
        .with("aim", 3_u32)
        .with("late", true)
        .with("cold", false)
        .with("who", "nfs")
}

fn read(text: &str) -> Reason {
    serde_json::from_str(text).unwrap()
}

#[test]
fn a_reason_is_told_by_its_sentence_and_where_there_is_none_by_code_and_values() {
    let told = "the load is 2.5, aimed at 3; the sensor is late: nfs";
    assert_eq!(held().to_string(), told);
    let text = serde_json::to_string(&Reason::Policy(held())).unwrap();
    let values = r#"{"load":2.5,"aim":3,"late":true,"cold":false,"who":"nfs"}"#;
    assert_eq!(text, format!(r#"{{"load_held":{values}}}"#));

    let Reason::Policy(mut again) = read(&text) else { panic!("a reason of a policy") };
    assert_eq!(again, held());
    let plain = "load_held: load 2.5, aim 3, late true, cold false, who nfs";
    assert_eq!(again.to_string(), plain);
    again.say(&[Wording::new("other", "no"), HELD]);
    assert_eq!(again.to_string(), told);
}

#[test]
fn a_sentence_that_is_not_well_made_is_told_as_far_as_it_goes() {
    let table = [
        ("{by} of {all}", "7 of ?"),
        ("{by", "{by"),
        ("by} {by}", "by} 7"),
        ("{}{?}{by?x}{", "?{"),
        ("", ""),
    ];
    for (sentence, told) in table {
        assert_eq!(Wording::new("c", sentence).with("by", 7_u32).to_string(), told, "{sentence}");
    }
    // What JSON has no number for is told in words.
    assert_eq!(Wording::new("c", "{x}").with("x", f64::NAN).to_string(), "NaN");
}

/// As releases wrote them that had an enum of all policies' reasons, and as they are told.
const OLDER: [(&str, &str, &str); 7] = [
    ("tap", r#"{"rate_reached":{"rate":3}}"#, "the rate is 3 jobs a cycle"),
    (
        "tap",
        r#"{"tap_closed":{"since":60,"grace_over":true}}"#,
        "tap closed since 60, jobs wait or are unclear; others may go first",
    ),
    (
        "tap",
        r#"{"tap_closed":{"since":60,"grace_over":false}}"#,
        "tap closed since 60, jobs wait or are unclear",
    ),
    (
        "tap",
        r#"{"not_seen_yet":{"jobs":2}}"#,
        "2 accepted jobs have not been seen in the cluster yet",
    ),
    (
        "tap:mode=paper",
        r#"{"batch_running":{"active":4}}"#,
        "4 jobs of the last batch are still there",
    ),
    ("greedy", r#"{"cores_reached":{"cores":12}}"#, "the policy counts on 12 idle cores"),
    ("greedy", r#""not_observed""#, "the cluster has not been observed yet"),
];

#[test]
fn what_an_older_release_has_written_is_read_told_and_written_as_it_was() {
    for (policy, text, told) in OLDER {
        let policy = injection::standard().build(&policy.parse::<PolicySpec>().unwrap()).unwrap();
        let Reason::Policy(mut reason) = read(text) else { panic!("{text}") };
        reason.say(policy.wordings());
        assert_eq!(reason.to_string(), told);
        assert_eq!(serde_json::to_string(&Reason::Policy(reason)).unwrap(), text);
    }
}

#[test]
fn what_the_core_decides_is_no_reason_of_a_policy() {
    let behind = Reason::BehindOther { campaign: CampaignId(4) };
    let until = Reason::NotNow { until: Timestamp::from_seconds(9) };
    for reason in [Reason::AllSent, Reason::ClusterLost, behind, until] {
        let text = serde_json::to_string(&reason).unwrap();
        assert_eq!(read(&text), reason, "{text}");
    }
    assert_eq!(serde_json::to_string(&Reason::AllSent).unwrap(), r#""all_sent""#);
}

/// One of each of the core's reasons, and the code of the next: whoever adds one finds this place by the compiler.
fn of_the_core() -> Vec<Reason> {
    let mut all = vec![Reason::AllSent];
    let (campaign, until) = (CampaignId(4), Timestamp::from_seconds(9));
    while let Some(last) = all.last() {
        all.push(match last {
            Reason::AllSent => Reason::BehindGrace { campaign },
            Reason::BehindGrace { .. } => Reason::BehindOther { campaign },
            Reason::BehindOther { .. } => Reason::AnswerAwaited { command: CommandId(5) },
            Reason::AnswerAwaited { .. } => Reason::OutcomesUnknown { commands: 2 },
            Reason::OutcomesUnknown { .. } => Reason::MaxJobs { max: 1 },
            Reason::MaxJobs { .. } => Reason::PrologueFirst,
            Reason::PrologueFirst => Reason::Blocked { events: 3 },
            Reason::Blocked { .. } => Reason::NotNow { until },
            Reason::NotNow { .. } => Reason::Paused,
            Reason::Paused => Reason::ClusterLost,
            Reason::ClusterLost => Reason::ClusterDisabled,
            Reason::ClusterDisabled => Reason::ClusterRetired,
            Reason::ClusterRetired => Reason::ClusterStressed,
            Reason::ClusterStressed => Reason::NothingLeft,
            Reason::NothingLeft | Reason::Policy(_) => break,
        });
    }
    all
}

#[test]
fn every_code_of_the_core_is_listed() {
    let code = |reason: &Reason| match serde_json::to_value(reason).unwrap() {
        serde_json::Value::String(code) => code,
        value => value.as_object().unwrap().keys().next().unwrap().clone(),
    };
    assert_eq!(of_the_core().iter().map(code).collect::<Vec<_>>(), CODES_OF_THE_CORE);
}

/// A policy whose one reason has this code.
#[derive(Debug)]
struct Named([Wording; 1]);

impl CampaignPolicy for Named {
    type State = ();

    fn name(&self) -> &str {
        "named"
    }

    fn arrived(&self) {}

    fn begin(&self, (): &mut (), _pair: &PairView, _cluster: &ClusterView<'_>) {}

    fn depth(&self, (): &()) -> u32 {
        1
    }

    fn offer(&self, (): &mut (), _pair: &PairView, _now: Timestamp) -> Offer {
        Offer::Take(1, self.0[0].reason())
    }

    fn rate(&self, (): &()) -> f64 {
        1.0
    }

    fn wordings(&self) -> &[Wording] {
        &self.0
    }
}

#[test]
fn a_policy_that_takes_a_code_of_the_core_is_refused() {
    for (code, refused) in [("paused", true), ("not_now", true), ("not_yet", false)] {
        let mut catalogue = injection::standard();
        catalogue.register(Entry::new("named", "takes a code", move |_| {
            Ok(Box::new(PerCampaign::new(Named([Wording::new(code, "so it is")]))))
        }));
        for text in ["named", "min(tap; named)"] {
            match catalogue.check(text) {
                Ok(_) => assert!(!refused, "{code}"),
                Err(error) => {
                    assert!(refused, "{code}");
                    let told = format!("policy `named` has a reason with the code `{code}`");
                    assert!(error.to_string().starts_with(&told), "{error}");
                }
            }
        }
    }
}

#[test]
fn what_is_no_reason_is_refused() {
    for text in ["{}", "3", "null", "[]", r#"{"a":1}"#, r#"{"a":{},"b":{}}"#, r#"{"a":{"b":[1]}}"#]
    {
        assert!(serde_json::from_str::<Reason>(text).is_err(), "{text}");
    }
}

proptest! {
    #[test]
    fn any_sentence_is_told_and_any_reason_read_again(
        sentence in "[a-z{}?; ]{0,30}",
        number in any::<f64>(),
        whole in any::<i64>(),
        words in ".{0,10}",
        flag in any::<bool>(),
    ) {
        let code = String::from("own_code");
        let wording = Wording { code: code.into(), sentence: sentence.into() };
        let reason = wording.with("n", number).with("w", whole).with("t", &*words).with("f", flag);
        let _ = reason.to_string();
        let text = serde_json::to_string(&Reason::Policy(reason.clone())).unwrap();
        prop_assert_eq!(read(&text), Reason::Policy(reason));
    }
}
