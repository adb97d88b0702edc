//! Intune audit events, in slices of at most seven days, because long lists of the service run into slow and empty pages
//! (facts/graph.md section 4). Kept are events of applications on their own and events on access policies.

use super::json::{parse_time, text};
use super::keep;
use super::reader::{Finished, Reader};
use crate::graph::{Client, Error, Resource, Version};
use crate::snapshot::{AppId, AuditActor, AuditEvent, AuditResource, Gap, is_guid};
use chrono::{DateTime, Duration, SecondsFormat, Utc};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Longest slice, in days.
const SLICE_DAYS: i64 = 7;

/// A span of time, its start included and its end not.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Slice {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
}

impl Slice {
    fn name(&self) -> String {
        format!("audit events from {} to {}", stamp(self.from), stamp(self.to))
    }

    fn resource(&self) -> Resource {
        let filter = format!("activityDateTime ge {} and activityDateTime lt {}", stamp(self.from), stamp(self.to));
        Resource::new(Version::V1, "/deviceManagement/auditEvents").query("$filter", &filter).keeping(keep::audit_event)
    }
}

fn stamp(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// The slices from `until` back to `since`.
fn slices(since: DateTime<Utc>, until: DateTime<Utc>) -> Vec<Slice> {
    let mut slices = Vec::new();
    let mut to = until;
    while to > since {
        let from = (to - Duration::days(SLICE_DAYS)).max(since);
        slices.push(Slice { from, to });
        to = from;
    }
    slices
}

/// Slices of so many days.
pub(super) fn slices_of_days(days: u32) -> u64 {
    u64::from(days).div_ceil(SLICE_DAYS.unsigned_abs())
}

/// What the lanes gather together.
struct Gathered<'a> {
    reader: Reader<'a>,
    window: Slice,
    seen: BTreeSet<String>,
    kept: BTreeMap<String, AuditEvent>,
    failed: BTreeMap<String, Error>,
    /// Slices that were read or tried.
    tried: usize,
}

pub(super) async fn read(mut reader: Reader<'_>, since: DateTime<Utc>, until: DateTime<Utc>) -> (Vec<AuditEvent>, Finished) {
    let slices = slices(since, until);
    if slices.is_empty() {
        return (Vec::new(), reader.skip(Gap::NotRequested));
    }
    let client = reader.client.clone();
    reader.add(0);
    let window = Slice { from: since, to: until };
    let gathered = Mutex::new(Gathered { reader, window, seen: BTreeSet::new(), kept: BTreeMap::new(), failed: BTreeMap::new(), tried: 0 });
    let turn = Turn { slices: &slices, next: AtomicUsize::new(0), stopped: AtomicBool::new(false) };
    // Five at a time: the service allows far more, but its query broker does not like it.
    let lane = || run_lane(&client, &turn, &gathered);
    tokio::join!(lane(), lane(), lane(), lane(), lane());
    gathered.into_inner().unwrap_or_else(PoisonError::into_inner).finish(slices.len())
}

/// Whose turn it is.
struct Turn<'a> {
    slices: &'a [Slice],
    next: AtomicUsize,
    stopped: AtomicBool,
}

async fn run_lane(client: &Client, turn: &Turn<'_>, gathered: &Mutex<Gathered<'_>>) {
    while let Some(slice) = turn.slices.get(turn.next.fetch_add(1, Ordering::Relaxed)) {
        if turn.stopped.load(Ordering::Relaxed) {
            return;
        }
        lock(gathered).tried += 1;
        if let Err(error) = read_slice(client, slice, gathered).await {
            // A missing permission or an unreachable service is the same for every slice, and so is throttling that
            // outlasted the budget of one: each further slice would spend minutes to learn it again.
            let same =
                error.stops_everything() || matches!(error, Error::Permission { .. } | Error::Licence { .. } | Error::Throttled { .. });
            turn.stopped.fetch_or(same, Ordering::Relaxed);
            lock(gathered).failed.insert(slice.name(), error);
        }
    }
}

async fn read_slice(client: &Client, slice: &Slice, gathered: &Mutex<Gathered<'_>>) -> Result<(), Error> {
    let mut pages = client.pages(&slice.resource());
    while let Some(rows) = pages.next().await? {
        let mut gathered = lock(gathered);
        rows.iter().for_each(|row| gathered.take(row));
    }
    let mut gathered = lock(gathered);
    match pages.cut() {
        Some(why) => gathered.reader.note(Gap::Failed { detail: format!("{}: list was cut: {why}", slice.name()) }),
        None => gathered.reader.part_is_whole(),
    }
    Ok(())
}

fn lock<'a, 'b>(gathered: &'a Mutex<Gathered<'b>>) -> std::sync::MutexGuard<'a, Gathered<'b>> {
    gathered.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Gathered<'_> {
    fn take(&mut self, row: &Value) {
        self.reader.add(1);
        let Some(id) = text(row, "id") else { return self.reader.malformed("id") };
        let Some(time) = row.get("activityDateTime").and_then(Value::as_str).and_then(parse_time) else {
            return self.reader.malformed("a readable time");
        };
        // A service that ignores the filter must not widen the window.
        if time < self.window.from || time >= self.window.to {
            return;
        }
        self.seen.insert(id.clone());
        let event = parse(row, id, time);
        missing(&event).into_iter().for_each(|lacks| self.reader.lacking(lacks));
        if event.actor.app_only().is_some() || is_on_policy(&event) {
            super::json::file(&mut self.kept, event.id.clone(), event);
        }
    }

    fn finish(mut self, slices: usize) -> (Vec<AuditEvent>, Finished) {
        self.reader.set_items(self.seen.len());
        let mut names: Vec<String> = self.failed.keys().cloned().collect();
        let untried = slices.saturating_sub(self.tried);
        if untried > 0 {
            names.push(format!("{untried} more such spans not tried"));
        }
        // Each has its kind, of which the reader keeps the one that explains most.
        for error in self.failed.values() {
            self.reader.fail_in(&names.join("; "), error);
        }
        (self.kept.into_values().collect(), self.reader.finish())
    }
}

/// Members of an event that are read, and of its actor and resources.
const EVENT: [&str; 8] =
    ["id", "activityDateTime", "activityType", "activityOperationType", "activityResult", "category", "actor", "resources"];
const ACTOR: [&str; 4] = ["applicationId", "applicationDisplayName", "userId", "userPrincipalName"];
const RESOURCE: [&str; 2] = ["auditResourceType", "resourceId"];

/// Takes out of an event what is not read, and with it every value of a changed property: of an event on an access policy the
/// ids among them stay.
pub(super) fn reduce(row: &mut Value) {
    let event = parse(row, String::new(), DateTime::UNIX_EPOCH);
    let Some(members) = row.as_object_mut() else { return *row = Value::Null };
    members.retain(|name, _| EVENT.contains(&name.as_str()));
    for member in members.iter_mut().filter(|(name, _)| !["actor", "resources"].contains(&name.as_str())).map(|(_, value)| value) {
        reduce_leaf(member);
    }
    if let Some(actor) = members.get_mut("actor") {
        reduce_object(actor, &ACTOR);
    }
    let Some(resources) = members.get_mut("resources") else { return };
    let Some(rows) = resources.as_array_mut() else { return *resources = Value::Null };
    for (row, resource) in rows.iter_mut().zip(event.resources) {
        reduce_object(row, &RESOURCE);
        let properties = kept_ids(&resource);
        if let (Some(members), false) = (row.as_object_mut(), properties.is_empty()) {
            members.insert("modifiedProperties".to_owned(), Value::from(properties));
        }
    }
}

/// The ids of an event on an access policy, as changed properties that are read as the whole ones were: those on a list before
/// and after the change, and all.
fn kept_ids(resource: &AuditResource) -> Vec<Value> {
    let joined = |ids: &BTreeSet<String>| ids.iter().map(String::as_str).collect::<Vec<_>>().join(",");
    let mut properties = Vec::new();
    if !resource.old_ids.is_empty() || !resource.new_ids.is_empty() {
        let (old, new) = (joined(&resource.old_ids), joined(&resource.new_ids));
        properties.push(json!({"displayName": "$Collection.ids", "oldValue": old, "newValue": new}));
    }
    if !resource.policy_ids.is_empty() {
        properties.push(json!({"newValue": joined(&resource.policy_ids)}));
    }
    properties
}

fn reduce_object(value: &mut Value, kept: &[&str]) {
    match value.as_object_mut() {
        Some(members) => {
            members.retain(|name, _| kept.contains(&name.as_str()));
            members.values_mut().for_each(reduce_leaf);
        }
        None => *value = Value::Object(Map::new()),
    }
}

/// What should be text and is a list or an object is not read, whatever it holds.
fn reduce_leaf(value: &mut Value) {
    if value.is_array() || value.is_object() {
        *value = Value::Null;
    }
}

/// Whether an event is about an access policy (facts/maa.md section 6).
fn is_on_policy(event: &AuditEvent) -> bool {
    let kinds = event.resources.iter().filter_map(|resource| resource.kind.as_ref());
    event.activity_type.iter().chain(kinds).any(|word| word.to_lowercase().contains("operationapproval"))
}

/// What an event lacks to be evidence: whoever acted, or what an application did.
fn missing(event: &AuditEvent) -> Option<&'static str> {
    let AuditActor { app_id, user_id, user_principal_name, .. } = &event.actor;
    if app_id.is_none() && user_id.is_none() && user_principal_name.is_none() {
        return Some("an actor");
    }
    (event.actor.app_only().is_some() && event.activity_type.is_none()).then_some("an activity")
}

fn parse(row: &Value, id: String, time: DateTime<Utc>) -> AuditEvent {
    let actor = row.get("actor").unwrap_or(&Value::Null);
    let resources = row.get("resources").and_then(Value::as_array);
    let mut event = AuditEvent {
        id,
        time,
        activity_type: said(row, "activityType"),
        operation_type: said(row, "activityOperationType"),
        result: said(row, "activityResult"),
        category: said(row, "category"),
        actor: parse_actor(actor),
        resources: resources.into_iter().flatten().map(parse_resource).collect(),
    };
    if is_on_policy(&event) {
        for (resource, row) in event.resources.iter_mut().zip(resources.into_iter().flatten()) {
            resource.policy_ids = property_ids(row, &["oldValue", "newValue"], |_| true);
            resource.old_ids = property_ids(row, &["oldValue"], is_list);
            resource.new_ids = property_ids(row, &["newValue"], is_list);
        }
    }
    event
}

fn parse_actor(actor: &Value) -> AuditActor {
    AuditActor {
        app_id: said(actor, "applicationId").map(AppId::from),
        app_display_name: said(actor, "applicationDisplayName"),
        user_id: said(actor, "userId"),
        user_principal_name: said(actor, "userPrincipalName"),
    }
}

fn parse_resource(row: &Value) -> AuditResource {
    AuditResource {
        kind: said(row, "auditResourceType"),
        id: said(row, "resourceId"),
        policy_ids: BTreeSet::new(),
        old_ids: BTreeSet::new(),
        new_ids: BTreeSet::new(),
    }
}

/// Text that says something: not empty, not the service's `<null>`, not the id of nobody.
fn said(row: &Value, name: &str) -> Option<String> {
    text(row, name).filter(|text| text != "<null>" && text != "00000000-0000-0000-0000-000000000000")
}

/// GUIDs among old or new values of the properties that are wanted. The values themselves are let go.
fn property_ids(resource: &Value, members: &[&str], wanted: fn(&Value) -> bool) -> BTreeSet<String> {
    let properties = resource.get("modifiedProperties").and_then(Value::as_array).into_iter().flatten();
    let values = properties.filter(|property| wanted(property)).flat_map(|property| members.iter().map(|name| property.get(*name)));
    values.flatten().filter_map(Value::as_str).flat_map(guids).collect()
}

/// Whether a property is a collection: an element of one is named `$Collection.Name[0]` (facts/maa.md section 6), a whole
/// one is written in brackets.
fn is_list(property: &Value) -> bool {
    let name = text(property, "displayName").unwrap_or_default();
    let brackets = |member: &&str| property.get(*member).and_then(Value::as_str).is_some_and(|value| value.trim_start().starts_with('['));
    name.starts_with("$Collection.") || name.ends_with(']') || ["oldValue", "newValue"].iter().any(brackets)
}

/// GUIDs that stand in a text by themselves, whatever is around them, in lower case.
fn guids(text: &str) -> impl Iterator<Item = String> + '_ {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-');
    words.filter(|word| is_guid(word)).map(str::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::super::json::any_json;
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    const ONE: &str = "11111111-aaaa-4bbb-8ccc-111111111111";

    fn event(row: &Value) -> AuditEvent {
        parse(row, "e".to_owned(), "2026-08-01T10:00:00Z".parse().unwrap())
    }

    #[test]
    fn slices_leave_no_gap_and_do_not_overlap() {
        let until: DateTime<Utc> = "2026-11-22T12:30:00Z".parse().unwrap();
        let since = until - Duration::days(90);
        let all = slices(since, until);
        assert_eq!((all.len(), all[0].to, all[12].from), (13, until, since));
        assert!(all.windows(2).all(|pair| pair[0].from == pair[1].to));
        assert!(slices(until, until).is_empty());
        for days in [0, 1, 7, 8, 90, 730] {
            let span = Duration::days(i64::from(days));
            assert_eq!(slices(until - span, until).len() as u64, slices_of_days(days));
        }
    }

    #[test]
    fn an_application_alone_is_told_from_one_with_a_person() {
        let app = json!({"actor": {"applicationId": ONE, "userPrincipalName": "", "userId": "00000000-0000-0000-0000-000000000000"}});
        assert_eq!(event(&app).actor.app_only(), Some(&AppId::new(ONE)));
        let person = json!({"actor": {"applicationId": ONE, "userPrincipalName": "a@b.example"}});
        assert_eq!(event(&person).actor.app_only(), None);
    }

    #[test]
    fn values_are_dropped_but_for_ids_on_policies() {
        let resource = |kind: &str| {
            json!({"activityType": format!("Patch {kind}"), "resources": [{"auditResourceType": kind, "resourceId": "<null>",
                "modifiedProperties": [{"displayName": "x", "oldValue": "password: hunter2", "newValue": format!("[\"{ONE}\", 'no-guid']")}]}]})
        };
        let policy = event(&resource("OperationApprovalPolicy"));
        assert_eq!(policy.resources[0].policy_ids, BTreeSet::from([ONE.to_owned()]));
        assert!(is_on_policy(&policy) && policy.resources[0].id.is_none());
        assert_eq!((&policy.resources[0].new_ids, policy.resources[0].old_ids.len()), (&policy.resources[0].policy_ids, 0));
        let other = event(&resource("MobileApp"));
        assert!(other.resources[0].policy_ids.is_empty() && !is_on_policy(&other));
        for kind in ["OperationApprovalPolicy", "MobileApp"] {
            let mut kept = resource(kind);
            let before = event(&kept);
            reduce(&mut kept);
            assert_eq!(event(&kept), before);
            assert!(!kept.to_string().contains("hunter2") && !kept.to_string().contains("no-guid"), "{kept}");
        }
        assert!(!serde_json::to_string(&[policy, other]).unwrap().contains("hunter2"));
    }

    #[test]
    fn ids_before_and_after_are_told_apart_and_a_lone_one_is_on_no_list() {
        const TWO: &str = "22222222-aaaa-4bbb-8ccc-222222222222";
        let change = |name: &str, old: Value, new: Value| json!({"displayName": name, "oldValue": old, "newValue": new});
        let row = json!({"activityType": "Patch OperationApprovalPolicy", "resources": [{"modifiedProperties": [
            change("$Collection.Anything[0]", json!(ONE), json!(TWO)), change("$Collection.Anything[1]", json!(TWO), json!(null)),
            change("LastWriter", json!(null), json!("33333333-aaaa-4bbb-8ccc-333333333333"))]}]});
        let resource = event(&row).resources.remove(0);
        assert_eq!(resource.old_ids, BTreeSet::from([ONE.to_owned(), TWO.to_owned()]));
        assert_eq!(resource.new_ids, BTreeSet::from([TWO.to_owned()]));
        assert_eq!(resource.policy_ids.len(), 3);
    }

    proptest! {
        #[test]
        fn any_json_is_read_without_panic(row in any_json(), text in any::<String>()) {
            event(&row);
            guids(&text).count();
        }

        #[test]
        fn an_event_is_read_alike_when_reduced_and_again(row in any_json()) {
            let before = event(&row);
            let mut kept = row;
            reduce(&mut kept);
            prop_assert_eq!(event(&kept), before);
            let once = kept.clone();
            reduce(&mut kept);
            prop_assert_eq!(kept, once);
        }
    }
}
