//! Policies by name: what is understood, and how a wrong text is answered.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the failure")]

use gleaner_core::policy::error::PolicyError;
use gleaner_core::policy::injection;
use gleaner_core::policy::spec::PolicySpec;
use proptest::prelude::*;

fn check(text: &str) -> String {
    let built = text.parse::<PolicySpec>().and_then(|spec| injection::standard().build(&spec));
    match built {
        Ok(policy) => policy.name().to_owned(),
        Err(error) => format!("{error}; {}", error.hint()),
    }
}

#[test]
fn texts_and_their_policies() {
    let form = "write `name` or `name:key=value,key=value`, as in `tap:init=3,factor=1.5`";
    let table = [
        ("tap", "tap".to_owned()),
        (" tap : init = 3 , factor=1.5 ", "tap".into()),
        ("tap:mode=paper,rounding=trunc", "tap".into()),
        ("greedy:reserve=0,max=50", "greedy".into()),
        ("tpa", "unknown policy `tpa`; did you mean `tap`?".into()),
        ("biphasic", "unknown policy `biphasic`; known: `tap`, `greedy`".into()),
        ("", format!("`` names no policy; {form}")),
        (":init=3", format!("`:init=3` names no policy; {form}")),
        ("tap:init", format!("`init` in policy `tap` is not of the form `key=value`; {form}")),
        ("tap:", format!("`` in policy `tap` is not of the form `key=value`; {form}")),
        ("tap:init=3,init=4", format!("policy `tap` is given `init` twice; {form}")),
        ("tap:facter=2", "policy `tap` has no parameter `facter`; did you mean `factor`?".into()),
        (
            "greedy:kp=1",
            "policy `greedy` has no parameter `kp`; known: `reserve`, `max`".into(),
        ),
        (
            "tap:factor=big",
            "`factor=big` in policy `tap`: expected a number from 1 to 100; leave `factor` out to use its default"
                .into(),
        ),
        (
            "tap:factor=NaN",
            "`factor=NaN` in policy `tap`: expected a number from 1 to 100; leave `factor` out to use its default"
                .into(),
        ),
        (
            "tap:init=-3",
            "`init=-3` in policy `tap`: expected a whole number from 1 to 1000000; leave `init` out to use its default"
                .into(),
        ),
        (
            "tap:mode=fast",
            "`mode=fast` in policy `tap`: expected `production` or `paper`; leave `mode` out to use its default".into(),
        ),
        ("tap:init=5,max=4", "policy `tap`: `init` is larger than `max`; change one of the two values".into()),
        (
            "tap:rounding=trunc",
            "policy `tap`: `rounding` has no meaning without `mode=paper`; change one of the two values".into(),
        ),
        (
            "tap:mode=paper,grace=5",
            "policy `tap`: `grace` has no meaning with `mode=paper`; change one of the two values".into(),
        ),
    ];
    for (text, expected) in table {
        assert_eq!(check(text), expected, "{text}");
    }
}

#[test]
fn too_many_keys_are_refused() {
    let keys: Vec<_> = (0..100).map(|key| format!("k{key}=1")).collect();
    let error = format!("tap:{}", keys.join(",")).parse::<PolicySpec>().unwrap_err();
    assert_eq!(error, PolicyError::TooManyKeys { policy: "tap".into(), max: 64 });
}

proptest! {
    #[test]
    fn any_text_is_a_policy_or_an_error(text in "[a-z0-9:=,. -]{0,40}") {
        prop_assert!(!check(&text).is_empty());
    }

    #[test]
    fn a_policy_prints_as_it_is_read(name in "[a-z]{1,8}", keys in prop::collection::btree_map("[a-z]{1,4}", "[0-9.]{1,4}", 0..5)) {
        let parameters = keys.into_iter().map(|(key, value)| (key.into(), value.into())).collect();
        let spec = PolicySpec { name: name.as_str().into(), parameters };
        prop_assert_eq!(spec.to_string().parse::<PolicySpec>(), Ok(spec));
    }
}
