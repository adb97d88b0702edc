//! Answers about ownership, rights beside app roles, and policies on applications.

use super::answers::{INTUNE_PAGE, Question};
use super::data::access::{DIRECTORY_ROLES, Delegated, DirectoryRole, INTUNE_ROLES, IntuneRole};
use super::data::posture::{APP_POLICIES, AppPolicy};
use super::data::usage::LoggedSignIn;
use super::data::{Application, Member, Principal, SignIn, User};
use super::expand::MOST_EXPANDED;
use super::filters::{Equals, EventType, SignInFilter};
use super::guid::Guid;
use super::odata::{PageSize, Select};
use super::render::Sight;
use super::reply::{Answer, Reply};
use super::routes::{Key, Route};
use super::{render, render_access, render_intune_roles, render_usage};
use serde_json::Value;

/// Rows of a page of the sign-in log, and the most that `$top` may ask for.
const LOG_PAGE: usize = 1_000;
/// Rows of a page of risky service principals.
const RISK_PAGE: usize = 500;

impl Question<'_> {
    pub(super) fn answer_security(&self, route: &Route) -> Answer {
        match route {
            Route::PrincipalOwners(key) => {
                let principal = self.principal(key)?;
                self.owners(&self.tenant.owners_of(principal.id, self.tenant.owns(principal)))
            }
            Route::ApplicationOwners(key) => self.owners(&self.tenant.owners_of(self.application(key)?.id, true)),
            Route::PrincipalFederated(key) => self.principal_federated(key),
            Route::PrincipalDelegated(key) => {
                let client = self.principal(key)?.id;
                self.refuse_filter()?;
                self.delegated(|row| row.client == client)
            }
            Route::DelegatedGrants => self.delegated_grants(),
            Route::Users => self.users(),
            Route::User(id) => self.one("user", "users", render::MEMBER, |select| {
                self.check_sight()?;
                let user = self.tenant.user(*id).ok_or_else(|| Reply::no_object(&id.to_string()))?;
                Ok(render::user(user, self.sight(), select))
            }),
            Route::DirectoryAssignments => self.directory_assignments(),
            Route::DirectoryRoles => self.directory_roles(),
            Route::KeyActivity => self.key_activity(),
            Route::SignInLog => self.sign_in_log(),
            _ => self.answer_policies(route),
        }
    }

    fn answer_policies(&self, route: &Route) -> Answer {
        match route {
            Route::ConditionalAccess => self.conditional_access(),
            Route::DefaultAppPolicy => {
                self.one("tenantAppManagementPolicy", "policies/defaultAppManagementPolicy", render_access::DEFAULT_APP_POLICY, |select| {
                    Ok(render_access::default_app_policy(self.tenant, select))
                })
            }
            Route::AppPolicies => {
                self.refuse_filter()?;
                self.list(
                    "appManagementPolicy",
                    "policies/appManagementPolicies",
                    render_access::APP_POLICY,
                    &APP_POLICIES,
                    |row, select| render_access::app_policy(self.tenant, row, select),
                )
            }
            Route::AppPolicy(id) => {
                self.one("appManagementPolicy", "policies/appManagementPolicies", render_access::APP_POLICY, |select| {
                    Ok(render_access::app_policy(self.tenant, self.app_policy(*id)?, select))
                })
            }
            Route::AppPolicyAppliesTo(id) => self.applies_to(self.app_policy(*id)?),
            Route::RiskyPrincipals => self.risky(),
            Route::Skus => {
                self.refuse_filter()?;
                let rows = render_access::skus(self.tenant, self.select());
                self.list("subscribedSku", "subscribedSkus", render_access::SKU, &rows, |row, _| row.clone())
            }
            _ => self.answer_intune(route),
        }
    }

    /// A service principal with what `$expand` asks for.
    pub(super) fn whole_principal(&self, row: &Principal, select: &Select) -> Value {
        let mut object = render::principal(row, select);
        self.expand(&mut object, "servicePrincipals", row.id, self.tenant.owns(row), |select| {
            row.federated().iter().map(|credential| render::federated(self.tenant, row.app_id, credential, select)).collect()
        });
        object
    }

    /// An application with what `$expand` asks for.
    pub(super) fn whole_application(&self, row: &Application, select: &Select) -> Value {
        let mut object = render::application(row, self.address.is_beta(), select);
        self.expand(&mut object, "applications", row.id, true, |select| {
            row.federated.iter().map(|credential| render::federated(self.tenant, row.app_id, credential, select)).collect()
        });
        object
    }

    /// Puts at most twenty related objects into an object, and nothing that says whether there are more.
    fn expand(&self, object: &mut Value, set: &str, id: Guid, own: bool, federated: impl FnOnce(&Select) -> Vec<Value>) {
        let Some(expand) = &self.query.expand else { return };
        let mut related = if expand.relation == "owners" { self.owner_rows(id, own, &expand.select) } else { federated(&expand.select) };
        related.truncate(MOST_EXPANDED);
        let relation = &expand.relation;
        let context = format!("{}/{}/$metadata#{set}('{id}')/{relation}", self.origin, self.address.version);
        object[format!("{relation}@odata.context")] = context.into();
        object[relation] = related.into();
    }

    fn owner_rows(&self, id: Guid, own: bool, select: &Select) -> Vec<Value> {
        self.tenant.owners_of(id, own).into_iter().map(|owner| render::member(self.tenant, owner, self.sight(), select)).collect()
    }

    fn owners(&self, owners: &[Member]) -> Answer {
        self.refuse_filter()?;
        self.list("directoryObject", "directoryObjects", render::MEMBER, owners, |row, select| {
            render::member(self.tenant, *row, self.sight(), select)
        })
    }

    fn principal_federated(&self, key: &Key) -> Answer {
        self.refuse_filter()?;
        let principal = self.principal(key)?;
        let context = format!("servicePrincipals('{}')/federatedIdentityCredentials", principal.id);
        self.list("federatedIdentityCredential", &context, render::FEDERATED, principal.federated(), |row, select| {
            render::federated(self.tenant, principal.app_id, row, select)
        })
    }

    fn delegated_grants(&self) -> Answer {
        let filter = self.equals(&["clientId"])?;
        self.delegated(|row| filter.allows("clientId", &row.client.to_string()))
    }

    fn delegated(&self, wanted: impl Fn(&Delegated) -> bool) -> Answer {
        let rows: Vec<&Delegated> = self.tenant.delegated.iter().filter(|row| wanted(row)).collect();
        self.list("oAuth2PermissionGrant", "oauth2PermissionGrants", render_access::DELEGATED, &rows, |row, select| {
            render_access::delegated(self.tenant, row, select)
        })
    }

    fn equals(&self, offered: &[&str]) -> Result<Equals, Reply> {
        self.refuse_order()?;
        let filter = self.query.filter.as_deref();
        filter.map(|filter| Equals::parse(filter, offered)).transpose().map(Option::unwrap_or_default)
    }

    fn users(&self) -> Answer {
        self.check_sight()?;
        let rows: Vec<&User> = match self.id_filter()? {
            None => self.tenant.users.iter().collect(),
            Some(filter) => self.tenant.users.iter().filter(|user| filter.values.contains(&user.id)).collect(),
        };
        self.list("user", "users", render::MEMBER, &rows, |row, select| render::user(row, self.sight(), select))
    }

    /// With the permission on basic profiles, a list that selects more is refused as a whole.
    fn check_sight(&self) -> Result<(), Reply> {
        let sight = self.sight();
        let asked = self.select().named().unwrap_or_default();
        if sight == Sight::Full || asked.iter().all(|name| sight.covers(name)) {
            return Ok(());
        }
        Err(Reply::error(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."))
    }

    fn directory_assignments(&self) -> Answer {
        let filter = self.equals(&["roleDefinitionId", "principalId"])?;
        let wanted = |row: &&DirectoryRole| {
            filter.allows("roleDefinitionId", &render_access::directory_role_id(row).to_string())
                && filter.allows("principalId", &render_access::holder_id(self.tenant, row.holder).to_string())
        };
        let rows: Vec<&DirectoryRole> = self.tenant.directory_roles.iter().filter(wanted).collect();
        let context = "roleManagement/directory/roleAssignments";
        self.list("unifiedRoleAssignment", context, render_access::DIRECTORY_ASSIGNMENT, &rows, |row, select| {
            let mut object = render_access::directory_assignment(self.tenant, row, select);
            if let Some(expand) = &self.query.expand {
                object["principal"] = render::member(self.tenant, row.holder, self.sight(), &expand.select);
            }
            object
        })
    }

    fn directory_roles(&self) -> Answer {
        self.refuse_filter()?;
        let context = "roleManagement/directory/roleDefinitions";
        self.list("unifiedRoleDefinition", context, render_access::DIRECTORY_ROLE, &DIRECTORY_ROLES, |row, select| {
            render_access::directory_role(row, select)
        })
    }

    fn key_activity(&self) -> Answer {
        let filter = self.equals(&["appId", "keyId"])?;
        let wanted = |row: &&SignIn| {
            let key = || self.tenant.key_used(row.app_id).map(|(key, _)| key.id.to_string()).unwrap_or_default();
            self.query.filter.is_none() || (filter.allows("appId", &row.app_id.to_string()) && filter.allows("keyId", &key()))
        };
        let used = self.tenant.key_uses.iter().filter_map(|&at| self.tenant.sign_ins.get(usize::try_from(at).ok()?));
        // A key that was taken away a week later has no row any more.
        let rows: Vec<_> = used.filter(|row| self.tenant.key_used(row.app_id).is_some()).filter(wanted).collect();
        let (kind, context) = ("appCredentialSignInActivity", "reports/appCredentialSignInActivities");
        self.list(kind, context, render_usage::KEY_USE, &rows, |row, select| render_usage::key_use(self.tenant, row, select))
    }

    fn sign_in_log(&self) -> Answer {
        self.check_log_order()?;
        let beta = self.address.is_beta();
        let filter = self.query.filter.as_deref().map(|filter| SignInFilter::parse(filter, beta)).transpose()?.unwrap_or_default();
        let app_id = |row: &LoggedSignIn| self.tenant.actors.get(row.actor).map(|actor| actor.app_id);
        let wanted = |row: &&LoggedSignIn| {
            let event = if row.managed { EventType::ManagedIdentity } else { EventType::ServicePrincipal };
            event == filter.event_type && app_id(row).is_some_and(|id| filter.holds(id, row.time))
        };
        let rows: Vec<_> = self.tenant.sign_in_log.iter().filter(wanted).collect();
        self.pages("signIn", "auditLogs/signIns", render_usage::LOGGED, &rows, PageSize::UpTo(LOG_PAGE), |row, select| {
            render_usage::logged(self.tenant, row, select)
        })
    }

    /// Newest first is the only order of the log.
    fn check_log_order(&self) -> Result<(), Reply> {
        match self.query.order_by.as_deref() {
            None | Some("createdDateTime desc") => Ok(()),
            Some(_) => self.refuse_order(),
        }
    }

    fn conditional_access(&self) -> Answer {
        self.refuse_filter()?;
        let rows = render_access::conditional_access(self.tenant, self.select());
        let (kind, context) = ("conditionalAccessPolicy", "identity/conditionalAccess/policies");
        self.list(kind, context, render_access::CONDITIONAL_ACCESS, &rows, |row, _| row.clone())
    }

    fn app_policy(&self, id: Guid) -> Result<&'static AppPolicy, Reply> {
        let found = APP_POLICIES.iter().find(|policy| render_access::app_policy_id(self.tenant, policy) == id);
        found.ok_or_else(|| Reply::no_object(&id.to_string()))
    }

    fn applies_to(&self, policy: &AppPolicy) -> Answer {
        self.refuse_filter()?;
        let applications = policy.applications.iter().filter_map(|name| self.tenant.planted(name)?.application_id(self.tenant));
        let applications = applications.filter_map(|id| self.tenant.application(id)).map(Subject::Application);
        let principals = self.tenant.principals_named(policy.principals);
        let principals = principals.iter().filter_map(|&id| self.tenant.principal(id)).map(Subject::Principal);
        let rows: Vec<Subject<'_>> = applications.chain(principals).collect();
        // What both have, so that one list of names serves the rows of either kind.
        let known: Vec<&str> = render::APPLICATION.iter().copied().filter(|name| render::PRINCIPAL.contains(name)).collect();
        self.list("directoryObject", "directoryObjects", &known, &rows, |row, select| self.subject(row, select))
    }

    fn subject(&self, row: &Subject<'_>, select: &Select) -> Value {
        let (kind, mut object) = match row {
            Subject::Application(row) => ("application", render::application(row, self.address.is_beta(), select)),
            Subject::Principal(row) => ("servicePrincipal", render::principal(row, select)),
        };
        object["@odata.type"] = format!("#microsoft.graph.{kind}").into();
        object
    }

    fn risky(&self) -> Answer {
        let filter = self.equals(&["riskState", "riskLevel"])?;
        let mut rows = render_access::risky_rows(self.tenant);
        rows.retain(|row| filter.allows("riskState", row.row.1) && filter.allows("riskLevel", row.row.2));
        let (kind, context) = ("riskyServicePrincipal", "identityProtection/riskyServicePrincipals");
        self.pages(kind, context, render_access::RISKY_PRINCIPAL, &rows, PageSize::UpTo(RISK_PAGE), |row, select| {
            render_access::risky(self.tenant, row, select)
        })
    }

    pub(super) fn answer_intune_roles(&self, route: &Route) -> Answer {
        match route {
            Route::DeviceManagement => self.device_management(),
            Route::IntuneRoles => self.intune_roles(),
            Route::IntuneRole(id) => self.one_intune(render_intune_roles::ROLE, |select| {
                let role = render_intune_roles::find(self.tenant, *id)?;
                Some(render_intune_roles::role(self.tenant, role, select))
            }),
            Route::IntuneAssignments => self.intune_assignments(None),
            Route::IntuneAssignmentsOf(id) => self.intune_assignments(Some(*id)),
            _ => Err(Reply::no_segment(&self.address.path)),
        }
    }

    fn device_management(&self) -> Answer {
        let beta = self.address.is_beta();
        let known = if beta { render_intune_roles::DEVICE_MANAGEMENT } else { render_intune_roles::DEVICE_MANAGEMENT_V1 };
        self.one("deviceManagement", "deviceManagement", known, |select| {
            Ok(render_intune_roles::device_management(self.tenant, beta, select))
        })
    }

    fn intune_roles(&self) -> Answer {
        self.refuse_filter()?;
        let (kind, context, size) = ("roleDefinition", "deviceManagement/roleDefinitions", PageSize::Fixed(INTUNE_PAGE));
        let rows = &INTUNE_ROLES;
        self.pages(kind, context, render_intune_roles::ROLE, rows, size, |row, select| render_intune_roles::role(self.tenant, row, select))
    }

    /// Assignments of all roles, or of one.
    fn intune_assignments(&self, role: Option<Guid>) -> Answer {
        self.refuse_filter()?;
        if role.is_some_and(|role| render_intune_roles::find(self.tenant, role).is_none()) {
            return Err(Reply::intune_error(404, "ResourceNotFound", "An error has occurred"));
        }
        let wanted = |row: &&IntuneRole| role.is_none_or(|id| render_intune_roles::role_id(self.tenant, row) == id);
        let rows: Vec<_> = self.tenant.intune_roles.iter().filter(wanted).collect();
        let (kind, context) = ("roleAssignment", "deviceManagement/roleAssignments");
        let size = PageSize::Fixed(INTUNE_PAGE);
        self.pages(kind, context, render_intune_roles::ASSIGNMENT, &rows, size, |row, select| match (self.query.expand.is_some(), role) {
            (true, _) => render_intune_roles::assignment_expanded(row),
            (false, None) => render_intune_roles::assignment(row, select),
            (false, Some(_)) => render_intune_roles::assignment_of_role(row, select),
        })
    }
}

/// What an app management policy applies to.
enum Subject<'a> {
    Application(&'a Application),
    Principal(&'a Principal),
}
