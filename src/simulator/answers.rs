//! The answer to each route: which rows, in which pages, with which members.

use super::data::spec::Gate;
use super::data::{Application, Principal, Tenant};
use super::guid::Guid;
use super::odata::{IdFilter, IdProperty, Listing, PageSize, Query, Select, TimeFilter};
use super::render::Sight;
use super::reply::{Answer, Reply};
use super::roles::{READ_DIRECTORY, READ_FULL_USERS, READ_USERS};
use super::routes::{Address, Key, Route};
use super::{render, render_intune};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Rows of a page of access policies and of approval requests.
pub(super) const INTUNE_PAGE: usize = 50;
/// Rows of a page of audit events.
const AUDIT_PAGE: usize = 1_000;
/// Rows of a page of mobile apps: a guess, no source says.
const APP_PAGE: usize = 200;
/// Most ids that `getByIds` takes.
const MOST_IDS: usize = 1_000;

/// One question to the tenant.
pub(crate) struct Question<'a> {
    pub(crate) tenant: &'a Tenant,
    pub(crate) origin: &'a str,
    pub(crate) roles: &'a BTreeSet<String>,
    pub(crate) address: &'a Address<'a>,
    pub(crate) query: &'a Query,
}

impl Question<'_> {
    /// Answers a GET.
    pub(crate) fn answer(&self, route: &Route) -> Answer {
        route.check_permission(self.roles)?;
        if let Some(expand) = &self.query.expand {
            expand.check(route.expandable(self.address.is_beta()))?;
        }
        match route {
            Route::Principals => self.principals(),
            Route::Principal(key) => self.one("servicePrincipal", "servicePrincipals", render::PRINCIPAL, |select| {
                Ok(self.whole_principal(self.principal(key)?, select))
            }),
            Route::AppRoleAssignedTo(key) => self.app_role_assigned_to(key),
            Route::Applications => self.applications(),
            Route::Application(key) => self.one("application", "applications", render::APPLICATION, |select| {
                Ok(self.whole_application(self.application(key)?, select))
            }),
            Route::Federated(key) => self.federated(key),
            Route::DeletedPrincipals => self.deleted(),
            Route::ObjectsById => Err(Reply::method_not_allowed()),
            Route::Organization => self.list("organization", "organization", render::ORGANIZATION, &[self.tenant], |row, select| {
                render::organization(row, select)
            }),
            Route::Group(id) => self.one("group", "groups", render::GROUP, |select| {
                let group = self.tenant.group(*id).ok_or_else(|| Reply::no_object(&id.to_string()))?;
                Ok(render::group(self.tenant, group, select))
            }),
            Route::GroupMembers(id) => self.group_members(*id),
            Route::SignInActivity => self.sign_in_activity(),
            _ => self.answer_security(route),
        }
    }

    pub(super) fn answer_intune(&self, route: &Route) -> Answer {
        match route {
            Route::AuditEvents => self.audit_events(),
            Route::MobileApps => self.mobile_apps(),
            Route::Policies => self.policies(),
            Route::Policy(id) => self.policy(*id),
            Route::Requests => self.requests(),
            Route::Request(id) => self.one_intune(render_intune::REQUEST, |select| {
                let request = self.tenant.requests.iter().find(|request| request.id == *id)?;
                Some(render_intune::request(self.tenant, request, select))
            }),
            _ => self.answer_intune_roles(route),
        }
    }

    pub(super) fn select(&self) -> &Select {
        &self.query.select
    }

    fn listing<'b>(&'b self, context: &'b str, url: &'b str, origin_and_version: &'b str) -> Listing<'b> {
        Listing { url, context, origin_and_version, query: self.query }
    }

    /// A page of a directory list.
    pub(super) fn list<T>(&self, kind: &str, context: &str, known: &[&str], rows: &[T], render: impl Fn(&T, &Select) -> Value) -> Answer {
        self.pages(kind, context, known, rows, PageSize::Directory, render)
    }

    pub(super) fn pages<T>(
        &self,
        kind: &str,
        context: &str,
        known: &[&str],
        rows: &[T],
        size: PageSize,
        render: impl Fn(&T, &Select) -> Value,
    ) -> Answer {
        self.select().check(kind, known)?;
        let root = format!("{}/{}", self.origin, self.address.version);
        let url = format!("{root}/{}", self.address.path);
        self.listing(context, &url, &root).page(rows, size, |row| render(row, self.select()))
    }

    /// One object, with its context.
    pub(super) fn one(&self, kind: &str, context: &str, known: &[&str], render: impl FnOnce(&Select) -> Result<Value, Reply>) -> Answer {
        self.select().check(kind, known)?;
        let mut body = render(self.select())?;
        let fields = self.select().context();
        body["@odata.context"] = format!("{}/{}/$metadata#{context}{fields}/$entity", self.origin, self.address.version).into();
        Ok(Reply::ok(body))
    }

    pub(super) fn one_intune(&self, known: &[&str], render: impl FnOnce(&Select) -> Option<Value>) -> Answer {
        self.one("deviceManagement", "deviceManagement", known, |select| {
            render(select).ok_or_else(|| Reply::intune_error(404, "ResourceNotFound", "An error has occurred"))
        })
    }

    /// Lists that no filter is offered on.
    pub(super) fn refuse_filter(&self) -> Result<(), Reply> {
        match &self.query.filter {
            Some(filter) => Err(super::odata::unsupported(&format!("Unsupported or invalid query filter clause specified: {filter}"))),
            None => self.refuse_order(),
        }
    }

    /// Graph sorts directory lists in advanced queries only, which are not simulated.
    pub(super) fn refuse_order(&self) -> Result<(), Reply> {
        match &self.query.order_by {
            Some(order) => Err(super::odata::unsupported(&format!("Sorting is not supported for current query: {order}"))),
            None => Ok(()),
        }
    }

    pub(super) fn id_filter(&self) -> Result<Option<IdFilter>, Reply> {
        self.refuse_order()?;
        self.query.filter.as_deref().map(IdFilter::parse).transpose()
    }

    fn principals(&self) -> Answer {
        let filter = self.id_filter()?;
        let found = filter.map(|filter| self.each_principal(filter));
        let rows: Rows<Principal> = found.map_or(Rows::All(&self.tenant.principals), Rows::Some);
        self.rows("servicePrincipal", "servicePrincipals", render::PRINCIPAL, &rows, |row, select| self.whole_principal(row, select))
    }

    fn each_principal(&self, filter: IdFilter) -> Vec<&Principal> {
        each_once(filter.values).into_iter().filter_map(|id| self.principal_by(filter.property, id)).collect()
    }

    /// A directory list that `$filter` may have narrowed. The whole is not copied, as a large one has a hundred pages.
    fn rows<T>(&self, kind: &str, context: &str, known: &[&str], rows: &Rows<'_, T>, render: impl Fn(&T, &Select) -> Value) -> Answer {
        if self.query.eventual && self.query.expand.is_some() {
            return Err(super::odata::unsupported("Expand is not supported with advanced queries."));
        }
        match rows {
            Rows::All(rows) => self.list(kind, context, known, rows, render),
            Rows::Some(rows) => self.list(kind, context, known, rows, |row, select| render(row, select)),
        }
    }

    fn principal_by(&self, property: IdProperty, id: Guid) -> Option<&Principal> {
        match property {
            IdProperty::Id => self.tenant.principal(id),
            IdProperty::AppId => self.tenant.principal_of_app(id),
        }
    }

    pub(super) fn principal(&self, key: &Key) -> Result<&Principal, Reply> {
        let (found, id) = match key {
            Key::Id(id) => (self.tenant.principal(*id), id),
            Key::AppId(id) => (self.tenant.principal_of_app(*id), id),
        };
        found.ok_or_else(|| Reply::no_object(&id.to_string()))
    }

    fn applications(&self) -> Answer {
        let filter = self.id_filter()?;
        let found = filter.map(|filter| self.each_application(filter));
        let rows: Rows<Application> = found.map_or(Rows::All(&self.tenant.applications), Rows::Some);
        self.rows("application", "applications", render::APPLICATION, &rows, |row, select| self.whole_application(row, select))
    }

    fn each_application(&self, filter: IdFilter) -> Vec<&Application> {
        each_once(filter.values).into_iter().filter_map(|id| self.application_by(filter.property, id)).collect()
    }

    fn application_by(&self, property: IdProperty, id: Guid) -> Option<&Application> {
        match property {
            IdProperty::Id => self.tenant.application(id),
            IdProperty::AppId => self.tenant.application_of_app(id),
        }
    }

    pub(super) fn application(&self, key: &Key) -> Result<&Application, Reply> {
        let (found, id) = match key {
            Key::Id(id) => (self.tenant.application(*id), id),
            Key::AppId(id) => (self.tenant.application_of_app(*id), id),
        };
        found.ok_or_else(|| Reply::no_object(&id.to_string()))
    }

    fn app_role_assigned_to(&self, key: &Key) -> Answer {
        self.refuse_filter()?;
        let resource = self.principal(key)?;
        let grants = self.tenant.grants.get(&resource.id).map(Vec::as_slice).unwrap_or_default();
        self.list("appRoleAssignment", "appRoleAssignments", render::GRANT, grants, |row, select| {
            render::grant(self.tenant, resource, row, select)
        })
    }

    fn federated(&self, key: &Key) -> Answer {
        self.refuse_filter()?;
        let application = self.application(key)?;
        let context = format!("applications('{}')/federatedIdentityCredentials", application.id);
        self.list("federatedIdentityCredential", &context, render::FEDERATED, &application.federated, |subject, select| {
            render::federated(self.tenant, application.app_id, subject, select)
        })
    }

    fn deleted(&self) -> Answer {
        self.refuse_filter()?;
        let at = render::time(self.tenant.days_ago(9));
        self.list("servicePrincipal", "servicePrincipals", render::PRINCIPAL, &self.tenant.deleted, |row, select| {
            let mut row = render::principal(row, select);
            if let Some(deleted) = row.get_mut("deletedDateTime") {
                *deleted = at.as_str().into();
            }
            row
        })
    }

    pub(super) fn sight(&self) -> Sight {
        let holds = |role: &str| self.roles.contains(role);
        match (holds(READ_FULL_USERS) || holds(READ_DIRECTORY), holds(READ_USERS)) {
            (true, _) => Sight::Full,
            (_, true) => Sight::Basic,
            _ => Sight::IdOnly,
        }
    }

    fn group_members(&self, id: Guid) -> Answer {
        self.refuse_filter()?;
        let group = self.tenant.group(id).ok_or_else(|| Reply::no_object(&id.to_string()))?;
        self.list("directoryObject", "directoryObjects", render::MEMBER, &group.members, |row, select| {
            render::member(self.tenant, *row, self.sight(), select)
        })
    }

    fn sign_in_activity(&self) -> Answer {
        let filter = self.id_filter()?;
        if filter.as_ref().is_some_and(|filter| filter.property == IdProperty::Id) {
            self.refuse_filter()?;
        }
        let wanted = |app_id: Guid| filter.as_ref().is_none_or(|filter| filter.values.contains(&app_id));
        let rows: Vec<_> = self.tenant.sign_ins.iter().filter(|row| wanted(row.app_id)).collect();
        let (kind, context) = ("servicePrincipalSignInActivity", "reports/servicePrincipalSignInActivities");
        // The documentation shows a bare object for one app id; the wire was not seen to. One application is answered so.
        if let ([row], Some(_)) = (rows.as_slice(), &filter)
            && row.odd_time
        {
            return self.one(kind, context, render::SIGN_IN, |select| Ok(render::sign_in(row, select)));
        }
        self.list(kind, context, render::SIGN_IN, &rows, |row, select| render::sign_in(row, select))
    }

    /// Audit events, newest first or as `$orderby` says. `@odata.count` is 1000 on every page, as the service has it.
    fn audit_events(&self) -> Answer {
        let filter = self.query.filter.as_deref().map(TimeFilter::parse).transpose()?.unwrap_or_default();
        let mut rows: Vec<_> = self.tenant.events.iter().filter(|event| filter.holds(event.time)).collect();
        match self.query.order_by.as_deref() {
            None | Some("activityDateTime desc") => {}
            Some("activityDateTime" | "activityDateTime asc") => rows.reverse(),
            Some(other) => return Err(Reply::intune_error(400, "BadRequest", &format!("Unsupported order: {other}"))),
        }
        let (kind, context, size) = ("auditEvent", "deviceManagement/auditEvents", PageSize::Fixed(AUDIT_PAGE));
        let mut reply =
            self.pages(kind, context, render_intune::EVENT, &rows, size, |row, select| render_intune::event(self.tenant, row, select))?;
        reply.body["@odata.count"] = AUDIT_PAGE.into();
        Ok(reply)
    }

    /// Mobile apps, of one type where the filter says so; only members that every type has can be selected.
    fn mobile_apps(&self) -> Answer {
        let kind = match self.query.filter.as_deref() {
            None => None,
            Some(filter) => {
                let named = filter.strip_prefix("isof('microsoft.graph.").and_then(|rest| rest.strip_suffix("')"));
                let refused = || Reply::intune_error(400, "BadRequest", &format!("Unsupported filter: {filter}"));
                Some(named.ok_or_else(refused)?)
            }
        };
        let rows: Vec<_> = self.tenant.mobile_apps.iter().filter(|app| kind.is_none_or(|kind| kind == app.kind)).collect();
        let (entity, context, size) = ("mobileApp", "deviceAppManagement/mobileApps", PageSize::Fixed(APP_PAGE));
        self.pages(entity, context, render_intune::MOBILE_APP, &rows, size, |row, select| render_intune::mobile_app(row, select))
    }

    fn policies(&self) -> Answer {
        self.refuse_filter()?;
        let (kind, context, size) = ("operationApprovalPolicy", "deviceManagement/operationApprovalPolicies", PageSize::Fixed(INTUNE_PAGE));
        self.pages(kind, context, render_intune::POLICY, &self.tenant.policies, size, |row, select| {
            render_intune::policy_in_list(row, select)
        })
    }

    /// One access policy. One of them can never be read this way.
    fn policy(&self, id: Guid) -> Answer {
        let found = self.tenant.policies.iter().find(|policy| policy.id == id);
        if found.is_some_and(|policy| policy.gate == Gate::Unreadable) {
            return Err(Reply::intune_error(500, "InternalServerError", "An internal server error has occurred"));
        }
        self.one_intune(render_intune::POLICY, |select| found.map(|policy| render_intune::policy_by_id(self.tenant, policy, select)))
    }

    fn requests(&self) -> Answer {
        self.refuse_filter()?;
        let (kind, context, size) =
            ("operationApprovalRequest", "deviceManagement/operationApprovalRequests", PageSize::Fixed(INTUNE_PAGE));
        self.pages(kind, context, render_intune::REQUEST, &self.tenant.requests, size, |row, select| {
            render_intune::request(self.tenant, row, select)
        })
    }

    /// Answers `POST directoryObjects/getByIds`: what exists, in the order asked for, each with its type.
    pub(crate) fn objects_by_id(&self, body: &[u8]) -> Answer {
        Route::ObjectsById.check_permission(self.roles)?;
        let invalid = || Reply::error(400, "Request_BadRequest", "The request body must hold 'ids', a list of at most 1000 ids.");
        let body: Value = serde_json::from_slice(body).map_err(|_| invalid())?;
        let ids = body["ids"].as_array().filter(|ids| ids.len() <= MOST_IDS).ok_or_else(invalid)?;
        let types: Vec<&str> = body["types"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let wanted = |kind: &str| types.is_empty() || types.contains(&kind) || types.contains(&"directoryObject");
        let found: Vec<Value> = ids.iter().filter_map(|id| self.object(Guid::parse(id.as_str()?)?, wanted)).collect();
        let context = format!("{}/{}/$metadata#directoryObjects", self.origin, self.address.version);
        Ok(Reply::ok(json!({"@odata.context": context, "value": found})))
    }

    fn object(&self, id: Guid, wanted: impl Fn(&str) -> bool) -> Option<Value> {
        let (tenant, select) = (self.tenant, self.select());
        let principal = || Some(("servicePrincipal", render::principal(tenant.principal(id)?, select)));
        let application = || Some(("application", render::application(tenant.application(id)?, self.address.is_beta(), select)));
        let group = || Some(("group", render::group(tenant, tenant.group(id)?, select)));
        let user = || Some(("user", render::user(tenant.user(id)?, self.sight(), select)));
        let (kind, mut object) = principal().or_else(application).or_else(group).or_else(user).filter(|(kind, _)| wanted(kind))?;
        if object.get("@odata.type").is_none() {
            object["@odata.type"] = format!("#microsoft.graph.{kind}").into();
        }
        Some(object)
    }
}

/// A whole list, or what a filter left of it.
enum Rows<'a, T> {
    All(&'a [T]),
    Some(Vec<&'a T>),
}

fn each_once(mut values: Vec<Guid>) -> Vec<Guid> {
    values.sort();
    values.dedup();
    values
}
