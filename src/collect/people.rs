//! The accounts of people who own applications in scope or approve: whether they are guests, disabled or synchronised.

use super::filters::{By, Lookup, read_all};
use super::json::{self, flag, text};
use super::keep;
use super::reader::{Finished, Reader};
use crate::graph::Version;
use crate::snapshot::{Gap, Person};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const LOOKUP: Lookup = Lookup {
    version: Version::V1,
    path: "/users",
    select: "id,displayName,accountEnabled,userType,onPremisesSyncEnabled",
    expand: None,
    keep: keep::person,
};

pub(super) type People = BTreeMap<String, Person>;

/// Whether an object of this kind may be a person: also where the service did not say what it is.
pub(super) fn may_be_person(kind: Option<&str>) -> bool {
    kind.is_none_or(|kind| kind.eq_ignore_ascii_case("user"))
}

/// Accounts with these object ids. `inherited` is why not everybody of interest is known.
pub(super) async fn read(mut reader: Reader<'_>, ids: &BTreeSet<String>, inherited: Vec<Gap>) -> (People, Finished) {
    let mut people = People::new();
    let wanted = LOOKUP.filters(By::Id, ids);
    if wanted.is_empty() {
        let gap = inherited.into_iter().min().unwrap_or(Gap::NotRequested);
        return (people, reader.skip(gap));
    }
    inherited.into_iter().for_each(|gap| reader.note(gap));
    read_all(&mut reader, &wanted, |reader, _, row| match parse(&row) {
        Some(person) => json::file(&mut people, person.id.clone(), person),
        None => reader.malformed("id"),
    })
    .await;
    reader.set_items(people.len());
    (people, reader.finish())
}

fn parse(row: &Value) -> Option<Person> {
    let account_enabled = flag(row, "accountEnabled");
    Some(Person {
        id: text(row, "id")?.to_lowercase(),
        display_name: text(row, "displayName"),
        account_enabled,
        user_type: text(row, "userType"),
        synchronised: match row.get("onPremisesSyncEnabled") {
            // Graph writes null for an account that was never synchronised, but also for every member that a narrower
            // permission hides; no account lacks `accountEnabled`.
            Some(Value::Null) => account_enabled.map(|_| false),
            _ => flag(row, "onPremisesSyncEnabled"),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn null_is_not_synchronised_and_absent_is_unknown() {
        let person = |members: Value| parse(&members).unwrap();
        let guest = person(json!({"id": "U", "userType": "Guest", "accountEnabled": false, "onPremisesSyncEnabled": null}));
        assert_eq!((guest.id.as_str(), guest.user_type.as_deref()), ("u", Some("Guest")));
        assert_eq!((guest.account_enabled, guest.synchronised), (Some(false), Some(false)));
        let bare = person(json!({"id": "U"}));
        assert_eq!((bare.account_enabled, bare.synchronised, bare.user_type), (None, None, None));
        assert_eq!(person(json!({"id": "U", "onPremisesSyncEnabled": true})).synchronised, Some(true));
        assert_eq!(person(json!({"id": "U", "accountEnabled": null, "onPremisesSyncEnabled": null})).synchronised, None, "hidden");
        assert!(may_be_person(None) && may_be_person(Some("user")) && !may_be_person(Some("group")));
    }

    proptest! {
        #[test]
        fn any_json_is_read_without_panic_and_alike_when_reduced(row in json::any_json()) {
            let before = parse(&row);
            let mut kept = row;
            keep::person(&mut kept);
            prop_assert_eq!(parse(&kept), before);
        }
    }
}
