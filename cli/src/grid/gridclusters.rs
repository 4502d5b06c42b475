//! `gridclusters`: the clusters, and how much of them is used.

use gleaner_api::numbers::ClusterNumber;
use gleaner_api::routes::Route;
use gleaner_api::shapes::cluster::Cluster;
use gleaner_client::client::Client;
use serde_json::{Value, json};

use crate::args::form::OutputForm;
use crate::args::grid::gridclusters::GridclustersArgs;
use crate::failure::Failure;
use crate::grid::{clusters, connection};
use crate::output::{self, Rows};

/// Shows the clusters.
pub(crate) fn run(options: &GridclustersArgs) -> Result<(), Failure> {
    let client = connection::client(&options.server)?;
    let list = clusters::all(&client)?;
    if options.output != OutputForm::Table {
        let whole = list.iter().map(|item| read(&client, item.id));
        let whole = whole.collect::<Result<Vec<Cluster>, Failure>>()?;
        output::rows(options.output, &rows(&whole));
        return Ok(());
    }
    for item in list {
        if options.more_infos {
            let cluster: Cluster = read(&client, item.id)?;
            output::line(format!("{}: {}", cluster.id, cluster.name));
            for (key, value) in all_of(&cluster) {
                output::line(format!("    {key}: {value}"));
            }
        } else if options.infos {
            output::line(info(&read(&client, item.id)?));
        } else {
            output::line(format!("{}: {}", item.id, item.name));
        }
    }
    Ok(())
}

fn read(client: &Client, id: u32) -> Result<Cluster, Failure> {
    Ok(client.read(Route::Cluster { cluster: ClusterNumber(id) })?)
}

/// A cluster in a line.
fn info(cluster: &Cluster) -> String {
    let mut state = format!("stress:{}", cluster.stress_factor);
    if cluster.blacklisted {
        state += ", BLACKLISTED";
    }
    if cluster.under_stress {
        state += ", UNDER_STRESS";
    }
    format!("{}: {} , {} ({state})", cluster.id, cluster.name, cluster.ssh_host)
}

/// All that is known of a cluster, in order.
fn all_of(cluster: &Cluster) -> Vec<(&'static str, String)> {
    vec![
        ("id", cluster.id.to_string()),
        ("name", cluster.name.clone()),
        ("api_url", cluster.api_url.clone()),
        ("api_auth_type", cluster.api_auth_type.to_string()),
        ("api_auth_header", cluster.api_auth_header.clone()),
        ("api_chunk_size", cluster.api_chunk_size.to_string()),
        ("api_limit", cluster.api_limit.to_string()),
        ("ssh_host", cluster.ssh_host.clone()),
        ("batch", cluster.batch.to_string()),
        ("resource_unit", cluster.resource_unit.clone()),
        ("power", cluster.power.to_string()),
        ("properties", cluster.properties.clone()),
        ("stress_factor", cluster.stress_factor.clone()),
        ("enabled", cluster.enabled.to_string()),
        ("blacklisted", cluster.blacklisted.to_string()),
        ("under_stress", cluster.under_stress.to_string()),
    ]
}

fn rows(clusters: &[Cluster]) -> Rows {
    let row = |cluster: &Cluster| {
        let cells: [Value; 9] = [
            json!(cluster.id),
            json!(cluster.name),
            json!(cluster.api_url),
            json!(cluster.batch),
            json!(cluster.resource_unit),
            json!(cluster.power),
            json!(cluster.stress_factor),
            json!(cluster.blacklisted),
            json!(cluster.under_stress),
        ];
        cells.into_iter().map(Some).collect()
    };
    Rows {
        columns: vec![
            "id",
            "name",
            "api_url",
            "batch",
            "resource_unit",
            "power",
            "stress_factor",
            "blacklisted",
            "under_stress",
        ],
        rows: clusters.iter().map(row).collect(),
    }
}
