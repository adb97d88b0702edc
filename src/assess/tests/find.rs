//! Finding the application that a person means.

use super::*;

fn tenant() -> Tenant {
    let mut tenant = Tenant::new().holder(1, APPS_WRITE, "").holder(2, APPS_WRITE, "").event(
        7,
        "2026-10-10T00:00:00Z",
        "Create MobileApp",
        "Success",
        "MobileApp",
    );
    tenant.0.audit_events[0].actor.app_display_name = Some("Seen only".into());
    tenant
}

#[test]
fn an_application_is_found_by_each_of_its_ids_and_by_a_name_that_only_it_has() {
    let tenant = tenant();
    for written in [app(1), app(1).to_uppercase(), principal(1), format!(" {} ", principal(1)), "App 1".to_owned()] {
        assert_eq!(find_application(&tenant.0, &written), Ok(AppId::new(&app(1))), "{written}");
    }
    for written in [app(7), "seen only".to_owned()] {
        assert_eq!(find_application(&tenant.0, &written), Ok(AppId::new(&app(7))), "known to the audit log alone: {written}");
    }
}

#[test]
fn of_two_with_one_name_both_ids_are_told() {
    let mut tenant = tenant();
    tenant.0.service_principals.values_mut().for_each(|principal| principal.display_name = "Twin".into());
    let found = [(AppId::new(&app(1)), Some(principal(1))), (AppId::new(&app(2)), Some(principal(2)))];
    assert_eq!(find_application(&tenant.0, "twin"), Err(NotFound::Several { name: "twin".into(), found: found.into() }));
    let names: BTreeSet<AppId> = tenant.assess().verdicts.iter().map(|verdict| verdict.app_id.clone()).collect();
    assert_eq!(names.len(), 3, "each is judged by itself");
}

#[test]
fn of_nobody_near_names_are_told() {
    let near = |written: &str| match find_application(&tenant().0, written) {
        Err(NotFound::Nobody { near, .. }) => near.into_iter().map(|(name, _)| name).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    assert_eq!(near("app"), ["app 1", "app 2"]);
    assert_eq!(near("only"), ["Seen only"]);
    assert_eq!(near("zzz"), Vec::<String>::new());
    assert_eq!(near(""), Vec::<String>::new());
    assert_eq!(near(&app(55)), Vec::<String>::new(), "an id that nobody has");
}
