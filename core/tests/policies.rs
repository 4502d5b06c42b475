//! Policies by name: what is understood, and how a wrong text is answered.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the failure")]

use gleaner_core::policy::error::PolicyError;
use gleaner_core::policy::given::GivenPolicy;
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
        ("biphasic", "unknown policy `biphasic`; known: `tap`, `greedy`, `min`, `max`".into()),
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
fn policies_made_of_policies() {
    let form = "write `name(policy; policy)`, as in `min(tap; greedy:reserve=8)`";
    let table = [
        ("min(tap; greedy)", "min".to_owned()),
        ("  max ( tap : init = 5 ;min( greedy ) ) ", "max".into()),
        ("min(tap; gredy)", "unknown policy `gredy`; did you mean `greedy`?".into()),
        ("min(tap:int=3)", "policy `tap` has no parameter `int`; did you mean `init`?".into()),
        ("min", format!("policy `min` is made of others, and is given none; {form}")),
        (
            "tap(greedy)",
            "policy `tap` is not made of other policies; leave the brackets of `tap` out".into(),
        ),
        (
            "min:x=1(tap)",
            "policy `min` has no parameter `x`; there is none to choose from".into(),
        ),
        (
            "min()",
            format!("at character 5 of `min()`: expected the name of a policy; {form}"),
        ),
        (
            "min(tap;)",
            format!("at character 9 of `min(tap;)`: expected the name of a policy; {form}"),
        ),
        (
            "min(tap; greedy",
            format!(
                "at character 16 of `min(tap; greedy`: expected `;` and one more policy, or `)`; {form}"
            ),
        ),
        ("min(tap))", format!("at character 9 of `min(tap))`: expected the end; {form}")),
        (
            "min(tap) x",
            format!(
                "at character 10 of `min(tap) x`: expected `:` and parameters, `(` and policies, or the end; {form}"
            ),
        ),
        (
            "tap,init=3",
            format!(
                "at character 4 of `tap,init=3`: expected `:` and parameters, `(` and policies, or the end; {form}"
            ),
        ),
        ("tap;greedy", format!("at character 4 of `tap;greedy`: expected the end; {form}")),
        (
            "t\u{7}p",
            "`t\\u{7}p` cannot be a name of a policy: it holds '\\u{7}'; `:` `=` `,` `;` and brackets hold the text \
             of a policy together"
                .into(),
        ),
    ];
    for (text, expected) in table {
        assert_eq!(check(text), expected, "{text}");
    }
}

#[test]
fn what_a_policy_is_made_of_is_bounded() {
    let deep = |depth: usize| format!("{}tap{}", "min(".repeat(depth), ")".repeat(depth));
    assert_eq!(check(&deep(7)), "min");
    assert!(check(&deep(8)).starts_with("more than 8 policies stand within one another; "));
    let wide = |count: usize| format!("min({})", vec!["tap"; count].join(";"));
    assert_eq!(check(&wide(63)), "min");
    assert!(check(&wide(64)).starts_with("one policy is made of more than 64; "));
    assert!(check(&"(".repeat(100_000)).starts_with("the text of a policy is longer than 8192 "));

    // Nor can a table of a file hold more than a text.
    let mut given = GivenPolicy::Text("tap".to_owned());
    for _ in 0..8 {
        given = GivenPolicy::Table { name: "min".to_owned(), parameters: vec![], of: vec![given] };
    }
    assert_eq!(given.spec(), Err(PolicyError::TooDeep { max: 8 }));
}

#[test]
fn a_table_says_what_a_text_says() {
    let table = r#"{"name": "min", "x": 1, "of": ["tap: init=2", {"name": "b", "f": 1.5, "t": "a b", "y": true}]}"#;
    let given: GivenPolicy = serde_json::from_str(table).unwrap();
    assert_eq!(given.spec().unwrap().to_string(), "min:x=1(tap:init=2; b:f=1.5,t=a b,y=true)");
    for (table, part) in [
        (r#"3"#, "a policy: a text like \"tap:init=5\", or a table"),
        (r#"{"init": 3}"#, "a policy's table needs a `name`"),
        (r#"{"name": "tap", "init": [3]}"#, "a parameter of a policy: a number"),
        (r#"{"name": "min", "of": "tap"}"#, "expected a sequence"),
    ] {
        let error = serde_json::from_str::<GivenPolicy>(table).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
    let bad = r#"{"name": "tap", "init": "3;4"}"#;
    let error = serde_json::from_str::<GivenPolicy>(bad).unwrap().spec().unwrap_err();
    assert_eq!(error.to_string(), "`3;4` cannot be a value of a policy: it holds ';'");
}

#[test]
fn too_many_keys_are_refused() {
    let keys: Vec<_> = (0..100).map(|key| format!("k{key}=1")).collect();
    let error = format!("tap:{}", keys.join(",")).parse::<PolicySpec>().unwrap_err();
    assert_eq!(error, PolicyError::TooManyKeys { policy: "tap".into(), max: 64 });
}

/// Any policy that can be asked for: names and keys of letters that mean nothing, values of almost any.
fn specs() -> impl Strategy<Value = PolicySpec> {
    let word = "[a-zé_.-]([a-z0-9 _.-]{0,6}[a-z0-9])?";
    let value = "([!-'*+./-:<-~é]([ -'*+./-:<-~é]{0,6}[!-'*+./-:<-~é])?)?";
    let keys = prop::collection::btree_map(word, value, 0..5);
    let keys = keys.prop_map(|keys| {
        keys.into_iter().map(|(key, value)| (key.into(), value.into())).collect::<Vec<_>>()
    });
    let alone = (word, keys.clone())
        .prop_map(|(name, keys)| PolicySpec::of(&name, keys, Vec::new()).expect("good words"));
    alone.prop_recursive(4, 20, 4, move |inner| {
        let operands = prop::collection::vec(inner, 0..4);
        (word, keys.clone(), operands).prop_map(|(name, keys, operands)| {
            PolicySpec::of(&name, keys, operands).expect("good words, and not too many")
        })
    })
}

proptest! {
    #[test]
    fn any_text_is_a_policy_or_an_error(text in "[a-z0-9:=,.;() é\n-]{0,40}") {
        prop_assert!(!check(&text).is_empty());
        // And what is read prints as it is read again.
        if let Ok(spec) = text.parse::<PolicySpec>() {
            prop_assert_eq!(spec.to_string().parse::<PolicySpec>(), Ok(spec));
        }
    }

    #[test]
    fn a_policy_prints_as_it_is_read(spec in specs()) {
        let text = spec.to_string();
        prop_assert_eq!(text.parse::<PolicySpec>(), Ok(spec.clone()), "{}", text);
        // In a checkpoint it is a text, too.
        let written = serde_json::to_string(&spec).unwrap();
        prop_assert_eq!(serde_json::from_str::<PolicySpec>(&written).unwrap(), spec);
    }
}
