//! Deliveries at once, and in a row.

use orgscan_tests::answer::status;

use super::deliveries::{Deliveries, World};

const WORLDS: [(World, u64); 3] = [(World::Audit, 1), (World::Inventory, 0), (World::LargeAudit, 0)];

#[test]
fn an_event_twice_in_a_row_leaves_everything_as_the_first_delivery_left_it() {
    for (world, mails) in WORLDS {
        let deliveries = Deliveries::to(world, Vec::new());
        let first = deliveries.deliver();
        let after_first = deliveries.contents();
        let second = deliveries.deliver();
        assert_eq!((status(&first), status(&second)), ("complete", "complete"), "{world:?}: {second}");
        deliveries.contents().assert_same(&after_first, "the second delivery changes objects");
        assert_eq!((deliveries.mails(), deliveries.counts().open_uploads), (mails, 0), "{world:?}");
    }
}

#[test]
fn an_event_delivered_to_several_processes_at_once_leaves_what_one_leaves() {
    for (world, mails) in WORLDS {
        let undisturbed = Deliveries::to(world, Vec::new());
        undisturbed.deliver();
        for processes in [2, 4] {
            let deliveries = Deliveries::to(world, Vec::new());
            for summary in deliveries.deliver_at_once(processes) {
                assert_eq!(status(&summary), "complete", "{world:?} at {processes}: {summary}");
            }
            let what = format!("{world:?}, {processes} at once");
            deliveries.contents().assert_those_of(&undisturbed.contents(), &what);
            assert_eq!((deliveries.mails(), deliveries.counts().open_uploads), (mails, 0), "{what}");
        }
    }
}
