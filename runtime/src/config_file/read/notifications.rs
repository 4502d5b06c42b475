//! `[notifications]`, from its table to settings: each address is checked where it stands.

use std::path::PathBuf;

use gleaner_api::notifications::{Channel, Severity};
use reqwest::Url;
use toml::Spanned;

use crate::config::notifications::{
    NotificationConfig, SmtpConfig, SmtpEncryption, mail_domain, webhook,
};
use crate::config_file::error::{Invalid, Problem};
use crate::config_file::format::NotificationsTable;
use crate::config_file::read::Reader;

/// The longest beginning of subjects, in characters.
const TAG_MAX: usize = 40;

impl Reader<'_> {
    pub(super) fn notifications(
        &self,
        mut table: NotificationsTable,
    ) -> Result<NotificationConfig, Invalid> {
        let smtp = self.smtp(&mut table)?;
        let own = smtp.as_ref().and_then(|smtp| mail_domain(&smtp.from));
        let mut config = NotificationConfig {
            admins: Vec::new(),
            admin_severity: match &table.admin_severity {
                None => Severity::Medium,
                Some(word) => Severity::from_word(word.get_ref()).ok_or_else(|| {
                    let expected = "`low`, `medium` or `high`";
                    self.range(word, "admin_severity", word.get_ref(), expected)
                })?,
            },
            mail_domains: match table.allow_mail_domains {
                Some(domains) => self.domains(domains)?,
                None => own.into_iter().collect(),
            },
            webhooks: self.webhooks(table.allow_webhooks.unwrap_or_default())?,
            webhook_networks: table
                .webhook_networks
                .unwrap_or_default()
                .iter()
                .map(|text| {
                    let network = text.get_ref().parse();
                    let bad = || Problem::BadNetwork(text.get_ref().clone());
                    network.map_err(|_| self.at(text).invalid(bad()))
                })
                .collect::<Result<_, _>>()?,
            webhook_ca_file: table.webhook_ca_file.map(|file| self.joined(file)),
            subject_tag: match table.subject_tag {
                None => "[Gleaner]".to_owned(),
                Some(tag) if is_tag(tag.get_ref()) => tag.into_inner(),
                Some(tag) => {
                    let expected = "at most 40 characters that can be seen, of ASCII";
                    return Err(self.range(&tag, "subject_tag", tag.get_ref(), expected));
                }
            },
            gather: self.whole("gather", table.gather, 60)?,
            waiting_told_after: self.whole("waiting_told_after", table.waiting_told_after, 3600)?,
            smtp,
        };
        for admin in table.admins.unwrap_or_default() {
            let text = admin.get_ref();
            let channel = if text.contains("://") { Channel::Webhook } else { Channel::Mail };
            // Whoever writes the file has allowed the domain by it, but not where webhooks lead.
            let found = match channel {
                Channel::Mail if mail_domain(text).is_none() => Err(Problem::BadMail(text.clone())),
                Channel::Mail if config.smtp.is_none() => Err(Problem::Needs("admins", "smtp")),
                Channel::Mail => Ok(()),
                Channel::Webhook => config.allow(channel, text).map_err(Problem::NotAllowed),
            };
            found.map_err(|problem| self.at(&admin).invalid(problem))?;
            config.admins.push((channel, admin.into_inner()));
        }
        Ok(config)
    }

    /// Reads the mail server, and what only one needs.
    fn smtp(&self, table: &mut NotificationsTable) -> Result<Option<SmtpConfig>, Invalid> {
        let Some(smtp) = &table.smtp else {
            let alone = [
                ("from", table.from.as_ref().map(|it| self.at(it))),
                ("smtp_user", table.smtp_user.as_ref().map(|it| self.at(it))),
                ("smtp_password_file", table.smtp_password_file.as_ref().map(|it| self.at(it))),
                ("smtp_ca_file", table.smtp_ca_file.as_ref().map(|it| self.at(it))),
                ("smtp_unencrypted", table.smtp_unencrypted.as_ref().map(|it| self.at(it))),
                ("allow_mail_domains", table.allow_mail_domains.as_ref().map(|it| self.at(it))),
            ];
            return match alone.into_iter().find_map(|(key, at)| Some((key, at?))) {
                Some((key, at)) => Err(at.invalid(Problem::Needs(key, "smtp"))),
                None => Ok(None),
            };
        };
        let at = self.at(smtp);
        let bad = || at.invalid(Problem::BadSmtp(shown(smtp.get_ref())));
        let url = Url::parse(smtp.get_ref()).map_err(|_| bad())?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(bad)?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let plain = url.username().is_empty()
            && url.password().is_none()
            && matches!(url.path(), "" | "/")
            && url.query().is_none()
            && url.fragment().is_none();
        let here = host == "localhost"
            || host.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback());
        let in_the_clear = table.smtp_unencrypted.as_ref().is_some_and(|it| *it.get_ref());
        let (encryption, port) = match url.scheme() {
            _ if !plain => return Err(bad()),
            "smtps" => (SmtpEncryption::Tls, 465),
            "smtp" if here || in_the_clear => (SmtpEncryption::Plain, 25),
            "smtp" => (SmtpEncryption::StartTls, 587),
            _ => return Err(bad()),
        };
        let login = match (table.smtp_user.take(), table.smtp_password_file.take()) {
            (None, None) => None,
            (Some(user), Some(file)) => {
                if encryption == SmtpEncryption::Plain && !here {
                    return Err(self.at(&user).invalid(Problem::PasswordInTheClear));
                }
                Some((user.into_inner(), self.joined(file.into_inner())))
            }
            (Some(user), None) => {
                let needs = Problem::Needs("smtp_user", "smtp_password_file");
                return Err(self.at(&user).invalid(needs));
            }
            (None, Some(file)) => {
                let needs = Problem::Needs("smtp_password_file", "smtp_user");
                return Err(self.at(&file).invalid(needs));
            }
        };
        let from = match table.from.take() {
            Some(from) if mail_domain(from.get_ref()).is_some() => from.into_inner(),
            Some(from) => {
                let bad = Problem::BadMail(from.get_ref().clone());
                return Err(self.at(&from).invalid(bad));
            }
            None => return Err(at.invalid(Problem::Needs("smtp", "from"))),
        };
        let ca_file: Option<PathBuf> = table.smtp_ca_file.take().map(Spanned::into_inner);
        Ok(Some(SmtpConfig {
            host,
            port: url.port().unwrap_or(port),
            encryption,
            login,
            ca_file: ca_file.map(|file| self.joined(file)),
            from,
        }))
    }

    fn domains(&self, domains: Spanned<Vec<Spanned<String>>>) -> Result<Vec<String>, Invalid> {
        let read = |domain: Spanned<String>| {
            let text = domain.get_ref();
            if text == "*" || mail_domain(&format!("a@{text}")).is_some() {
                return Ok(text.to_ascii_lowercase());
            }
            Err(self.at(&domain).invalid(Problem::BadDomain(text.clone())))
        };
        domains.into_inner().into_iter().map(read).collect()
    }

    fn webhooks(&self, allowed: Vec<Spanned<String>>) -> Result<Vec<Url>, Invalid> {
        let read = |text: Spanned<String>| {
            let url = webhook(text.get_ref()).filter(|url| url.query().is_none());
            url.ok_or_else(|| self.at(&text).invalid(Problem::BadWebhook))
        };
        allowed.into_iter().map(read).collect()
    }
}

/// An address as it may stand in an error: what stands before `@` may be a password.
fn shown(text: &str) -> String {
    match text.rsplit_once('@') {
        Some((_, host)) => format!("...@{host}"),
        None => text.to_owned(),
    }
}

fn is_tag(text: &str) -> bool {
    text.len() <= TAG_MAX && text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ')
}
