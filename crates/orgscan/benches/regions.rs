//! ARNs, account ids, and regions and their groups: what runs for every resource and every account.
#![expect(clippy::unwrap_used, reason = "a benchmark may end with a panic")]

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use orgscan::account::{AccountId, Partition};
use orgscan::region::{RegionGroups, proves};

/// Resources as the Tagging API lists them in one region, half of which prove it.
const RESOURCES: [&str; 8] = [
    "arn:aws:ec2:eu-west-1:123456789012:instance/i-0123456789abcdef0",
    "arn:aws:acm:us-east-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef",
    "arn:aws:s3:::a-bucket-with-a-name-of-some-length",
    "arn:aws:cloudfront::123456789012:distribution/E1EXAMPLE2345",
    "arn:aws:lambda:eu-west-1:123456789012:function:a-function:production",
    "arn:aws:route53:::hostedzone/Z0123456789ABCDEFGHIJ",
    "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/one/0123456789abcdef",
    "arn:aws:iam::123456789012:policy/a-policy",
];

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    arns(&mut criterion);
    account_ids(&mut criterion);
    groups(&mut criterion);
    criterion.final_summary();
}

fn arns(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("ARNs");
    group.throughput(Throughput::Elements(RESOURCES.len() as u64));
    group.bench_function("those that prove a region", |bencher| {
        bencher.iter(|| black_box(&RESOURCES).iter().filter(|arn| proves(arn, black_box("eu-west-1"))).count());
    });
    group.bench_function("their partitions", |bencher| {
        bencher.iter(|| black_box(&RESOURCES).iter().filter_map(|arn| Partition::of_arn(arn)).count());
    });
    group.finish();
}

fn account_ids(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("account ids");
    group.throughput(Throughput::Elements(1));
    group.bench_function("read", |bencher| {
        bencher.iter(|| black_box("000000000012").parse::<AccountId>().unwrap());
    });
    let id: AccountId = "000000000012".parse().unwrap();
    group.bench_function("write", |bencher| bencher.iter(|| black_box(id).to_string()));
    let partition = Partition::new("aws");
    group.bench_function("the ARN of a role", |bencher| {
        bencher.iter(|| partition.role_arn(black_box(id), black_box("OrganizationAccountAccessRole")));
    });
    group.finish();
}

fn groups(criterion: &mut Criterion) {
    let groups = RegionGroups::default();
    let mut group = criterion.benchmark_group("group of regions");
    group.throughput(Throughput::Elements(1));
    let every_region = Partition::new("aws").default_regions();
    for (name, regions) in
        [("none", &[] as &[&str]), ("one region", &["eu-west-1"]), ("every region enabled by default", every_region)]
    {
        let active: Vec<String> = regions.iter().map(|region| (*region).to_owned()).collect();
        group.bench_function(name, |bencher| bencher.iter(|| groups.group_of(black_box(&active)).len()));
    }
    group.finish();
}
