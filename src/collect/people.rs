//! The accounts of people who own applications in scope or approve: whether they are guests, disabled or synchronised, and
//! whether they have a licence of Intune, which approvers may need (facts/maa.md section 7).

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
    select: "id,displayName,accountEnabled,userType,onPremisesSyncEnabled,assignedPlans",
    expand: None,
    keep: keep::person,
};

/// Service plans that make a user licensed for Intune: INTUNE_A, INTUNE_A_GOV, INTUNE_A_VL, INTUNE_EDU and INTUNE_SMBIZ. Ids of
/// Microsoft's list of product names and service plan identifiers, as several public tools quote it.
const INTUNE_PLANS: [&str; 5] = [
    "c1ec4a95-1f05-45b3-a911-aa3fa01094f5",
    "d216f254-796f-4dab-bbfa-710686e646b9",
    "3e170737-c728-4eae-bbb9-3f3360f7184c",
    "da24caf9-af8e-485c-b7c8-e73336da2693",
    "8e9ff0ff-aa7a-4b20-83c1-2f636b600ac2",
];

/// INTUNE_O365, the device management of Office 365: a plan of the same service and no licence of Intune.
const OFFICE_PLAN: &str = "882e1d05-acd1-4ccb-8708-6ee03664b117";

/// What `service` is for plans of Intune, as captures of `assignedPlans` have it.
const INTUNE_SERVICE: &str = "SCO";

/// Statuses in which a plan can be used; Warning is a grace period (assignedPlan resource type, Microsoft Graph).
const USABLE: [&str; 2] = ["Enabled", "Warning"];

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
        // A list that a narrower permission hides is empty, as that of somebody without plans.
        intune_licensed: account_enabled.and_then(|_| licensed(row)),
        synchronised: match row.get("onPremisesSyncEnabled") {
            // Graph writes null for an account that was never synchronised, but also for every member that a narrower
            // permission hides; no account lacks `accountEnabled`.
            Some(Value::Null) => account_enabled.map(|_| false),
            _ => flag(row, "onPremisesSyncEnabled"),
        },
    })
}

/// Whether a plan of Intune can be used. Of a plan that is not readable, or is of Intune and not known, nothing is concluded.
fn licensed(row: &Value) -> Option<bool> {
    let mut clear = true;
    for plan in row.get("assignedPlans")?.as_array()? {
        let (id, status) = (text(plan, "servicePlanId"), text(plan, "capabilityStatus"));
        let usable = status.as_deref().map(|status| USABLE.iter().any(|word| word.eq_ignore_ascii_case(status)));
        let is = |known: &str| id.as_deref().is_some_and(|id| id.eq_ignore_ascii_case(known));
        let of_intune = text(plan, "service").is_none_or(|service| service.eq_ignore_ascii_case(INTUNE_SERVICE));
        match (usable, INTUNE_PLANS.iter().any(|known| is(known))) {
            (Some(true), true) => return Some(true),
            (Some(false), _) => {}
            (None, true) => clear = false,
            (_, false) => clear &= id.is_some() && (is(OFFICE_PLAN) || !of_intune),
        }
    }
    clear.then_some(false)
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

    #[test]
    fn a_plan_of_intune_that_can_be_used_is_a_licence() {
        let with = |plans: Value| parse(&json!({"id": "U", "accountEnabled": true, "assignedPlans": plans})).unwrap().intune_licensed;
        let plan = |id: &str, service: &str, status: &str| json!({"servicePlanId": id, "service": service, "capabilityStatus": status});
        let other = || plan("efb87545-963c-4e0d-99df-69c6916d9eb0", "exchange", "Enabled");
        for id in INTUNE_PLANS {
            assert_eq!(with(json!([other(), plan(&id.to_uppercase(), "SCO", "enabled")])), Some(true), "{id}");
            assert_eq!(with(json!([plan(id, "SCO", "Warning")])), Some(true), "a grace period");
            assert_eq!(with(json!([plan(id, "SCO", "Deleted"), other()])), Some(false), "taken away");
        }
        assert_eq!(with(json!([])), Some(false));
        assert_eq!(with(json!([plan(OFFICE_PLAN, "SCO", "Enabled")])), Some(false), "no licence of Intune");
        assert_eq!(with(json!([plan("11111111-aaaa-4bbb-8ccc-111111111111", "SCO", "Enabled")])), None, "a plan of tomorrow");
        for unreadable in [json!([7]), json!([{"servicePlanId": INTUNE_PLANS[0]}]), json!({}), Value::Null] {
            assert_eq!(with(unreadable.clone()), None, "{unreadable}");
        }
        assert_eq!(parse(&json!({"id": "U", "assignedPlans": []})).unwrap().intune_licensed, None, "hidden");
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
