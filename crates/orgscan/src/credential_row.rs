//! One row of a credential report, typed: columns are found by name, and what a cell says is told apart from what it
//! does not say.

mod cell;

use csv::StringRecord;

use crate::credential_report::COLUMNS;

pub(crate) use cell::known_text;
pub use cell::{Flag, Moment};

/// What the row of an account's root user has for a user name (IAM user guide, "Generate credential reports").
pub const ROOT_USER: &str = "<root_account>";

/// A console password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Password {
    /// Whether there is one.
    pub enabled: Flag,
    /// When it was last used.
    pub last_used: Moment,
    /// When it was last set.
    pub last_changed: Moment,
}

/// An access key. An inactive one keeps its dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccessKey<'a> {
    /// Whether it works.
    pub active: Flag,
    /// When it was made.
    pub last_rotated: Moment,
    /// When it was last used.
    pub last_used: Moment,
    /// In which region; `N/A` for services without regions too.
    pub last_used_region: &'a str,
    /// With which service.
    pub last_used_service: &'a str,
}

/// A signing certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Certificate {
    /// Whether it works.
    pub active: Flag,
    /// When it was made.
    pub last_rotated: Moment,
}

/// A user of an account, or its root user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CredentialRow<'a> {
    /// The user's name.
    pub user: &'a str,
    /// The user's ARN.
    pub arn: &'a str,
    /// When the user was made.
    pub created: Moment,
    /// The console password.
    pub password: Password,
    /// Whether an MFA device is registered.
    pub mfa: Flag,
    /// The two access keys, in the report's order.
    pub keys: [AccessKey<'a>; 2],
    /// The two signing certificates, in the report's order.
    pub certificates: [Certificate; 2],
}

impl CredentialRow<'_> {
    /// Whether it is an account's root user.
    pub fn is_root(&self) -> bool {
        self.user == ROOT_USER
    }

    /// How many cells say nothing that can be read, of those that a rule looks at.
    pub fn unreadable_cells(&self) -> usize {
        let (flags, moments) = self.cells_of_rules();
        flags.into_iter().filter(|flag| *flag == Flag::Unreadable).count()
            + moments.into_iter().filter(|moment| *moment == Moment::Unreadable).count()
    }

    /// Whether cells are empty, or their columns not there, of those that a rule looks at.
    pub fn lacks_cells(&self) -> bool {
        let (flags, moments) = self.cells_of_rules();
        flags.contains(&Flag::Absent) || moments.contains(&Moment::Absent)
    }

    fn cells_of_rules(&self) -> ([Flag; 6], [Moment; 6]) {
        let Password { enabled, last_used, last_changed } = self.password;
        let [key_1, key_2] = self.keys;
        let [certificate_1, certificate_2] = self.certificates;
        (
            [enabled, self.mfa, key_1.active, key_2.active, certificate_1.active, certificate_2.active],
            [last_used, last_changed, key_1.last_rotated, key_1.last_used, key_2.last_rotated, key_2.last_used],
        )
    }
}

/// Where a report has its columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportColumns {
    /// In the order of [`COLUMNS`].
    positions: [Option<usize>; COLUMNS.len()],
}

impl ReportColumns {
    /// Finds the columns by their names, in an account's own report or in a merged one.
    pub fn of(header: &StringRecord) -> Self {
        Self { positions: COLUMNS.map(|name| header.iter().position(|column| column == name)) }
    }

    /// The columns that every report should have and this one lacks, in AWS's order.
    pub fn missing(&self) -> impl Iterator<Item = &'static str> {
        COLUMNS.into_iter().zip(&self.positions).filter(|(_, position)| position.is_none()).map(|(name, _)| name)
    }

    /// The row of a record.
    pub fn row<'a>(&self, record: &'a StringRecord) -> CredentialRow<'a> {
        let [
            user,
            arn,
            created,
            password_enabled,
            password_last_used,
            password_last_changed,
            _password_next_rotation,
            mfa,
            key_1_active,
            key_1_last_rotated,
            key_1_last_used,
            key_1_last_used_region,
            key_1_last_used_service,
            key_2_active,
            key_2_last_rotated,
            key_2_last_used,
            key_2_last_used_region,
            key_2_last_used_service,
            certificate_1_active,
            certificate_1_last_rotated,
            certificate_2_active,
            certificate_2_last_rotated,
        ] = self.positions.map(|position| position.and_then(|at| record.get(at)).unwrap_or_default());
        CredentialRow {
            user,
            arn,
            created: Moment::of(created),
            password: Password {
                enabled: Flag::of(password_enabled),
                last_used: Moment::of(password_last_used),
                last_changed: Moment::of(password_last_changed),
            },
            mfa: Flag::of(mfa),
            keys: [
                AccessKey {
                    active: Flag::of(key_1_active),
                    last_rotated: Moment::of(key_1_last_rotated),
                    last_used: Moment::of(key_1_last_used),
                    last_used_region: key_1_last_used_region,
                    last_used_service: key_1_last_used_service,
                },
                AccessKey {
                    active: Flag::of(key_2_active),
                    last_rotated: Moment::of(key_2_last_rotated),
                    last_used: Moment::of(key_2_last_used),
                    last_used_region: key_2_last_used_region,
                    last_used_service: key_2_last_used_service,
                },
            ],
            certificates: [
                Certificate {
                    active: Flag::of(certificate_1_active),
                    last_rotated: Moment::of(certificate_1_last_rotated),
                },
                Certificate {
                    active: Flag::of(certificate_2_active),
                    last_rotated: Moment::of(certificate_2_last_rotated),
                },
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A cell of its own for every column, so that a column taken for another shows.
    const CELLS: [&str; 22] = [
        "alice",
        "arn:aws:iam::123456789012:user/alice",
        "2026-01-01T00:00:00Z",
        "true",
        "2026-01-02T00:00:00Z",
        "2026-01-03T00:00:00Z",
        "2026-01-04T00:00:00Z",
        "FALSE",
        "True",
        "2026-01-05T00:00:00+00:00",
        "no_information",
        "us-east-1",
        "s3",
        "not_supported",
        "2026-01-06T00:00:00Z",
        "2026-01-07T00:00:00Z",
        "eu-west-1",
        "ec2",
        "N/A",
        "2026-01-08T00:00:00Z",
        "no_information",
        "2026-01-09T00:00:00Z",
    ];

    fn day(day: u8) -> Moment {
        Moment::At(format!("2026-01-{day:02}T00:00:00Z").parse().unwrap())
    }

    fn alice() -> CredentialRow<'static> {
        CredentialRow {
            user: "alice",
            arn: "arn:aws:iam::123456789012:user/alice",
            created: day(1),
            password: Password { enabled: Flag::True, last_used: day(2), last_changed: day(3) },
            mfa: Flag::False,
            keys: [
                AccessKey {
                    active: Flag::True,
                    last_rotated: day(5),
                    last_used: Moment::NoInformation,
                    last_used_region: "us-east-1",
                    last_used_service: "s3",
                },
                AccessKey {
                    active: Flag::NotSupported,
                    last_rotated: day(6),
                    last_used: day(7),
                    last_used_region: "eu-west-1",
                    last_used_service: "ec2",
                },
            ],
            certificates: [
                Certificate { active: Flag::NotApplicable, last_rotated: day(8) },
                Certificate { active: Flag::NoInformation, last_rotated: day(9) },
            ],
        }
    }

    #[test]
    fn a_row_has_each_column_in_its_place() {
        let columns = ReportColumns::of(&StringRecord::from(COLUMNS.to_vec()));
        assert_eq!(columns.row(&StringRecord::from(CELLS.to_vec())), alice());
        assert_eq!(columns.missing().count(), 0);
    }

    #[test]
    fn columns_are_found_in_any_order_among_others() {
        let mut pairs: Vec<(&str, &str)> = COLUMNS.into_iter().zip(CELLS).collect();
        pairs.extend([("additional_credentials_info", "x"), ("account_id", "123456789012"), ("User", "y"), ("", "z")]);
        for seed in 0..100 {
            fastrand::Rng::with_seed(seed).shuffle(&mut pairs);
            let (header, record): (Vec<&str>, Vec<&str>) = pairs.iter().copied().unzip();
            let columns = ReportColumns::of(&StringRecord::from(header));
            assert_eq!(columns.row(&StringRecord::from(record)), alice(), "seed {seed}");
            assert_eq!(columns.missing().count(), 0);
        }
    }

    #[test]
    fn a_column_that_is_missing_is_absent_and_named() {
        let header: Vec<&str> = COLUMNS.into_iter().filter(|column| *column != "mfa_active").collect();
        let columns = ReportColumns::of(&StringRecord::from(header));
        assert_eq!(columns.missing().collect::<Vec<_>>(), ["mfa_active"]);
        let mut cells = CELLS.to_vec();
        cells.remove(7);
        assert_eq!(columns.row(&StringRecord::from(cells)), CredentialRow { mfa: Flag::Absent, ..alice() });

        let columns = ReportColumns::of(&StringRecord::from(vec!["arn", "user"]));
        assert_eq!(columns.missing().collect::<Vec<_>>(), COLUMNS[2..]);
        let record = StringRecord::from(vec!["an arn", "a user"]);
        let row = columns.row(&record);
        assert_eq!((row.user, row.arn, row.created, row.mfa), ("a user", "an arn", Moment::Absent, Flag::Absent));
        assert_eq!(row.unreadable_cells(), 0);
    }

    #[test]
    fn a_record_that_is_cut_off_has_the_rest_absent() {
        let columns = ReportColumns::of(&StringRecord::from(COLUMNS.to_vec()));
        let record = StringRecord::from(CELLS[..19].to_vec());
        let [certificate_1, _] = alice().certificates;
        let certificates = [
            Certificate { last_rotated: Moment::Absent, ..certificate_1 },
            Certificate { active: Flag::Absent, last_rotated: Moment::Absent },
        ];
        assert_eq!(columns.row(&record), CredentialRow { certificates, ..alice() });
    }

    #[test]
    fn cells_that_cannot_be_read_count_where_a_rule_looks() {
        let columns = ReportColumns::of(&StringRecord::from(COLUMNS.to_vec()));
        let no_rule_looks_at = [
            "user",
            "arn",
            "user_creation_time",
            "password_next_rotation",
            "access_key_1_last_used_region",
            "access_key_1_last_used_service",
            "access_key_2_last_used_region",
            "access_key_2_last_used_service",
            "cert_1_last_rotated",
            "cert_2_last_rotated",
        ];
        for (at, column) in COLUMNS.into_iter().enumerate() {
            let mut cells = CELLS.to_vec();
            cells[at] = "?";
            let expected = usize::from(!no_rule_looks_at.contains(&column));
            assert_eq!(columns.row(&StringRecord::from(cells)).unreadable_cells(), expected, "{column}");
        }
        assert_eq!(columns.row(&StringRecord::from(["?"; 22].to_vec())).unreadable_cells(), 12);
    }

    #[test]
    fn only_the_root_users_row_is_the_root_users() {
        assert!(CredentialRow { user: "<root_account>", ..alice() }.is_root());
        for user in ["alice", "root", "<ROOT_ACCOUNT>", "root_account", ""] {
            assert!(!CredentialRow { user, ..alice() }.is_root(), "{user:?}");
        }
    }
}
