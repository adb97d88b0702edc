//! Intune's mobile apps: one for each that an audit event made, published unless the event says that it was left a draft; and one
//! that was begun this morning and may still become something.

use super::Tenant;
use super::events::Event;
use super::vocabulary::{CREATE_MAC_PACKAGE, CREATE_WIN32};
use crate::simulator::guid::Guid;
use chrono::{DateTime, TimeDelta, Utc};

/// A mobile app.
#[derive(Debug, Clone)]
pub(crate) struct MobileApp {
    pub(crate) id: Guid,
    pub(crate) name: String,
    /// Type name, without its namespace.
    pub(crate) kind: &'static str,
    /// `publishingState`.
    pub(crate) state: &'static str,
    pub(crate) created: DateTime<Utc>,
}

/// The type that filters name.
pub(crate) const WIN32: &str = "win32LobApp";

impl Tenant {
    pub(super) fn add_mobile_apps(&mut self) {
        let mut apps: Vec<MobileApp> = self.events.iter().filter_map(|event| self.app_of(event)).collect();
        apps.push(MobileApp {
            id: self.guid("mobile-app", "under way"),
            name: "Kantinenplan 3.1".to_owned(),
            kind: WIN32,
            state: "processing",
            created: self.now - TimeDelta::hours(2),
        });
        apps.sort_by_key(|app| app.id);
        self.mobile_apps = apps;
    }

    fn app_of(&self, event: &Event) -> Option<MobileApp> {
        let kind = if std::ptr::eq(event.activity, &CREATE_WIN32) {
            WIN32
        } else if std::ptr::eq(event.activity, &CREATE_MAC_PACKAGE) {
            "macOSLobApp"
        } else {
            return None;
        };
        let state = if event.left_draft { "notPublished" } else { "published" };
        let name = format!("Package {}", &self.guid("package", &event.resource.to_string()).to_string()[..6]);
        event.succeeded.then_some(MobileApp { id: event.resource, name, kind, state, created: event.time })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::DEMO_TIME;

    #[test]
    fn every_app_that_was_made_is_there_and_a_few_were_never_published() {
        let tenant = Tenant::generate(42, DEMO_TIME, 300, None);
        let of_kind = |kind| tenant.mobile_apps.iter().filter(|app| app.kind == kind).count();
        assert!(of_kind(WIN32) > 200 && of_kind("macOSLobApp") > 10);
        let drafts: Vec<&MobileApp> = tenant.mobile_apps.iter().filter(|app| app.state == "notPublished").collect();
        assert!((3..12).contains(&drafts.len()), "{}", drafts.len());
        assert!(drafts.iter().all(|app| app.kind == WIN32));
    }
}
