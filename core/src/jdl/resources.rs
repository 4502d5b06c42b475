//! How many cores a resource text asks for. Reads only what that needs of OAR's resource language;
//! the rest of it is the cluster's affair.

use serde::{Deserialize, Serialize};

/// How many cores the resource units of a cluster have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoreUnits {
    /// Cores of a node (`nodes`, `host`, `network_address`).
    pub node: u32,
    /// Cores of a processor (`cpu`, `socket`).
    pub cpu: u32,
}

impl CoreUnits {
    /// Makes the units of a cluster where a node is one processor with `cores` cores.
    pub const fn flat(cores: u32) -> CoreUnits {
        CoreUnits { node: cores, cpu: cores }
    }
}

/// Counts the cores of a resource text such as `/nodes=2/core=4,walltime=01:00:00` or
/// `{mem>64}/cpu=1+/core=2`: the product along a path, with the deepest unit's cores, summed over
/// `+`. Returns none where the text does not tell (`ALL`, `BEST`, an unknown unit).
pub fn cores(text: &str, units: CoreUnits) -> Option<u32> {
    let mut sum: u32 = 0;
    for group in text.split('+') {
        let group = without_filters(group)?;
        let path = group.split(',').next().unwrap_or("");
        let mut product: u32 = 1;
        let mut unit = None;
        for level in path.split('/').map(str::trim).filter(|level| !level.is_empty()) {
            let (name, count) = level.split_once('=')?;
            product = product.checked_mul(count.trim().parse().ok()?)?;
            unit = Some(unit_cores(name.trim(), units)?);
        }
        sum = sum.checked_add(product.checked_mul(unit?)?)?;
    }
    (sum > 0).then_some(sum)
}

fn unit_cores(name: &str, units: CoreUnits) -> Option<u32> {
    match name {
        "nodes" | "node" | "host" | "network_address" => Some(units.node),
        "cpu" | "socket" => Some(units.cpu),
        "core" | "resource_id" => Some(1),
        _ => None,
    }
}

fn without_filters(group: &str) -> Option<String> {
    let mut kept = String::new();
    let mut depth = 0_u32;
    for character in group.chars() {
        match character {
            '{' => depth = depth.checked_add(1)?,
            '}' => depth = depth.checked_sub(1)?,
            other if depth == 0 => kept.push(other),
            _ => {}
        }
    }
    (depth == 0).then_some(kept)
}

#[cfg(test)]
mod tests {
    use super::{CoreUnits, cores};

    #[test]
    fn texts_and_their_cores() {
        let units = CoreUnits { node: 16, cpu: 8 };
        let table = [
            ("/resource_id=1", Some(1)),
            ("resource_id=1", Some(1)),
            ("/nodes=2/core=4,walltime=01:00:00", Some(8)),
            ("/nodes=2", Some(32)),
            ("nodes=1/cpu=2", Some(16)),
            ("{mem>64}/cpu=1+/core=2", Some(10)),
            ("{a='x,y'}core=3", Some(3)),
            ("/switch=1/core=2", None),
            ("/nodes=ALL", None),
            ("core=0", None),
            ("{core=1", None),
            ("}core=1", None),
            ("", None),
            ("core=4294967295/core=2", None),
        ];
        for (text, expected) in table {
            assert_eq!(cores(text, units), expected, "{text}");
        }
    }
}
