//! Whether a row of a credential report breaks a rule: pure, and exact at each boundary.
//!
//! What the report does not say breaks no rule, with one exception, [`Rule::RootMfa`]. A credential that is inactive
//! never counts, whatever dates it carries.

mod wording;

use jiff::Timestamp;

use crate::credential_row::{AccessKey, CredentialRow, Flag, Moment};
use crate::rule::{Credential, Rule};

use wording::{Ago, InWhat, days};

/// After how many days something is a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thresholds {
    /// A password or key that was not used for so many days, or more.
    pub unused_days: u32,
    /// A key that is older than so many days.
    pub key_rotation_days: u32,
    /// A root user that was used so many days ago, or fewer.
    pub root_use_days: u32,
}

/// A rule that a row breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The rule.
    pub rule: Rule,
    /// What of the user it is about.
    pub credential: Credential,
    /// What the rule's own clock shows, where it has one.
    pub age_days: Option<u32>,
    /// A sentence about this credential.
    pub detail: String,
}

/// Adds every rule that the row breaks to `violations`, in the order of [`Rule::ALL`], the first of two slots first.
///
/// Ages are whole days from `as_of`. Details have text from AWS in them as it came: whoever shows them has to escape
/// it.
pub fn judge(row: &CredentialRow<'_>, as_of: Timestamp, thresholds: &Thresholds, violations: &mut Vec<Violation>) {
    let mut judge = Judge { row, as_of, thresholds, violations };
    if row.is_root() {
        judge.root_access_keys();
        judge.root_mfa();
        judge.root_use();
        judge.root_certificates();
    } else {
        judge.console_mfa();
        judge.unused_password();
        judge.unused_keys();
        judge.key_rotation();
        judge.two_active_keys();
        judge.setup_keys();
    }
}

struct Judge<'a> {
    row: &'a CredentialRow<'a>,
    as_of: Timestamp,
    thresholds: &'a Thresholds,
    violations: &'a mut Vec<Violation>,
}

/// A rule's clock: since when, and for how many whole days.
#[derive(Clone, Copy)]
struct Clock {
    since: Timestamp,
    days: u32,
}

impl<'a> Judge<'a> {
    fn root_access_keys(&mut self) {
        for (credential, key) in self.active_keys() {
            let what = credential.in_words();
            let detail = match self.clock(key.last_used) {
                Some(used) => {
                    format!("{what} is active and was last used {}{}", self.ago(used), InWhat(key))
                }
                None if key.last_used.is_never() => format!("{what} is active and was never used"),
                None => format!("{what} is active"),
            };
            self.add(Rule::RootAccessKey, credential, None, detail);
        }
    }

    /// Only `false` says that there is no password, as it does in a member account whose root credentials are managed
    /// centrally. `not_supported` is what reports have had for every root user, with a password or without, and what
    /// the other words would mean in this column, `N/A` included, AWS does not document. A root user without MFA that
    /// is missed is worse than one look too many, so each of them counts. That there is no MFA has to be said, though.
    fn root_mfa(&mut self) {
        if self.row.password.enabled == Flag::False || self.row.mfa != Flag::False {
            return;
        }
        let detail = if self.row.password.enabled == Flag::True {
            "the root user has a password and no MFA device"
        } else {
            "the root user has no MFA device and may have a password: the report does not say"
        };
        self.add(Rule::RootMfa, Credential::Mfa, None, detail.to_owned());
    }

    /// A password that is gone by now was used all the same. A key that is inactive was dealt with.
    fn root_use(&mut self) {
        let password = self.clock(self.row.password.last_used).map(|used| (Credential::Password, used, None));
        let keys = self
            .active_keys()
            .filter_map(|(credential, key)| Some((credential, self.clock(key.last_used)?, Some(key))));
        // Of uses at the same time it is the first that `max_by_key` must find, so the last comes first.
        let newest = password.into_iter().chain(keys).rev().max_by_key(|(_, used, _)| used.since);
        let Some((credential, used, key)) = newest else { return };
        if used.days <= self.thresholds.root_use_days {
            let what = credential.in_words();
            let detail = match key {
                Some(key) => format!("{what} was last used {}{}", self.ago(used), InWhat(key)),
                None => format!("{what} was last used {}", self.ago(used)),
            };
            self.add(Rule::RootUsed, credential, Some(used.days), detail);
        }
    }

    fn root_certificates(&mut self) {
        for (credential, certificate) in Credential::CERTIFICATES.into_iter().zip(&self.row.certificates) {
            if certificate.active == Flag::True {
                let what = credential.in_words();
                let detail = match self.clock(certificate.last_rotated) {
                    Some(made) => format!("{what} is active and was made {}", self.ago(made)),
                    None => format!("{what} is active"),
                };
                self.add(Rule::RootCertificate, credential, None, detail);
            }
        }
    }

    fn console_mfa(&mut self) {
        if self.row.password.enabled == Flag::True && self.row.mfa == Flag::False {
            let detail = "the user has a console password and no MFA device".to_owned();
            self.add(Rule::ConsoleMfa, Credential::Mfa, None, detail);
        }
    }

    fn unused_password(&mut self) {
        let password = &self.row.password;
        if password.enabled == Flag::True
            && let Some(unused) = self.unused(password.last_used, password.last_changed)
        {
            let detail = if password.last_used.is_never() {
                format!("the console password was never used and was last changed {}", self.ago(unused))
            } else {
                format!("the console password was last used {}", self.ago(unused))
            };
            self.add(Rule::UnusedPassword, Credential::Password, Some(unused.days), detail);
        }
    }

    fn unused_keys(&mut self) {
        for (credential, key) in self.active_keys() {
            if let Some(unused) = self.unused(key.last_used, key.last_rotated) {
                let what = credential.in_words();
                let detail = if key.last_used.is_never() {
                    format!("{what} was never used and was made {}", self.ago(unused))
                } else {
                    format!("{what} was last used {}{}", self.ago(unused), InWhat(key))
                };
                self.add(Rule::UnusedKey, credential, Some(unused.days), detail);
            }
        }
    }

    fn key_rotation(&mut self) {
        for (credential, key) in self.active_keys() {
            if let Some(made) = self.clock(key.last_rotated)
                && made.days > self.thresholds.key_rotation_days
            {
                let detail = format!("{} is {} old (made on {})", credential.in_words(), days(made.days), made.date());
                self.add(Rule::KeyRotation, credential, Some(made.days), detail);
            }
        }
    }

    fn two_active_keys(&mut self) {
        if self.row.keys.iter().all(|key| key.active == Flag::True) {
            let detail = "access keys 1 and 2 are both active".to_owned();
            self.add(Rule::TwoActiveKeys, Credential::AccessKey2, None, detail);
        }
    }

    fn setup_keys(&mut self) {
        if self.row.password.enabled != Flag::True {
            return;
        }
        for (credential, key) in self.active_keys() {
            if key.last_used.is_never() {
                let detail = format!("{} was never used, and the user has a console password", credential.in_words());
                self.add(Rule::SetupKey, credential, None, detail);
            }
        }
    }

    /// The active keys, in the report's order.
    fn active_keys(&self) -> impl DoubleEndedIterator<Item = (Credential, &'a AccessKey<'a>)> + use<'a> {
        let keys = Credential::ACCESS_KEYS.into_iter().zip(&self.row.keys);
        keys.filter(|(_, key)| key.active == Flag::True)
    }

    fn clock(&self, moment: Moment) -> Option<Clock> {
        Some(Clock { since: moment.at()?, days: moment.age_days(self.as_of)? })
    }

    /// The clock of what is unused for too long. It runs from the last use, and where the report says that there was
    /// none, from when the credential was made.
    fn unused(&self, last_used: Moment, made: Moment) -> Option<Clock> {
        let since = if last_used.is_never() { made } else { last_used };
        self.clock(since).filter(|unused| unused.days >= self.thresholds.unused_days)
    }

    fn ago(&self, clock: Clock) -> Ago {
        Ago { clock, as_of: self.as_of }
    }

    fn add(&mut self, rule: Rule, credential: Credential, age_days: Option<u32>, detail: String) {
        self.violations.push(Violation { rule, credential, age_days, detail });
    }
}

#[cfg(test)]
mod tests;
