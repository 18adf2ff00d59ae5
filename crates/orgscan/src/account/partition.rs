//! AWS partitions: what differs between the commercial regions, those of governments, of China and of the European
//! Sovereign Cloud, and the isolated ones.

use std::fmt;

use super::AccountId;

/// An AWS partition, read from the caller's ARN: every ARN that is built names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partition(Box<str>);

/// What is known of a partition. Regions, and the region of the global services, are those of the SDK's own partition
/// metadata; hosts of the console are those of AWS General Reference.
struct Known {
    name: &'static str,
    /// What every region's name begins with.
    region_prefix: &'static str,
    /// Where Organizations and Account Management are, and the accounts' tags.
    global_region: &'static str,
    /// Where IAM is.
    iam_region: &'static str,
    /// None where it is not public.
    console_host: Option<&'static str>,
    /// The regions that every account has without opting in.
    default_regions: &'static [&'static str],
}

/// The largest partition, and what one that is not known is taken for, as the SDK does.
const COMMERCIAL: Known = Known {
    name: "aws",
    region_prefix: "",
    global_region: "us-east-1",
    iam_region: "us-east-1",
    console_host: Some("console.aws.amazon.com"),
    // AWS Account Management guide, "Enable or disable AWS Regions in your account".
    default_regions: &[
        "ap-northeast-1",
        "ap-northeast-2",
        "ap-northeast-3",
        "ap-south-1",
        "ap-southeast-1",
        "ap-southeast-2",
        "ca-central-1",
        "eu-central-1",
        "eu-north-1",
        "eu-west-1",
        "eu-west-2",
        "eu-west-3",
        "sa-east-1",
        "us-east-1",
        "us-east-2",
        "us-west-1",
        "us-west-2",
    ],
};

/// The other partitions. None of them has a region to opt in to.
const OTHERS: [Known; 7] = [
    Known {
        name: "aws-us-gov",
        region_prefix: "us-gov-",
        global_region: "us-gov-west-1",
        iam_region: "us-gov-west-1",
        console_host: Some("console.amazonaws-us-gov.com"),
        default_regions: &["us-gov-east-1", "us-gov-west-1"],
    },
    Known {
        name: "aws-cn",
        region_prefix: "cn-",
        global_region: "cn-northwest-1",
        // IAM has one control plane in China, which is in Beijing; Organizations is in Ningxia.
        iam_region: "cn-north-1",
        console_host: Some("console.amazonaws.cn"),
        default_regions: &["cn-north-1", "cn-northwest-1"],
    },
    Known {
        name: "aws-eusc",
        region_prefix: "eusc-",
        global_region: "eusc-de-east-1",
        iam_region: "eusc-de-east-1",
        // The console is named with its region there.
        console_host: Some("eusc-de-east-1.console.amazonaws-eusc.eu"),
        default_regions: &["eusc-de-east-1"],
    },
    Known {
        name: "aws-iso",
        region_prefix: "us-iso-",
        global_region: "us-iso-east-1",
        iam_region: "us-iso-east-1",
        console_host: None,
        default_regions: &["us-iso-east-1", "us-iso-west-1"],
    },
    Known {
        name: "aws-iso-b",
        region_prefix: "us-isob-",
        global_region: "us-isob-east-1",
        iam_region: "us-isob-east-1",
        console_host: None,
        default_regions: &["us-isob-east-1", "us-isob-west-1"],
    },
    Known {
        name: "aws-iso-e",
        region_prefix: "eu-isoe-",
        global_region: "eu-isoe-west-1",
        iam_region: "eu-isoe-west-1",
        console_host: None,
        default_regions: &["eu-isoe-west-1"],
    },
    Known {
        name: "aws-iso-f",
        region_prefix: "us-isof-",
        global_region: "us-isof-south-1",
        iam_region: "us-isof-south-1",
        console_host: None,
        default_regions: &["us-isof-east-1", "us-isof-south-1"],
    },
];

impl Partition {
    /// Takes the partition's name, such as `aws` or `aws-us-gov`.
    pub fn new(name: impl Into<Box<str>>) -> Self {
        Self(name.into())
    }

    /// Reads the partition from an ARN, its second field.
    pub fn of_arn(arn: &str) -> Option<Self> {
        let mut fields = arn.split(':');
        match (fields.next(), fields.next()) {
            (Some("arn"), Some(name)) if !name.is_empty() => Some(Self::new(name)),
            _ => None,
        }
    }

    /// The partition that a region is in, by how its name begins: `cn-north-1` is in `aws-cn`.
    pub fn of_region(region: &str) -> Self {
        let other = OTHERS.iter().find(|known| region.starts_with(known.region_prefix));
        Self::new(other.unwrap_or(&COMMERCIAL).name)
    }

    /// The partition's name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The region in which the partition has Organizations, and in which account tags are listed.
    pub fn global_region(&self) -> &'static str {
        self.known().global_region
    }

    /// The region in which the partition has IAM.
    pub fn iam_region(&self) -> &'static str {
        self.known().iam_region
    }

    /// The host of the partition's console; none where it is not known.
    pub fn console_host(&self) -> Option<&'static str> {
        // An unknown partition's console is not that of another one.
        self.known().console_host.filter(|_| self.known().name == self.as_str())
    }

    /// The regions every account of the partition has without opting in, sorted.
    pub fn default_regions(&self) -> &'static [&'static str] {
        self.known().default_regions
    }

    /// The ARN of a role by its name (which may carry a path).
    pub fn role_arn(&self, account: AccountId, role_name: &str) -> String {
        format!("arn:{self}:iam::{account}:role/{role_name}")
    }

    fn known(&self) -> &'static Known {
        OTHERS.iter().find(|known| known.name == self.as_str()).unwrap_or(&COMMERCIAL)
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partition_names_its_arns_regions_and_console() {
        let id: AccountId = "000000000001".parse().unwrap();
        let cases: [(&str, &str, &str, Option<&str>, usize); 9] = [
            ("aws", "us-east-1", "us-east-1", Some("console.aws.amazon.com"), 17),
            ("aws-us-gov", "us-gov-west-1", "us-gov-west-1", Some("console.amazonaws-us-gov.com"), 2),
            ("aws-cn", "cn-northwest-1", "cn-north-1", Some("console.amazonaws.cn"), 2),
            ("aws-eusc", "eusc-de-east-1", "eusc-de-east-1", Some("eusc-de-east-1.console.amazonaws-eusc.eu"), 1),
            ("aws-iso", "us-iso-east-1", "us-iso-east-1", None, 2),
            ("aws-iso-b", "us-isob-east-1", "us-isob-east-1", None, 2),
            ("aws-iso-e", "eu-isoe-west-1", "eu-isoe-west-1", None, 1),
            ("aws-iso-f", "us-isof-south-1", "us-isof-south-1", None, 2),
            ("aws-new", "us-east-1", "us-east-1", None, 17),
        ];
        for (name, global, iam, console, regions) in cases {
            let arn = format!("arn:{name}:sts::000000000001:assumed-role/a/b");
            let partition = Partition::of_arn(&arn).unwrap();
            assert_eq!(partition.as_str(), name);
            assert_eq!((partition.global_region(), partition.iam_region()), (global, iam), "{name}");
            assert_eq!((partition.console_host(), partition.default_regions().len()), (console, regions), "{name}");
            assert_eq!(partition.role_arn(id, "path/Reader"), format!("arn:{name}:iam::000000000001:role/path/Reader"));
        }
        assert_eq!(Partition::of_arn("role/x"), None);
        assert_eq!(Partition::of_arn("arn::iam::000000000001:role/x"), None);
    }

    #[test]
    fn every_region_of_a_partition_is_known_by_its_name() {
        for known in OTHERS.iter().chain([&COMMERCIAL]) {
            let mut regions = known.default_regions.to_vec();
            assert!(
                regions.is_sorted() && regions.contains(&known.global_region) && regions.contains(&known.iam_region)
            );
            regions.push(known.global_region);
            for region in regions {
                assert_eq!(Partition::of_region(region).as_str(), known.name, "{region}");
            }
        }
        // No default region, and none that exists.
        for region in ["il-central-1", "us-future-1", ""] {
            assert_eq!(Partition::of_region(region).as_str(), "aws", "{region}");
        }
    }
}
