//! Tables of ours, and the guard against formulas.

use std::time::Duration;

use orgscan::account::{Account, AccountState, OrgId};
use orgscan::ledger::{LedgerRow, Outcome};
use orgscan::table::{InventoryRow, TableWriter, inventory, ledger, read_ledger, read_regions};
use proptest::prelude::*;
use proptest::sample::select;

use super::properties::formula_guard;
use super::{inputs, text};

prop_compose! {
    fn ledger_row()(
        id in 0..1_000_000_000_000_u64,
        (name, ou_path, org_id, state, detail) in (text(), text(), text(), text(), text()),
        outcome in select(&Outcome::ALL[..]),
        attempts: u32,
        milliseconds in 0..1_u64 << 53,
        second in proptest::option::of(0..253_402_207_200_i64),
        regions_denied in proptest::collection::vec("[a-z0-9-]{1,20}", 0..4),
        regions_not_enabled in proptest::collection::vec("[a-z0-9-]{1,20}", 0..4),
    ) -> LedgerRow {
        LedgerRow {
            account: Account {
                id: format!("{id:012}").parse().unwrap(),
                name,
                state: AccountState::from_answer(Some(&state), None),
                ou_path,
            },
            org_id: OrgId::new(org_id),
            outcome,
            attempts,
            duration: Duration::from_millis(milliseconds),
            report_generated_time: second.map(|second| jiff::Timestamp::from_second(second).unwrap()),
            regions_denied,
            regions_not_enabled,
            detail,
        }
    }
}

proptest! {
    #![proptest_config(inputs(300))]

    #[test]
    fn a_ledger_that_was_written_is_read_back_equal(rows in proptest::collection::vec(ledger_row(), 0..6)) {
        prop_assert_eq!(read_ledger(&ledger(&rows, false).unwrap()).unwrap(), rows);
    }

    #[test]
    fn a_guarded_ledger_has_every_account_and_what_became_of_it(rows in proptest::collection::vec(ledger_row(), 0..6)) {
        let guarded = ledger(&rows, true).unwrap();
        formula_guard::holds(&guarded);
        let read = read_ledger(&guarded).unwrap();
        let told = |rows: &[LedgerRow]| rows.iter().map(|row| (row.account.id, row.outcome, row.duration)).collect::<Vec<_>>();
        prop_assert_eq!(told(&read), told(&rows));
    }

    #[test]
    fn regions_of_an_inventory_that_was_written_are_read_back_equal(
        rows in proptest::collection::vec((ledger_row(), text(), text()), 0..6),
        guard: bool,
    ) {
        let table = inventory(
            rows.iter().map(|(row, environment, aide_id)| InventoryRow {
                account: &row.account,
                org_id: row.org_id.as_str(),
                management_account: row.account.id.to_string(),
                region_group: environment,
                regions: &row.regions_denied,
                environment,
                aide_id,
            }),
            guard,
        )
        .unwrap();
        // A region's name never begins like a formula; these may.
        let expected: Vec<_> = rows.iter().map(|(row, ..)| (row.account.id, row.regions_denied.clone())).collect();
        if !guard || rows.iter().all(|(row, ..)| row.regions_denied.first().is_none_or(|first| !first.starts_with('-'))) {
            prop_assert_eq!(read_regions(&table).unwrap(), expected);
        }
    }

    #[test]
    fn no_guarded_cell_begins_like_a_formula_and_each_can_be_undone(
        rows in proptest::collection::vec(proptest::collection::vec(text(), 3), 0..6),
    ) {
        let mut table = TableWriter::new(Vec::new(), false, ["a", "b", "c"]).unwrap();
        for row in &rows {
            table.write(row.iter().map(String::as_str)).unwrap();
        }
        formula_guard::holds(&table.finish().unwrap());
    }

    #[test]
    fn any_bytes_can_be_guarded(bytes: Vec<u8>, text in text()) {
        formula_guard::holds(&bytes);
        formula_guard::holds(text.as_bytes());
        formula_guard::holds(&[text.as_bytes(), &bytes].concat());
    }

    #[test]
    fn any_bytes_in_place_of_an_earlier_table_are_read_or_refused(bytes: Vec<u8>, rows in proptest::collection::vec(ledger_row(), 0..3)) {
        let written = ledger(&rows, false).unwrap();
        for content in [bytes.clone(), [written, bytes].concat()] {
            if let Ok(rows) = read_ledger(&content) {
                prop_assert_eq!(read_ledger(&ledger(&rows, false).unwrap()).unwrap(), rows);
            }
            drop(read_regions(&content));
        }
    }
}
