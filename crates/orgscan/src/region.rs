//! Which regions a resource proves, and which group a set of regions belongs to.

use std::collections::BTreeMap;

/// Region groups by name, each with its regions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegionGroups(pub BTreeMap<String, Vec<String>>);

/// The group of an account that is active in regions of several groups.
pub const SEVERAL_GROUPS: &str = "multi";

/// The groups that downstream programs know; `REGION_GROUPS` sets others.
const DEFAULT_GROUPS: [(&str, &[&str]); 4] = [
    ("BR", &["sa-east-1"]),
    ("EU", &["eu-north-1", "eu-west-1"]),
    ("UK", &["eu-west-2"]),
    ("US", &["us-east-1", "us-east-2", "us-west-1", "us-west-2"]),
];

impl Default for RegionGroups {
    fn default() -> Self {
        let owned = |regions: &[&str]| regions.iter().map(|region| (*region).to_owned()).collect();
        Self(DEFAULT_GROUPS.iter().map(|(name, regions)| ((*name).to_owned(), owned(regions))).collect())
    }
}

impl RegionGroups {
    /// The one group that has an active region, [`SEVERAL_GROUPS`] for several, empty for none. A region that is in no
    /// group counts for none.
    pub fn group_of<'a>(&'a self, active: &[String]) -> &'a str {
        let mut groups = self.0.iter().filter(|(_, regions)| regions.iter().any(|region| active.contains(region)));
        match (groups.next(), groups.next()) {
            (None, _) => "",
            (Some((name, _)), None) => name,
            (Some(_), Some(_)) => SEVERAL_GROUPS,
        }
    }
}

/// Whether a resource that the Tagging API listed in `region` proves that the region is in use.
///
/// It does where its ARN names that region, or where its ARN names no region and its service lists it where it lives:
/// S3 buckets. Global services (CloudFront, Route 53, IAM and others) list their resources in one fixed region,
/// wherever they are used, so theirs prove nothing.
pub fn proves(arn: &str, region: &str) -> bool {
    let mut fields = arn.splitn(6, ':');
    let (Some("arn"), Some(_), Some(service), Some(of_arn)) =
        (fields.next(), fields.next(), fields.next(), fields.next())
    else {
        return false;
    };
    of_arn == region || (of_arn.is_empty() && service == "s3")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_proves_the_region_it_lives_in() {
        let cases = [
            ("arn:aws:ec2:eu-west-1:123456789012:instance/i-1", "eu-west-1", true),
            ("arn:aws:ec2:eu-west-1:123456789012:instance/i-1", "us-east-1", false),
            ("arn:aws:s3:::a-bucket", "sa-east-1", true),
            ("arn:aws-cn:s3:::a-bucket", "cn-north-1", true),
            ("arn:aws:cloudfront::123456789012:distribution/E1", "us-east-1", false),
            ("arn:aws:route53:::hostedzone/Z1", "us-east-1", false),
            ("arn:aws:iam::123456789012:policy/p", "us-east-1", false),
            ("arn:aws:acm:us-east-1:123456789012:certificate/1:2:3", "us-east-1", true),
            ("arn:aws:ec2", "us-east-1", false),
            ("", "", false),
            ("not an arn", "us-east-1", false),
        ];
        for (arn, region, expected) in cases {
            assert_eq!(proves(arn, region), expected, "{arn} in {region}");
        }
    }

    #[test]
    fn a_group_is_named_once_several_are_multi_and_unmapped_is_none() {
        let groups = RegionGroups::default();
        let cases: [(&[&str], &str); 6] = [
            (&["us-east-1", "us-west-2"], "US"),
            (&["eu-west-2"], "UK"),
            (&["eu-west-1", "eu-west-2"], "multi"),
            (&["ap-south-1", "sa-east-1"], "BR"),
            (&["ap-south-1"], ""),
            (&[], ""),
        ];
        for (active, expected) in cases {
            let active: Vec<String> = active.iter().map(|region| (*region).to_owned()).collect();
            assert_eq!(groups.group_of(&active), expected, "{active:?}");
        }
    }
}
