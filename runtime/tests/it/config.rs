//! Configurations: bad ones, as text files, are told with the place of the mistake and a hint; good ones mean what they say.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use gleaner_core::policy::injection;
use gleaner_runtime::config::inspect::{Level, inspect};
use gleaner_runtime::config::{Auth, Config, LogLevel};
use gleaner_runtime::config_file::TEMPLATE;
use gleaner_runtime::config_file::error::ConfigError;
use gleaner_runtime::config_file::read::parse_config;
use gleaner_runtime::sites::oar::LANGUAGE;
use proptest::prelude::*;

use crate::expect;

fn parse(text: &str) -> Result<Config, ConfigError> {
    parse_config(Path::new("/etc/gleaner/gleaner.toml"), text, &|_| None, &injection::standard())
}

fn told(error: &ConfigError) -> String {
    let mut text = format!("{error}\n").replace("/etc/gleaner/", "");
    if let Some(hint) = error.hint() {
        text.push_str(&format!("hint: {hint}\n"));
    }
    text
}

#[test]
fn each_mistake_is_told_with_its_line_and_a_hint() {
    expect::check_folder("bad-config", |config| match parse(config) {
        Ok(_) => "nothing wrong\n".to_owned(),
        Err(error) => told(&error),
    });
}

#[test]
fn a_policy_is_a_text_or_a_table_that_says_the_same() {
    let cluster =
        "[[cluster]]\nname = \"a\"\napi_url = \"http://127.0.0.1:6668/\"\ndialect = \"oar2\"\n";
    let policy = |given: &str| {
        let config = parse(&format!("{cluster}{given}\n")).expect("a configuration");
        config.clusters[0].policy.to_string()
    };
    // Keys of a table have no order of their own.
    assert_eq!(
        policy("policy = { name = \"tap\", init = 5, factor = 2.5 }"),
        "tap:factor=2.5,init=5"
    );
    let nested = "min(tap:init=5; greedy:reserve=8)";
    assert_eq!(policy(&format!("policy = \"{nested}\"")), nested);
    assert_eq!(
        policy(
            "[cluster.policy]\nname = \"min\"\nof = [\"tap:init=5\", { name = \"greedy\", reserve = 8 }]"
        ),
        nested
    );
}

#[test]
fn the_template_is_a_configuration_and_shows_the_defaults() {
    let config = parse(TEMPLATE).unwrap();
    // Each line that shows a default, taken as written, must change nothing.
    let mut shown = String::new();
    for line in TEMPLATE.lines() {
        let setting = line.strip_prefix("# ").filter(|rest| {
            let key: String = rest.chars().take_while(|c| *c != ' ').collect();
            rest[key.len()..].starts_with(" = ")
                && key.chars().all(|c| c.is_ascii_lowercase() || c == '_')
        });
        let examples = [
            "listen",
            "issuers",
            "socket_group",
            "users = [",
            "secret_",
            "smtp",
            "from",
            "admins = [",
            "allow_",
            "webhook_",
            "ca_file",
            "cores_per",
            "policy = \"tap:init=10",
            "alice",
            "retries_max",
            "archive_",
        ];
        match setting.filter(|s| !examples.iter().any(|example| s.starts_with(example))) {
            Some(setting) => shown.push_str(setting),
            None => shown.push_str(line),
        }
        shown.push('\n');
    }
    let mut written = parse(&shown).unwrap();
    // The default policy is written out in the template.
    assert_eq!(written.clusters[0].policy.to_string(), "tap:init=3,factor=1.5,max=100,grace=60");
    written.clusters[0].policy = config.clusters[0].policy.clone();
    // What its clusters ask for at least is written out, too.
    assert_eq!(written.grid.default_resources.take().as_deref(), Some(LANGUAGE.least));
    assert_eq!(written, config);
}

#[test]
fn the_environment_comes_before_the_file() {
    let minimal = "[[cluster]]\nname = 'a'\napi_url = 'http://h/'\ndialect = 'oar3'\n";
    let environment = |name: &str| {
        Some(match name {
            "GLEANER_LISTEN" => "127.0.0.2:1".to_owned(),
            "GLEANER_STORE" => "/var/lib/g.db".to_owned(),
            "GLEANER_LOG" => "debug".to_owned(),
            "GLEANER_LOG_JSON" => "1".to_owned(),
            _ => return None,
        })
    };
    let config =
        parse_config(Path::new("/etc/g.toml"), minimal, &environment, &injection::standard())
            .unwrap();
    assert_eq!(config.api.listen.map(|it| it.to_string()).as_deref(), Some("127.0.0.2:1"));
    assert_eq!(config.store.path, Path::new("/var/lib/g.db"));
    assert_eq!(config.key_file, Path::new("/etc/gleaner.key"));
    assert_eq!((config.log.level, config.log.json), (LogLevel::Debug, true));
    assert_eq!(config.clusters[0].auth, Auth::Jwt);

    let open = |name: &str| (name == "GLEANER_LISTEN").then(|| "0.0.0.0:80".to_owned());
    assert!(parse_config(Path::new("g.toml"), minimal, &open, &injection::standard()).is_err());
    let bad = |name: &str| (name == "GLEANER_LOG").then(|| "loud".to_owned());
    assert!(parse_config(Path::new("g.toml"), minimal, &bad, &injection::standard()).is_err());
}

#[test]
fn where_the_daemon_listens_unless_it_is_told() {
    let cluster = "[[cluster]]\nname = 'a'\napi_url = 'http://h/'\ndialect = 'oar2'\n";
    let read = |api: &str, variables: &[(&str, &str)]| {
        let environment = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let text = format!("{api}\n{cluster}");
        let config =
            parse_config(Path::new("/etc/g.toml"), &text, &environment, &injection::standard());
        let api = config.unwrap().api;
        let socket = api.socket.map(|socket| socket.path.display().to_string());
        (api.listen.map(|listen| listen.port()), socket)
    };
    let at = |path: &str| (None, Some(path.to_owned()));
    assert_eq!(read("store.path = '/var/lib/g.db'", &[]), at("/var/lib/api.sock"));
    let user = ("XDG_RUNTIME_DIR", "/run/user/7");
    assert_eq!(read("", &[user]), at("/run/user/7/gleaner/api.sock"));
    let unit = ("RUNTIME_DIRECTORY", "/run/gleaner:/run/more");
    assert_eq!(read("", &[user, unit]), at("/run/gleaner/api.sock"));
    assert_eq!(read("api.socket = 's'", &[user]), at("/etc/s"));
    assert_eq!(read("api.socket = 's'", &[("GLEANER_SOCKET", "/tmp/t")]), at("/tmp/t"));
    let port = "api.listen = '127.0.0.1:7'";
    assert_eq!(read(port, &[user]), (Some(7), None));
    assert_eq!(read(&format!("{port}\napi.socket = 's'"), &[]), (Some(7), Some("/etc/s".into())));
}

#[test]
fn users_without_an_account_are_known() {
    let text = "[[cluster]]\nname = 'a'\napi_url = 'http://h/'\ndialect = 'oar2'\n\
                only_mapped_logins = true\n[cluster.logins]\nalice = 'al1ce'\n";
    let config = parse(text).unwrap();
    assert_eq!(config.clusters[0].login("alice"), Some("al1ce"));
    assert_eq!(config.clusters[0].login("bob"), None);
    let open = parse(&text.replace("only_mapped_logins = true\n", "")).unwrap();
    assert_eq!(open.clusters[0].login("bob"), Some("bob"));
}

#[test]
fn a_server_of_tokens_may_want_a_certificate_too() {
    let text = "[[cluster]]\nname = 'a'\napi_url = 'https://h/'\ndialect = 'oar3'\n\
                certificate_file = 'us.pem'\nprivate_key_file = 'us.key'\n";
    let cluster = parse(text).unwrap().clusters.remove(0);
    assert_eq!(cluster.auth, Auth::Jwt);
    let certificate = cluster.client_certificate.expect("a certificate");
    assert!(certificate.certificate_file.ends_with("us.pem"));
    assert!(certificate.private_key_file.ends_with("us.key"));

    let half = parse(&text.replace("private_key_file = 'us.key'\n", "")).unwrap_err();
    assert!(half.to_string().contains("private_key_file"), "{half}");
}

#[test]
fn files_of_secrets_that_others_can_read_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("password"), "pw\n").unwrap();
    fs::set_permissions(at("password"), fs::Permissions::from_mode(0o640)).unwrap();
    let text = "[[cluster]]\nname = 'a'\napi_url = 'http://oar.example/'\ndialect = 'oar2'\n\
                auth = 'basic'\nusername = 'g'\npassword_file = 'password'\nca_file = 'absent.pem'\n";
    let found = |mode: u32| {
        fs::set_permissions(at("password"), fs::Permissions::from_mode(mode)).unwrap();
        let config =
            parse_config(&at("gleaner.toml"), text, &|_| None, &injection::standard()).unwrap();
        let levels = inspect(&config).into_iter().map(|f| (f.subject, f.part, f.level));
        levels.filter(|(_, _, level)| *level != Level::Good).collect::<Vec<_>>()
    };
    let address = ("a".to_owned(), "api_url", Level::Doubtful);
    let ca = ("a".to_owned(), "ca_file", Level::Wrong);
    let password = ("a".to_owned(), "password_file", Level::Wrong);
    assert_eq!(found(0o640), [address.clone(), ca.clone(), password]);
    assert_eq!(found(0o600), [address, ca]);
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC*") {
        if let Err(error) = parse(&text) {
            prop_assert!(!error.to_string().is_empty());
        }
    }
}
