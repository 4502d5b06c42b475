//! CiGri's clusters as a part of a configuration, with what has to be filled in by hand said beside it. Reads and writes no
//! file.

use std::fmt::Write;

use toml::Value;

use crate::config::DETAILS_MAX;
use crate::import::cigri::{Cigri, CigriCluster};

/// The most entries of a page that a configuration takes.
const PAGE_MAX: u32 = 10_000;

/// Returns why a cluster cannot be taken over, if it cannot.
pub fn refused(cluster: &CigriCluster) -> Option<&'static str> {
    match &*cluster.batch {
        "oar2_5" | "oar3" => None,
        "g5k" => Some("Grid'5000's own API is not spoken here"),
        _ => Some("its resource manager is not known here"),
    }
}

/// Writes the part of a configuration.
pub fn snippet(cigri: &Cigri) -> String {
    let mut text = "# Clusters and logins of a CiGri 3, by `gleaner import-cigri`. Put this behind the other tables of gleaner.toml,\n\
                    # fill in what is marked with TODO, then `gleaner check` and `gleaner doctor`.\n"
        .to_owned();
    for cluster in &cigri.clusters {
        match refused(cluster) {
            Some(why) => {
                let _ = writeln!(text, "\n# Cluster {} is left out: {why}.", quoted(&cluster.name));
            }
            None => table(&mut text, cigri, cluster),
        }
    }
    text
}

fn table(text: &mut String, cigri: &Cigri, cluster: &CigriCluster) {
    let CigriCluster { name, api_url, auth, auth_header, batch, .. } = cluster;
    let jwt = auth == "jwt" && batch == "oar3";
    let mut set = |key: &str, value: Value| {
        // A text takes whatever is written to it.
        let _ = writeln!(text, "{key} = {value}");
    };
    let string = |text: &str| Value::String(text.to_owned());
    set("\n[[cluster]]\nname", string(name));
    set("api_url", string(api_url));
    set("dialect", string(if batch == "oar3" { "oar3" } else { "oar2" }));
    if !cluster.enabled {
        set("enabled", Value::Boolean(false));
    }
    let header = if auth_header.is_empty() { "X_REMOTE_IDENT" } else { auth_header };
    match &**auth {
        _ if jwt => set(
            "# Users hand in their tokens again, and an administrator that of `oar`.\nauth",
            string("jwt"),
        ),
        "cert" => {
            set("auth", string("certificate"));
            set("identity_header", string(header));
            set(
                "# TODO: CiGri's REST_CLIENT_CERTIFICATE_FILE and REST_CLIENT_KEY_FILE\ncertificate_file",
                string("cigri.crt"),
            );
            set("private_key_file", string("cigri.key"));
        }
        // CiGri sends no password, whatever it is told.
        _ => {
            set("auth", string("header"));
            set("identity_header", string(header));
        }
    }
    if !cluster.ssh_host.is_empty() {
        set("ssh_host", string(&cluster.ssh_host));
    }
    if !cluster.resource_unit.is_empty() {
        set("resource_unit", string(&cluster.resource_unit));
    }
    if !cluster.properties.trim().is_empty() {
        set("properties", string(cluster.properties.trim()));
    }
    if cluster.power > 0 {
        set("power", Value::Integer(cluster.power.into()));
    }
    if (1..=PAGE_MAX).contains(&cluster.page) {
        set("page_size", Value::Integer(cluster.page.into()));
    }
    if (1..=DETAILS_MAX).contains(&cluster.chunk) {
        set("details_chunk", Value::Integer(cluster.chunk.into()));
    }
    let logins: Vec<_> = cigri.logins.iter().filter(|(_, _, id)| *id == cluster.id).collect();
    if !logins.is_empty() {
        let _ = writeln!(text, "[cluster.logins]");
        for (user, login, _) in logins {
            let _ = writeln!(text, "{} = {}", quoted(user), quoted(login));
        }
    }
}

fn quoted(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}
