//! The login side: which address asks for what, and the grants of the token endpoint. Beside Entra's own endpoints there are
//! those of the places that a workload runs in: GitHub's, that of Azure virtual machines, and that of App Service.

use super::assertion::{Expected, GITHUB, federated};
use super::data::{DOMAIN, Tenant};
use super::reply::Reply;
use super::token::{Bearer, Issuer, Refusal, checksum};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde_json::json;
use std::collections::BTreeMap;

type Form = BTreeMap<String, String>;

/// An address of the login side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endpoint<'a> {
    /// `/{tenant}/oauth2/v2.0/token`.
    Token(&'a str),
    /// `/{tenant}/oauth2/v2.0/devicecode`.
    DeviceCode(&'a str),
    /// `/github/token`, in the place of `ACTIONS_ID_TOKEN_REQUEST_URL`.
    GitHub,
    /// `/metadata/identity/oauth2/token`.
    Metadata,
    /// `/msi/token`, in the place of `IDENTITY_ENDPOINT`.
    AppService,
}

impl<'a> Endpoint<'a> {
    /// The endpoint of a path without its query.
    pub(crate) fn find(path: &'a str) -> Option<Self> {
        match path {
            "/github/token" => return Some(Self::GitHub),
            "/metadata/identity/oauth2/token" => return Some(Self::Metadata),
            "/msi/token" => return Some(Self::AppService),
            _ => {}
        }
        let (tenant, rest) = path.strip_prefix('/')?.split_once('/')?;
        match rest {
            "oauth2/v2.0/token" => Some(Self::Token(tenant)),
            "oauth2/v2.0/devicecode" => Some(Self::DeviceCode(tenant)),
            _ => None,
        }
    }
}

/// What a request to the login side says.
pub(crate) struct Asked<'a> {
    pub(crate) is_post: bool,
    pub(crate) query: &'a str,
    pub(crate) form: &'a [u8],
    pub(crate) authorization: Option<&'a str>,
    /// `Metadata: true`.
    pub(crate) metadata: bool,
    pub(crate) identity_header: Option<&'a str>,
}

impl Asked<'_> {
    /// Query and form together: Azure Automation posts as a form what App Service reads from the query.
    fn fields(&self) -> Form {
        let query = url::form_urlencoded::parse(self.query.as_bytes()).into_owned();
        query.chain(url::form_urlencoded::parse(self.form).into_owned()).collect()
    }

    fn form(&self) -> Form {
        url::form_urlencoded::parse(self.form).into_owned().collect()
    }
}

/// The secret that opens the endpoint of a place.
pub(crate) fn place_secret(tenant: &Tenant, place: &str) -> String {
    checksum(tenant, place)
}

impl Issuer {
    /// Answers a request to the login side. `clock` is the wire's.
    pub(crate) fn answer(&self, tenant: &Tenant, endpoint: Endpoint<'_>, asked: &Asked<'_>, clock: DateTime<Utc>) -> Reply {
        let fields = asked.fields();
        let answer = match endpoint {
            Endpoint::Token(_) | Endpoint::DeviceCode(_) if !asked.is_post => return Reply::method_not_allowed(),
            Endpoint::Token(name) => self.token(tenant, name, &asked.form(), clock),
            Endpoint::DeviceCode(name) => self.device_code(tenant, name, &asked.form()),
            Endpoint::GitHub => return github(tenant, asked, &fields, clock),
            Endpoint::Metadata => return self.metadata(tenant, asked, &fields, clock),
            Endpoint::AppService => return self.app_service(tenant, asked, &fields, clock),
        };
        answer.unwrap_or_else(|refusal| refusal.reply(tenant, clock))
    }

    fn token(&self, tenant: &Tenant, name: &str, form: &Form, clock: DateTime<Utc>) -> Result<Reply, Refusal> {
        check_tenant_and_client(tenant, name, form)?;
        let field = |name: &str| form.get(name).map_or("", String::as_str);
        let (bearer, resource, refresh) = match field("grant_type") {
            "client_credentials" => {
                self.check_credential(tenant, form, clock)?;
                (Bearer::Application(self.roles.clone()), resource(field("scope"))?, None)
            }
            "urn:ietf:params:oauth:grant-type:device_code" => self.person(tenant, &self.device.poll(field("device_code"))?),
            "refresh_token" => self.person(tenant, &scope_of_refresh_token(tenant, field("refresh_token"))?),
            _ => return Err(Refusal::new(400, "unsupported_grant_type", 70_003, "The app requested an unsupported grant type.")),
        };
        let seconds = self.lifetime.as_secs();
        let token = self.issue(tenant, &resource, &bearer, clock);
        let mut body = json!({"token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds, "access_token": token});
        if let Bearer::Person(scopes) = bearer {
            body["scope"] = scopes.join(" ").into();
        }
        if let Some(refresh) = refresh {
            body["refresh_token"] = refresh.into();
        }
        Ok(Reply::ok(body))
    }

    /// A person's token for scopes that were asked for, and a refresh token if `offline_access` was.
    fn person(&self, tenant: &Tenant, asked: &str) -> (Bearer, String, Option<String>) {
        let refresh = asked.split_whitespace().any(|scope| scope == "offline_access").then(|| refresh_token(tenant, asked));
        let resource = asked.split_whitespace().find_map(|scope| scope.rsplit_once('/')).map(|(resource, _)| resource);
        let resource = resource.filter(|resource| resource.starts_with("http")).unwrap_or("https://graph.microsoft.com");
        (Bearer::Person(self.device.scopes(asked, &self.roles)), resource.to_owned(), refresh)
    }

    fn device_code(&self, tenant: &Tenant, name: &str, form: &Form) -> Result<Reply, Refusal> {
        check_tenant_and_client(tenant, name, form)?;
        let scope = form.get("scope").filter(|scope| !scope.is_empty()).ok_or_else(|| missing("scope"))?;
        Ok(Reply::ok(self.device.give(tenant.seed, &self.origin, scope)))
    }

    /// A secret must be the right one, and an assertion signed by whom the application trusts.
    fn check_credential(&self, tenant: &Tenant, form: &Form, clock: DateTime<Utc>) -> Result<(), Refusal> {
        let field = |name: &str| form.get(name).map(String::as_str);
        match (field("client_secret"), field("client_assertion")) {
            (Some(secret), _) if secret == tenant.client_secret => Ok(()),
            (Some(_), _) => {
                let text = format!(
                    "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the \
                     client secret ID, for a secret added to app '{}'.",
                    tenant.client_id
                );
                Err(Refusal::new(401, "invalid_client", 7_000_215, &text))
            }
            (None, Some(assertion)) => {
                let expected = Expected { tenant, origin: &self.origin, certificate: self.certificate.as_ref(), clock };
                expected.check(field("client_assertion_type"), assertion)
            }
            (None, None) => {
                let text = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.";
                Err(Refusal::new(401, "invalid_client", 7_000_218, text))
            }
        }
    }

    /// The metadata service of a virtual machine. Numbers are text there.
    fn metadata(&self, tenant: &Tenant, asked: &Asked<'_>, fields: &Form, clock: DateTime<Utc>) -> Reply {
        if !asked.metadata {
            return plain_error(400, "invalid_request", "Required metadata header not specified");
        }
        let Some((token, mut body)) = self.managed(tenant, fields, clock) else {
            return plain_error(400, "invalid_request", "Identity not found");
        };
        let seconds = self.lifetime.as_secs().to_string();
        body["expires_in"] = seconds.as_str().into();
        body["ext_expires_in"] = seconds.into();
        body["not_before"] = clock.timestamp().to_string().into();
        body["access_token"] = token.into();
        Reply::ok(body)
    }

    /// App Service, Functions and Automation. How a wrong header is refused is a guess.
    fn app_service(&self, tenant: &Tenant, asked: &Asked<'_>, fields: &Form, clock: DateTime<Utc>) -> Reply {
        if asked.identity_header != Some(&place_secret(tenant, "app-service")) {
            return Reply { status: 401, ..Reply::ok(json!({"statusCode": 401, "message": "Unauthorized"})) };
        }
        let Some((token, mut body)) = self.managed(tenant, fields, clock) else {
            return Reply {
                status: 400,
                ..Reply::ok(
                    json!({"statusCode": 400, "message": "No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId."}),
                )
            };
        };
        body["access_token"] = token.into();
        Reply::ok(body)
    }

    /// A token of the managed identity, which is the reader's application here, and what both places say of it.
    fn managed(&self, tenant: &Tenant, fields: &Form, clock: DateTime<Utc>) -> Option<(String, serde_json::Value)> {
        let client = tenant.client_id.to_string();
        if fields.get("client_id").is_some_and(|asked| !asked.eq_ignore_ascii_case(&client)) {
            return None;
        }
        let resource = fields.get("resource")?.trim_end_matches('/');
        let token = self.issue(tenant, resource, &Bearer::Application(self.roles.clone()), clock);
        let expires = clock.timestamp().saturating_add(i64::try_from(self.lifetime.as_secs()).unwrap_or(i64::MAX));
        Some((token, json!({"client_id": client, "resource": resource, "token_type": "Bearer", "expires_on": expires.to_string()})))
    }
}

fn check_tenant_and_client(tenant: &Tenant, name: &str, form: &Form) -> Result<(), Refusal> {
    if !name.eq_ignore_ascii_case(&tenant.id.to_string()) && !name.eq_ignore_ascii_case(DOMAIN) {
        let text = format!("Tenant '{name}' not found. Check to make sure you have the correct tenant ID.");
        return Err(Refusal::new(400, "invalid_request", 90_002, &text));
    }
    let client = form.get("client_id").map_or("", String::as_str);
    if !client.eq_ignore_ascii_case(&tenant.client_id.to_string()) {
        let text = format!("Application with identifier '{client}' was not found in the directory '{name}'.");
        return Err(Refusal::new(400, "unauthorized_client", 700_016, &text));
    }
    Ok(())
}

fn missing(parameter: &str) -> Refusal {
    let text = format!("The request body must contain the following parameter: '{parameter}'.");
    Refusal::new(400, "invalid_request", 900_144, &text)
}

/// The resource of a scope such as `https://graph.microsoft.com/.default`.
fn resource(scope: &str) -> Result<String, Refusal> {
    let resource = scope.strip_suffix("/.default").filter(|resource| !resource.is_empty());
    let text = format!("The provided value for scope {scope} is not valid.");
    let resource = resource.ok_or_else(|| Refusal::new(400, "invalid_scope", 1_002_012, &text))?;
    Ok(resource.trim_end_matches('/').to_owned())
}

/// Scopes, and a checksum by which they are known again.
fn refresh_token(tenant: &Tenant, scope: &str) -> String {
    let scope = URL_SAFE_NO_PAD.encode(scope);
    let sum = checksum(tenant, &format!("refresh {scope}"));
    format!("{scope}.{sum}")
}

fn scope_of_refresh_token(tenant: &Tenant, token: &str) -> Result<String, Refusal> {
    let invalid = || Refusal::new(400, "invalid_grant", 70_000, "Provided grant is invalid or malformed.");
    let (scope, sum) = token.split_once('.').ok_or_else(invalid)?;
    if checksum(tenant, &format!("refresh {scope}")) != sum {
        return Err(invalid());
    }
    let bytes = URL_SAFE_NO_PAD.decode(scope).map_err(|_| invalid())?;
    String::from_utf8(bytes).map_err(|_| invalid())
}

/// A token of GitHub for the workflow that the reader's application trusts. Without an audience it is for the owner's page.
fn github(tenant: &Tenant, asked: &Asked<'_>, fields: &Form, clock: DateTime<Utc>) -> Reply {
    let token = asked.authorization.and_then(|given| given.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    if token.is_none_or(|(_, token)| token != place_secret(tenant, "github")) {
        return Reply { status: 401, ..Reply::ok(json!({"message": "Bad credentials"})) };
    }
    let audience = fields.get("audience").map_or("https://github.com/lindenhof-logistik", String::as_str);
    Reply::ok(json!({"count": 1, "value": federated(tenant, GITHUB.0, GITHUB.1, audience, clock)}))
}

fn plain_error(status: u16, error: &str, description: &str) -> Reply {
    Reply { status, ..Reply::ok(json!({"error": error, "error_description": description})) }
}
