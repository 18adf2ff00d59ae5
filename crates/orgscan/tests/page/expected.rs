//! The cells that the page's table must have, told in another way than the page's own.

use jiff::Timestamp;
use orgscan::assessment::AssessedRow;
use orgscan::credential_row::{AccessKey, Flag, Moment};
use orgscan::finding::{Finding, Status};

pub(crate) const COLUMNS: [&str; 14] = [
    "Account",
    "Account name",
    "OU path",
    "User",
    "Severity",
    "Findings",
    "Password",
    "MFA",
    "Key 1",
    "Key 1 days",
    "Key 2",
    "Key 2 days",
    "Last use",
    "Certificates",
];

pub(crate) fn cells(assessed: &AssessedRow<'_>, time: Timestamp) -> [String; COLUMNS.len()] {
    let row = &assessed.row;
    let [first, second] = &row.keys;
    let worst = assessed.findings.iter().filter(|one| one.status != Status::Exempted).map(|one| one.severity).min();
    [
        assessed.account_id.to_owned(),
        assessed.account_name.to_owned(),
        assessed.ou_path.to_owned(),
        row.user.to_owned(),
        worst.map(|severity| severity.as_str().to_owned()).unwrap_or_default(),
        assessed.findings.iter().map(finding).collect::<Vec<_>>().join("; "),
        flag(row.password.enabled).to_owned(),
        flag(row.mfa).to_owned(),
        key(first),
        age(first, time),
        key(second),
        age(second, time),
        last_use([row.password.last_used, first.last_used, second.last_used]),
        certificates(row.certificates.map(|one| (one.active, one.last_rotated))),
    ]
}

fn finding(finding: &Finding<'_>) -> String {
    let credential = finding.credential.as_str();
    let credential = match credential.strip_prefix("access_key_") {
        Some(slot) => format!(" key {slot}"),
        None => credential.strip_prefix("cert_").map(|slot| format!(" certificate {slot}")).unwrap_or_default(),
    };
    format!("{} {}{credential} ({})", finding.severity.as_str(), finding.rule, finding.status.as_str())
}

fn flag(flag: Flag) -> &'static str {
    match flag {
        Flag::True => "yes",
        Flag::False => "no",
        Flag::NotSupported => "not supported",
        other => unreachable!("no page here has {other:?}"),
    }
}

fn key(key: &AccessKey<'_>) -> String {
    let exists = matches!(key.last_rotated, Moment::At(_));
    let word = if !exists {
        "none"
    } else if key.active == Flag::True {
        "active"
    } else {
        "inactive"
    };
    word.to_owned()
}

fn age(key: &AccessKey<'_>, time: Timestamp) -> String {
    match key.last_rotated {
        Moment::At(rotated) => (time.duration_since(rotated).as_hours() / 24).to_string(),
        _ => String::new(),
    }
}

fn last_use(uses: [Moment; 3]) -> String {
    let mut days: Vec<String> = uses
        .into_iter()
        .filter_map(|used| if let Moment::At(time) = used { Some(time.to_string()[..10].to_owned()) } else { None })
        .collect();
    days.sort();
    let without = if uses.contains(&Moment::NoInformation) { "no information" } else { "N/A" };
    days.pop().unwrap_or_else(|| without.to_owned())
}

fn certificates(certificates: [(Flag, Moment); 2]) -> String {
    let words = |active: Flag, word: &str| {
        let number = certificates.iter().filter(|one| one.0 == active && matches!(one.1, Moment::At(_))).count();
        (number > 0).then(|| format!("{number} {word}"))
    };
    let all: Vec<String> =
        [words(Flag::True, "active"), words(Flag::False, "inactive")].into_iter().flatten().collect();
    if all.is_empty() { "none".to_owned() } else { all.join(", ") }
}
