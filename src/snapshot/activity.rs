//! What applications did: sign-ins and Intune audit events.

use super::id::AppId;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A time that the activity report gives or withholds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignInTime {
    /// The report has the row but no time for this flow.
    #[default]
    None,
    /// Last sign-in of this flow.
    At(DateTime<Utc>),
    /// There is a time, but not one that could be read: not the same as none.
    Unreadable,
}

/// Last sign-ins of one application (`servicePrincipalSignInActivity`, beta).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInActivity {
    /// The application.
    pub app_id: AppId,
    /// `applicationAuthenticationClientSignInActivity`: as itself, without a user.
    pub app_only: SignInTime,
    /// `delegatedClientSignInActivity`: on behalf of a user.
    pub delegated: SignInTime,
}

/// An Intune audit event. Values of changed properties are never kept: they may hold secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEvent {
    /// Id.
    pub id: String,
    /// `activityDateTime`.
    pub time: DateTime<Utc>,
    /// `activityType`, such as `Create MobileApp` or `createDeviceManagementScript`.
    pub activity_type: Option<String>,
    /// `activityOperationType`: Create, Patch, Delete, Action, Get, …
    pub operation_type: Option<String>,
    /// `activityResult`: Success, Failure, …
    pub result: Option<String>,
    /// `category`.
    pub category: Option<String>,
    /// Who did it.
    pub actor: AuditActor,
    /// What it was done to.
    pub resources: Vec<AuditResource>,
}

/// The actor of an [`AuditEvent`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditActor {
    /// `applicationId`; filled for people too, with the application they used.
    pub app_id: Option<AppId>,
    /// `applicationDisplayName`.
    pub app_display_name: Option<String>,
    /// `userId`, if not empty.
    pub user_id: Option<String>,
    /// `userPrincipalName`, if not empty.
    pub user_principal_name: Option<String>,
}

impl AuditActor {
    /// The application, if it acted as itself: user fields empty and application id set. `auditActorType` is not asked,
    /// because no public capture shows its value for an application (facts/maa.md section 6).
    #[must_use]
    pub fn app_only(&self) -> Option<&AppId> {
        let no_user = self.user_id.is_none() && self.user_principal_name.is_none();
        self.app_id.as_ref().filter(|_| no_user)
    }
}

/// An object that an [`AuditEvent`] is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditResource {
    /// `auditResourceType`.
    pub kind: Option<String>,
    /// `resourceId`.
    pub id: Option<String>,
    /// GUIDs among the property values of an event on an access policy; always empty for every other event.
    pub policy_ids: BTreeSet<String>,
    /// Of these, the ones that stood on a list before the event (`oldValue` of a property that is a collection).
    pub old_ids: BTreeSet<String>,
    /// The ones that stand on a list after it (`newValue`). A lone id, such as that of an author, is on no list.
    pub new_ids: BTreeSet<String>,
}

/// A mobile app that is not published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnfinishedApp {
    /// Id, in lower case: the `resourceId` of audit events about it.
    pub id: String,
    /// Display name as stored.
    pub display_name: String,
    /// `@odata.type` without its prefix, such as `win32LobApp`.
    pub kind: Option<String>,
    /// `publishingState` as written, an open set: notPublished, processing; never published.
    pub publishing_state: String,
    /// When it was created (UTC).
    pub created: Option<DateTime<Utc>>,
    /// When it was last changed (UTC).
    pub last_modified: Option<DateTime<Utc>>,
}

impl UnfinishedApp {
    /// Whether its state is one of those that mean that it was begun and not published.
    #[must_use]
    pub fn is_half_done(&self) -> bool {
        ["notPublished", "processing"].iter().any(|state| self.publishing_state.eq_ignore_ascii_case(state))
    }
}
