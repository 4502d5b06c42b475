//! One `[[cluster]]` of a configuration. Opens no file and asks no server.

use gleaner_core::config::{CoreUnits, is_cluster_name};
use gleaner_core::policy::spec::PolicySpec;

use crate::config::server::server;
use crate::config::{Auth, ClientCertificate, ClusterConfig, DETAILS_MAX, Dialect, Span};
use crate::config_file::error::{Invalid, Problem};
use crate::config_file::format::{AuthWord, ClusterTable};
use crate::config_file::read::Reader;
use crate::sites::dialects::manager;

impl Reader<'_> {
    pub(super) fn clusters(
        &self,
        tables: Vec<ClusterTable>,
        policy: &PolicySpec,
    ) -> Result<Vec<ClusterConfig>, Invalid> {
        let start = self.document.start();
        if tables.is_empty() {
            return Err(start.invalid(Problem::NoCluster));
        }
        if tables.len() > usize::from(u16::MAX) {
            return Err(start.invalid(Problem::TooManyClusters(tables.len())));
        }
        let mut clusters: Vec<ClusterConfig> = Vec::with_capacity(tables.len());
        for table in tables {
            let (at, address) = (self.at(&table.name), self.at(&table.api_url));
            let cluster = self.cluster(table, policy)?;
            if clusters.iter().any(|other| other.name == cluster.name) {
                return Err(at.invalid(Problem::TwiceNamed(cluster.name)));
            }
            // Whatever their logins: lists of jobs are open to all, and a user is known to both by one name.
            let here = server(&cluster.api_url);
            if let Some(other) = clusters.iter().find(|other| server(&other.api_url) == here) {
                let problem = Problem::TwiceServed(other.name.clone(), cluster.name);
                return Err(address.invalid(problem));
            }
            clusters.push(cluster);
        }
        Ok(clusters)
    }

    fn cluster(
        &self,
        mut table: ClusterTable,
        policy: &PolicySpec,
    ) -> Result<ClusterConfig, Invalid> {
        if !is_cluster_name(table.name.get_ref()) {
            return Err(self
                .at(&table.name)
                .invalid(Problem::BadName(table.name.get_ref().clone())));
        }
        if holds_secret(table.api_url.get_ref()) {
            let problem = Problem::SecretInUrl(table.name.get_ref().clone());
            return Err(self.at(&table.api_url).invalid(problem));
        }
        let api_url = api_url(table.api_url.get_ref()).ok_or_else(|| {
            self.at(&table.api_url).invalid(Problem::BadUrl(table.api_url.get_ref().clone()))
        })?;
        let (auth, client_certificate) = self.auth(&mut table)?;
        let node = self.within("cores_per_node", table.cores_per_node, 1, 1..=1_000_000)?;
        let cpu = match table.cores_per_cpu {
            None => node,
            Some(cpu) if (1..=node).contains(cpu.get_ref()) => cpu.into_inner(),
            Some(cpu) => {
                return Err(self.range(
                    &cpu,
                    "cores_per_cpu",
                    cpu.get_ref(),
                    "1 to `cores_per_node`",
                ));
            }
        };
        let dialect = table.dialect.into_inner();
        Ok(ClusterConfig {
            name: table.name.into_inner(),
            api_url,
            dialect,
            enabled: table.enabled.unwrap_or(true),
            auth,
            client_certificate,
            ca_file: table.ca_file.map(|file| self.joined(file)),
            service_login: table
                .service_login
                .unwrap_or_else(|| manager(dialect).service_login().to_owned()),
            logins: table.logins,
            only_mapped_logins: table.only_mapped_logins.unwrap_or(false),
            units: CoreUnits { node, cpu },
            resource_unit: table.resource_unit.unwrap_or_else(|| "resource_id".to_owned()),
            properties: self.filter(table.properties, dialect)?,
            power: table.power.unwrap_or(0),
            ssh_host: table.ssh_host.unwrap_or_default(),
            policy: match &table.policy {
                None => policy.clone(),
                Some(_) => self.policy(table.policy.as_ref())?,
            },
            stress_limit: match table.stress_limit {
                None => 0.8,
                Some(limit) if *limit.get_ref() > 0.0 && *limit.get_ref() <= 1000.0 => {
                    limit.into_inner()
                }
                Some(limit) => {
                    let expected = "more than 0, at most 1000";
                    return Err(self.range(&limit, "stress_limit", limit.get_ref(), expected));
                }
            },
            poll: self.pace("poll", table.poll, 15)?,
            request_timeout: self.pace("request_timeout", table.request_timeout, 30)?,
            send_within: self.pace("send_within", table.send_within, 60)?,
            array_max: self.within("array_max", table.array_max, 500, 1..=10_000)?,
            page_size: self.within("page_size", table.page_size, 500, 1..=10_000)?,
            details_chunk: self.within(
                "details_chunk",
                table.details_chunk,
                100,
                1..=DETAILS_MAX,
            )?,
            autofix_after: self.whole("autofix_after", table.autofix_after, 30)?,
        })
    }

    /// Reads a filter of resources; empty for all of them.
    fn filter(
        &self,
        text: Option<toml::Spanned<String>>,
        dialect: Dialect,
    ) -> Result<String, Invalid> {
        let Some(text) = text else { return Ok(String::new()) };
        let checked = manager(dialect).check_filter(text.get_ref());
        checked.map_err(|bad| self.at(&text).invalid(Problem::BadFilter(bad)))?;
        Ok(text.into_inner())
    }

    /// Reads a span that paces requests.
    fn pace(
        &self,
        key: &'static str,
        span: Option<toml::Spanned<Span>>,
        default: u32,
    ) -> Result<Span, Invalid> {
        match span {
            None => Ok(Span::from_seconds(default)),
            Some(span) if (10..=3_600_000).contains(&span.get_ref().ms()) => Ok(span.into_inner()),
            Some(span) => Err(self.range(&span, key, span.get_ref(), "10ms to 1h")),
        }
    }

    /// Reads the way to be known, with the keys that it needs and no others. Before tokens, a server
    /// may want a certificate too.
    fn auth(&self, table: &mut ClusterTable) -> Result<(Auth, Option<ClientCertificate>), Invalid> {
        let tokens = manager(*table.dialect.get_ref()).check_tokens();
        let word = match (&table.auth, &tokens) {
            (Some(word), _) => *word.get_ref(),
            (None, Ok(())) => AuthWord::Jwt,
            (None, Err(_)) => AuthWord::Header,
        };
        let auth = match word {
            AuthWord::None => "none",
            AuthWord::Header => "header",
            AuthWord::Basic => "basic",
            AuthWord::Certificate => "certificate",
            AuthWord::Jwt => "jwt",
        };
        let name = self.at(&table.name);
        let needs = |key| name.invalid(Problem::AuthNeeds { auth, key });
        let basic = word == AuthWord::Basic;
        let certificate = matches!(word, AuthWord::Certificate | AuthWord::Jwt);
        let header = !matches!(word, AuthWord::None | AuthWord::Jwt);
        let given = [
            ("username", basic, table.username.as_ref().map(|key| self.at(key))),
            ("password_file", basic, table.password_file.as_ref().map(|key| self.at(key))),
            ("certificate_file", certificate, table.certificate_file.as_ref().map(|k| self.at(k))),
            ("private_key_file", certificate, table.private_key_file.as_ref().map(|k| self.at(k))),
            ("identity_header", header, table.identity_header.as_ref().map(|key| self.at(key))),
        ];
        for (key, used, location) in given {
            if let (false, Some(location)) = (used, location) {
                return Err(location.invalid(Problem::AuthIgnores { auth, key }));
            }
        }
        let file = |file: Option<toml::Spanned<std::path::PathBuf>>, key| match file {
            Some(file) => Ok(self.joined(file.into_inner())),
            None => Err(needs(key)),
        };
        let header = self.header(table.identity_header.take(), "X_REMOTE_IDENT")?;
        let client_certificate = match (&table.certificate_file, &table.private_key_file) {
            (None, None) if word != AuthWord::Certificate => None,
            _ => Some(ClientCertificate {
                certificate_file: file(table.certificate_file.take(), "certificate_file")?,
                private_key_file: file(table.private_key_file.take(), "private_key_file")?,
            }),
        };
        let auth = match word {
            AuthWord::None => Auth::None,
            AuthWord::Header => Auth::Header(header),
            AuthWord::Basic => Auth::Basic {
                username: table.username.take().ok_or_else(|| needs("username"))?.into_inner(),
                password_file: file(table.password_file.take(), "password_file")?,
                header,
            },
            AuthWord::Certificate => Auth::Certificate(header),
            AuthWord::Jwt => {
                let location = table.auth.as_ref().map_or(name, |word| self.at(word));
                tokens.map_err(|none| location.invalid(Problem::NoTokens(none)))?;
                Auth::Jwt
            }
        };
        Ok((auth, client_certificate))
    }
}

fn holds_secret(text: &str) -> bool {
    let secret = |url: reqwest::Url| !url.username().is_empty() || url.password().is_some();
    reqwest::Url::parse(text).is_ok_and(secret)
}

/// Reads the address of an API, with a slash at its end.
fn api_url(text: &str) -> Option<String> {
    let url = reqwest::Url::parse(text).ok()?;
    let plain = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.query().is_none()
        && url.fragment().is_none();
    let mut text = plain.then(|| url.to_string())?;
    if !text.ends_with('/') {
        text.push('/');
    }
    Some(text)
}
