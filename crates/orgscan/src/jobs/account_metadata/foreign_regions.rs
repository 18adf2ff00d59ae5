//! Settings that name regions of another partition than the caller's: nothing fails, and nothing is found.

use crate::account::Partition;
use crate::config::Inventory;

/// What is said of such settings.
pub(super) fn warnings(settings: &Inventory, partition: &Partition) -> Vec<String> {
    if !settings.region_detection {
        return Vec::new();
    }
    let is_foreign = |region: &&String| Partition::of_region(region) != *partition;
    let mut warnings = Vec::new();
    let foreign: Vec<&str> = settings.regions.iter().flatten().filter(is_foreign).map(String::as_str).collect();
    if !foreign.is_empty() {
        warnings.push(format!("REGIONS: not in the partition {partition}: {}", foreign.join(", ")));
    }
    let mut grouped = settings.region_groups.0.values().flatten().peekable();
    if grouped.peek().is_some() && grouped.all(|region| is_foreign(&region)) {
        let own = partition.default_regions().join(", ");
        warnings.push(format!(
            "REGION_GROUPS: no region of the partition {partition} ({own}) is in a group, so that no account has a Region_Group"
        ));
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Job, Place};

    fn warned(partition: &str, settings: &[(&str, &str)]) -> Vec<String> {
        let lookup = |name: &str| {
            let required =
                [("OUTPUT_BUCKET", "reports"), ("DYNAMO_TABLE_NAME", "tenants"), ("CROSS_ACCOUNT_ROLE_NAME", "r")];
            let found = settings.iter().chain(&required).find(|(of, _)| *of == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let config = Config::from_lookup(Job::AccountMetadata, Place::Lambda, &lookup).unwrap();
        warnings(&config.inventory, &Partition::new(partition))
    }

    #[test]
    fn regions_and_groups_of_another_partition_are_told() {
        let german = ("REGION_GROUPS", r#"{"EU": ["eusc-de-east-1", "eu-west-1"]}"#);
        assert_eq!(warned("aws", &[("REGIONS", "eu-west-1,us-east-1")]), [""; 0]);
        assert_eq!(warned("aws-eusc", &[("REGIONS", "eusc-de-east-1"), german]), [""; 0]);
        assert_eq!(
            warned("aws-cn", &[("REGIONS", "us-east-1,cn-north-1,eusc-de-east-1"), german]),
            [
                "REGIONS: not in the partition aws-cn: eusc-de-east-1, us-east-1",
                "REGION_GROUPS: no region of the partition aws-cn (cn-north-1, cn-northwest-1) is in a group, so that no account \
                 has a Region_Group"
            ]
        );
        assert_eq!(warned("aws-us-gov", &[]).len(), 1, "the groups by default are of commercial regions");
        assert_eq!(warned("aws-us-gov", &[("REGION_GROUPS", "{}")]), [""; 0]);
        assert_eq!(warned("aws-us-gov", &[("REGION_DETECTION", "off"), ("REGIONS", "us-east-1")]), [""; 0]);
    }
}
