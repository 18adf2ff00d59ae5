//! docs/limits.md: partitions.

use orgscan::account::Partition;

use super::document;
use super::markdown::{names, table};

#[test]
fn every_partition_is_listed_with_its_regions() {
    let header = "| partition | Organizations and account tags are asked in | regions that are enabled by default |";
    let rows = table(&document("docs/limits.md"), "## Partitions", header);
    let known = ["aws", "aws-us-gov", "aws-cn", "aws-eusc", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f"];
    assert_eq!(rows.iter().map(|row| row[0].trim_matches('`')).collect::<Vec<_>>(), known);
    for row in rows {
        let partition = Partition::new(row[0].trim_matches('`'));
        assert_eq!(row[1].trim_matches('`'), partition.global_region(), "{partition}");
        let regions = partition.default_regions();
        if partition.as_str() == "aws" {
            assert_eq!(row[2].split(',').next().unwrap(), regions.len().to_string());
        } else {
            assert_eq!(names(&row[2]), regions, "{partition}");
        }
    }
}
