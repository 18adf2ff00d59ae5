//! What is drawn from a seed: the job, how much time it has, and which faults happen.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::time::Duration;

use aws_sim::{AccountId, Fault, FaultRule};
use fastrand::Rng;

/// Accounts of the world, the management account included.
pub(super) const ACCOUNTS: u32 = 500;

/// The regions of the world.
pub(super) const REGIONS: [&str; 3] = ["us-east-1", "us-east-2", "us-west-1"];

/// The share of calls of each operation that a fault happens to.
const FAULTS: f64 = 0.2;

/// Kinds of faults that share it, for each operation.
const KINDS: usize = 3;

/// One run in so many has accounts in which a call hangs: it takes as long as a call may.
const RUNS_PER_HANG: u64 = 40;

/// The two jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Job {
    Audit,
    Inventory,
}

/// What an account's own, lasting fault makes of it.
pub(super) type Fate = &'static [&'static str];

/// A run, as it is drawn.
#[derive(Debug, Clone)]
pub(super) struct Drawn {
    pub(super) seed: u64,
    pub(super) job: Job,
    /// The time it has, where that is hardly enough.
    pub(super) short: Option<Duration>,
    /// Whether some calls hang.
    pub(super) hangs: bool,
    /// Accounts with a fault that lasts.
    pub(super) fates: BTreeMap<String, Fate>,
    /// All faults; those that last come first.
    pub(super) rules: Vec<FaultRule>,
}

impl Drawn {
    pub(super) fn of_seed(seed: u64) -> Self {
        let mut random = Rng::with_seed(seed);
        let job = if seed.is_multiple_of(3) { Job::Inventory } else { Job::Audit };
        let hangs = seed.is_multiple_of(RUNS_PER_HANG);
        let short = (!hangs && random.f64() < 0.4).then(|| Duration::from_millis(random.u64(2_000..=14_000)));
        let (mut rules, mut fates) = (Vec::new(), BTreeMap::new());
        // What lasts and is repeated takes as long as all repeats, so that not every run has it.
        let is_slow = random.f64() < 0.2;
        for _ in 0..random.usize(4..=12) {
            let account = AccountId::new(0, random.u32(1..ACCOUNTS)).to_string();
            let (operation, fault, fate) = lasting(job, is_slow, &mut random);
            if let Entry::Vacant(place) = fates.entry(account) {
                rules.push(FaultRule { account: Some(place.key().clone()), ..FaultRule::new(operation, fault) });
                place.insert(fate);
            }
        }
        if hangs {
            for _ in 0..3 {
                let account = Some(AccountId::new(0, random.u32(1..ACCOUNTS)).to_string());
                let operation = if job == Job::Audit { "iam:GetCredentialReport" } else { "account:ListRegions" };
                rules.push(FaultRule { account, first: Some(1), ..FaultRule::new(operation, Fault::Hang) });
            }
        }
        for operation in operations(job) {
            rules.extend(passing(operation, &mut random));
        }
        Self { seed, job, short, hangs, fates, rules }
    }
}

fn operations(job: Job) -> Vec<&'static str> {
    let both = ["sts:GetCallerIdentity", "sts:AssumeRole", "organizations:DescribeOrganization"];
    let more = ["organizations:ListAccounts", "s3:PutObject", "s3:GetObject", "s3:HeadObject"];
    let own: &[&str] = match job {
        Job::Audit => &["iam:GenerateCredentialReport", "iam:GetCredentialReport", "ses:SendEmail"],
        Job::Inventory => {
            &["dynamodb:Scan", "organizations:ListTagsForResource", "account:ListRegions", "tag:GetResources"]
        }
    };
    [&both[..], &more[..], own].concat()
}

/// Faults that happen to some calls of an operation. Draws are per operation, region and account, so that they do not depend
/// on which call comes first.
fn passing(operation: &str, random: &mut Rng) -> Vec<FaultRule> {
    let anywhere = [
        Fault::Throttle,
        Fault::Error500,
        Fault::Error503,
        Fault::ResetBeforeAnswer,
        Fault::ResetInBody,
        Fault::TruncatedBody,
        Fault::SlowBody { seconds: 0.3 },
    ];
    // An object is what its bytes say, so a store that answers other bytes cannot be told from one that has them.
    let in_documents = [Fault::WrongContentType, Fault::MalformedBody];
    let in_pages = [Fault::EmptyPageWithToken];
    let mut kinds = anywhere.to_vec();
    if !operation.starts_with("s3:") {
        kinds.extend(in_documents);
    }
    if ["organizations:ListAccounts", "dynamodb:Scan"].contains(&operation) {
        kinds.extend(in_pages);
    }
    random.shuffle(&mut kinds);
    kinds.truncate(KINDS);
    // Of several rules each sees only what those before it let pass.
    let share = Some(1.0 - (1.0 - FAULTS).powf(1.0 / f64::from(u32::try_from(KINDS).expect("a small number"))));
    let regions: Vec<Option<String>> = match operation {
        "tag:GetResources" => REGIONS.map(|region| Some(region.to_owned())).to_vec(),
        _ => vec![None],
    };
    let rule = |kind: Fault, region: &Option<String>| FaultRule {
        share,
        region: region.clone(),
        ..FaultRule::new(operation, kind)
    };
    regions.iter().flat_map(|region| kinds.iter().map(|kind| rule(*kind, region))).collect()
}

/// A fault that lasts, and what the design makes of an account that has it.
fn lasting(job: Job, is_slow: bool, random: &mut Rng) -> (&'static str, Fault, Fate) {
    const ROLE: &str = "sts:AssumeRole";
    const REPORT: &str = "iam:GetCredentialReport";
    const RESOURCES: &str = "tag:GetResources";
    const THROTTLED: Fate = &["throttled"];
    const FAILED: Fate = &["service_error"];
    let quick: &[(&'static str, Fault, Fate)] = match job {
        Job::Audit => &[
            (ROLE, Fault::AccessDenied, &["assume_denied"]),
            (REPORT, Fault::AccessDenied, &["denied"]),
            (REPORT, Fault::ExpiredToken, FAILED),
            (ROLE, Fault::ClockSkew, FAILED),
        ],
        Job::Inventory => &[
            (ROLE, Fault::AccessDenied, &["assume_denied"]),
            (RESOURCES, Fault::AccessDenied, &["denied"]),
            (RESOURCES, Fault::ExpiredToken, FAILED),
            (ROLE, Fault::ClockSkew, FAILED),
        ],
    };
    let slow: &[(&'static str, Fault, Fate)] = match job {
        Job::Audit => &[
            (ROLE, Fault::Throttle, THROTTLED),
            (REPORT, Fault::Throttle, THROTTLED),
            (REPORT, Fault::Error500, FAILED),
            (REPORT, Fault::MalformedBody, FAILED),
            (ROLE, Fault::ResetBeforeAnswer, FAILED),
        ],
        Job::Inventory => &[
            (ROLE, Fault::Error503, FAILED),
            (RESOURCES, Fault::Throttle, THROTTLED),
            (RESOURCES, Fault::TruncatedBody, FAILED),
        ],
    };
    let all = if is_slow { [quick, slow].concat() } else { quick.to_vec() };
    *random.choice(&all).expect("there are some")
}
