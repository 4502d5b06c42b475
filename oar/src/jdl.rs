//! What CiGri's job descriptions (JDLs) hold of OAR: requests as texts, of which the cores are counted, and macros
//! for what OAR tells a job.

use crate::request::{Amount, Group, Request};

/// The least that a job can ask for.
pub const LEAST: &str = "/resource_id=1";

/// What is expected where a request is blank.
pub const EXPECTED: &str = "resources such as `/nodes=1/core=2`";

/// Macros of scripts, each with the variable that it becomes.
pub const MACROS: [(&str, &str); 1] = [("{OAR_JOB_ID}", "$OAR_JOB_ID")];

/// The cores of the units that levels are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Units {
    /// Cores of a node (`nodes`, `host`, `network_address`).
    pub node: u32,
    /// Cores of a processor (`cpu`, `socket`).
    pub cpu: u32,
}

impl Units {
    fn of(self, level: &str) -> Option<u32> {
        match level {
            "nodes" | "node" | "host" | "network_address" => Some(self.node),
            "cpu" | "socket" => Some(self.cpu),
            "core" | "resource_id" => Some(1),
            _ => None,
        }
    }
}

/// Counts the cores, at least 1, of a request such as `/nodes=2/core=4,walltime=01:00:00` or `{mem>64}/cpu=1+/core=2`: the product
/// along the levels of a group, with the cores of the innermost, summed over groups. Returns none where the text
/// does not tell (`ALL`, `BEST`, a level of another kind), or is no request.
#[must_use]
pub fn cores(text: &str, units: Units) -> Option<u32> {
    let request = Request::parse(text).ok()?;
    let sum =
        request.groups.iter().try_fold(0_u32, |sum, group| sum.checked_add(of(group, units)?));
    sum.filter(|cores| *cores > 0)
}

fn of(group: &Group, units: Units) -> Option<u32> {
    let (mut product, mut innermost) = (1_u32, None);
    for (level, amount) in &group.levels {
        let Amount::Count(count) = amount else { return None };
        product = product.checked_mul(*count)?;
        innermost = Some(units.of(level)?);
    }
    product.checked_mul(innermost?)
}

#[cfg(test)]
mod tests {
    use super::{Units, cores};

    #[test]
    fn texts_and_their_cores() {
        let units = Units { node: 16, cpu: 8 };
        let table = [
            ("/resource_id=1", Some(1)),
            ("resource_id=1", Some(1)),
            ("/nodes=2/core=4,walltime=01:00:00", Some(8)),
            ("/nodes=2", Some(32)),
            ("nodes=1/cpu=2", Some(16)),
            ("{mem>64}/cpu=1+/core=2", Some(10)),
            ("{a='x,y'}core=3", Some(3)),
            ("{a='x+}'}core=3", Some(3)),
            ("/switch=1/core=2", None),
            ("/nodes=ALL", None),
            ("core=0", None),
            ("{core=1", None),
            ("}core=1", None),
            ("walltime=1", None),
            ("", None),
            ("core=4294967295/core=2", None),
        ];
        for (text, expected) in table {
            assert_eq!(cores(text, units), expected, "{text}");
        }
    }
}
