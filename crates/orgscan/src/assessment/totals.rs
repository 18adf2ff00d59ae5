//! The credentials of an Organization, counted.

use crate::credential_row::{CredentialRow, Flag};

/// Sums over the rows of a credential report.
///
/// Users are IAM users: the root user of an account is counted on its own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Rows, root users included.
    pub rows: u64,
    /// IAM users.
    pub users: u64,
    /// Users with a console password.
    pub users_with_password: u64,
    /// Of these, without MFA.
    pub users_with_password_without_mfa: u64,
    /// Users with MFA.
    pub users_with_mfa: u64,
    /// Users with an active access key.
    pub users_with_active_key: u64,
    /// Of these, with two.
    pub users_with_two_active_keys: u64,
    /// Active access keys of users.
    pub active_keys: u64,
    /// Active signing certificates of users.
    pub active_certificates: u64,
    /// Root users, one per account that was read.
    pub root_users: u64,
    /// Root users with a password.
    pub root_users_with_password: u64,
    /// Root users of which the report does not say whether they have a password (`not_supported`).
    pub root_users_with_unknown_password: u64,
    /// Root users that have or may have a password and have no MFA.
    pub root_users_without_mfa: u64,
    /// Root users with an active access key.
    pub root_users_with_active_key: u64,
    /// Root users with an active signing certificate.
    pub root_users_with_active_certificate: u64,
}

impl Totals {
    /// Counts one row.
    pub fn add(&mut self, row: &CredentialRow<'_>) {
        let has_password = row.password.enabled == Flag::True;
        let has_mfa = row.mfa == Flag::True;
        let keys = count(row.keys.map(|key| key.active));
        let certificates = count(row.certificates.map(|certificate| certificate.active));
        self.rows += 1;
        if row.is_root() {
            let unknown = !has_password && row.password.enabled != Flag::False;
            self.root_users += 1;
            self.root_users_with_password += u64::from(has_password);
            self.root_users_with_unknown_password += u64::from(unknown);
            self.root_users_without_mfa += u64::from((has_password || unknown) && !has_mfa);
            self.root_users_with_active_key += u64::from(keys > 0);
            self.root_users_with_active_certificate += u64::from(certificates > 0);
        } else {
            self.users += 1;
            self.users_with_password += u64::from(has_password);
            self.users_with_password_without_mfa += u64::from(has_password && !has_mfa);
            self.users_with_mfa += u64::from(has_mfa);
            self.users_with_active_key += u64::from(keys > 0);
            self.users_with_two_active_keys += u64::from(keys > 1);
            self.active_keys += keys;
            self.active_certificates += certificates;
        }
    }
}

fn count(flags: [Flag; 2]) -> u64 {
    flags.into_iter().filter(|flag| *flag == Flag::True).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credential_row::ReportColumns;

    fn counted(table: &str) -> Totals {
        let mut reader = csv::Reader::from_reader(table.as_bytes());
        let columns = ReportColumns::of(reader.headers().unwrap());
        let mut totals = Totals::default();
        for record in reader.records() {
            totals.add(&columns.row(&record.unwrap()));
        }
        totals
    }

    #[test]
    fn totals_count_users_and_root_users_apart() {
        let totals = counted(
            "account_id,user,password_enabled,mfa_active,access_key_1_active,access_key_2_active,cert_1_active,\
             cert_2_active\n\
             1,<root_account>,not_supported,false,false,false,false,false\n\
             2,<root_account>,true,true,true,false,false,true\n\
             3,<root_account>,FALSE,FALSE,false,false,false,false\n\
             1,alice,true,true,true,true,true,false\n\
             1,bob,TRUE,false,false,true,false,false\n\
             1,robot,false,false,true,false,false,false\n\
             1,idle,N/A,false,false,false,false,false\n",
        );
        let expected = Totals {
            rows: 7,
            users: 4,
            users_with_password: 2,
            users_with_password_without_mfa: 1,
            users_with_mfa: 1,
            users_with_active_key: 3,
            users_with_two_active_keys: 1,
            active_keys: 4,
            active_certificates: 1,
            root_users: 3,
            root_users_with_password: 1,
            root_users_with_unknown_password: 1,
            root_users_without_mfa: 1,
            root_users_with_active_key: 1,
            root_users_with_active_certificate: 1,
        };
        assert_eq!(totals, expected);
    }

    #[test]
    fn totals_of_a_table_that_lacks_columns_count_its_rows() {
        assert_eq!(counted("arn,user\na,alice\n"), Totals { rows: 1, users: 1, ..Totals::default() });
        assert_eq!(counted("user\n"), Totals::default());
    }
}
