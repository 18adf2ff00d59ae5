//! What stands below the flags in the help of each command: examples, and exit codes where they say more than that it went
//! well. A line of an example begins with two blanks and `orgscan`; a test runs each through the parser.

/// Below the help of `orgscan` itself.
pub(crate) const ORGSCAN: &str = "\
Examples:
  orgscan credential-report --profile audit --dry-run
      Look who would be scanned, with the credentials of a profile
  orgscan credential-report --profile audit
      Collect and judge the credential reports, into a local folder
  orgscan account-metadata --bucket=example-reports
      Write the inventory of every tenant's Organization to a bucket
  orgscan findings status_reports.csv --fail-on high
      Judge a report that is at hand, and end with 3 where it is bad

Settings are environment variables, and those of a file .env in this folder or
above it; `orgscan settings` lists them.

Exit codes:
  0    complete
  1    nothing was written, and the last line says why
  2    partial: the coverage ledger says what is missing
  3    there are findings that --fail-on asks about
  64   the command line, a setting or the event cannot be used
  130  interrupted twice";

/// Exit codes of a run.
macro_rules! exit_codes_of_a_run {
    () => {
        "

Exit codes:
  0    complete
  1    nothing was written, and the last line says why
  2    partial: the coverage ledger says what is missing
  64   the command line, a setting or the event cannot be used
  130  interrupted twice; after the first Ctrl-C what there is is written"
    };
}

pub(crate) const ACCOUNT_METADATA: &str = concat!(
    "\
Examples:
  orgscan account-metadata
      The inventory of every tenant, into ~/aws-org-scripts-outputs
  orgscan account-metadata --tenants 111122223333,444455556666
      Two tenants' Organizations only
  orgscan account-metadata --profile inventory --dry-run
      Look who would be scanned, and whether each role can be assumed
  orgscan account-metadata --bucket=example-reports --quiet --json
      Write to a bucket, and print the summary as JSON",
    exit_codes_of_a_run!()
);

pub(crate) const CREDENTIAL_REPORT: &str = concat!(
    "\
Examples:
  orgscan credential-report --profile audit --no-mail
      The Organization of the profile's account, into
      ./credential-report-automation
  orgscan credential-report --accounts 111122223333 --output-dir reports
      One account only, into the folder reports
  orgscan credential-report --exclude 111122223333,444455556666 --bucket
      All but two accounts, into the bucket OUTPUT_BUCKET
  orgscan credential-report --event '{\"notify\": false}' --json
      What the function would do with this event, and its answer",
    exit_codes_of_a_run!()
);

pub(crate) const DOCTOR: &str = "\
Examples:
  orgscan doctor
      What will not work with these credentials and settings, and how to mend it
  orgscan doctor credential-report --profile audit --json
      Of one job alone, with the credentials of a profile, as JSON
  orgscan doctor --read answer.json
      What the function found when it was invoked with {\"doctor\": true}

Exit codes:
  0    nothing failed
  2    something has to be mended: each line that fails says how
  64   the command line, a setting or the file cannot be used
  130  interrupted twice";

pub(crate) const FINDINGS: &str = "\
Examples:
  orgscan findings status_reports.csv
      What is wrong, the worst first
  orgscan findings merged.csv --fail-on high --quiet
      A gate for a pipeline
  orgscan findings merged.csv --previous earlier.jsonl --json
      What is new, open and resolved since then, as JSON lines
  orgscan findings merged.csv --exclude 111122223333 --format csv
      Without one account, as a table

Exit codes:
  0    there are no findings that --fail-on asks about, or it was not given
  1    a report cannot be read
  2    with --fail-on: some of the report could not be judged
  3    there are findings that --fail-on asks about
  64   the command line or a setting cannot be used";

pub(crate) const DIGEST: &str = "\
Examples:
  orgscan digest status_reports.csv
      The digest as text, on standard output
  orgscan digest merged.csv --output-dir digest
      Mail as HTML and text, and the page with charts, into the folder digest
  orgscan digest merged.csv --page report.html --as-of 2026-11-21
      The page alone, with ages counted to that day

Exit codes:
  0    all that was asked for is made
  1    a report cannot be read, or a file cannot be written
  64   the command line or a setting cannot be used";

pub(crate) const EXEMPTIONS: &str = "\
Examples:
  orgscan exemptions check exemptions.json
      What each entry exempts, until when and why, or what is wrong with it";

pub(crate) const EXEMPTIONS_CHECK: &str = "\
Examples:
  orgscan exemptions check exemptions.json
      What each entry exempts, until when and why, or what is wrong with it
  orgscan exemptions check exemptions.json --as-of 2027-01-01 --json
      What will be in force on that day, as JSON

Exit codes:
  0    every entry can be used
  2    an entry cannot be used
  64   the command line cannot be used, or the file cannot be read";

pub(crate) const SETTINGS: &str = "\
Examples:
  orgscan settings --job credential-report
      What credential-report can be told by environment variables
  orgscan settings --json
      The same of both jobs, as JSON";

pub(crate) const POLICY: &str = "\
Examples:
  orgscan policy --job credential-report --profile audit
      Every policy that these settings ask for, as one JSON object
  orgscan policy member-role --job credential-report
      What the role in each member account needs; the answer goes straight into
      aws iam put-role-policy … --policy-document \"$(…)\"
  orgscan policy member-role --job credential-report --trust
      Who may assume that role: whoever runs this
  orgscan policy caller --job credential-report --bucket reports
      What whoever runs this needs, with reports in that bucket

Exit codes:
  0    the policy is printed
  1    AWS did not say who the caller is, or the policy could not be written
  64   the command line or a setting cannot be used";

pub(crate) const SCHEMA: &str = "\
Examples:
  orgscan schema findings
      What a line of the findings holds, as JSON Schema 2020-12
  orgscan schema columns
      The columns of every CSV, by the name of the report; a merged credential
      report may have more, as AWS answers them";

pub(crate) const COMPLETIONS: &str = "\
Examples:
  orgscan completions bash
      To ~/.local/share/bash-completion/completions/orgscan
  orgscan completions zsh
      To a file _orgscan in a folder of $fpath
  orgscan completions fish
      To ~/.config/fish/completions/orgscan.fish
  orgscan completions powershell
      To a script that $PROFILE runs";

pub(crate) const MAN: &str = "\
Examples:
  orgscan man
      The page of orgscan; `orgscan man | man -l -` shows it
  orgscan man credential-report
      The page of a command
  orgscan man --output-dir ~/.local/share/man/man1
      Every page, where man finds them";
