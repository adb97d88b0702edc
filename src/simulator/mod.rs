//! A Microsoft Graph for one made-up Intune tenant, on loopback: for `maascan demo` and `maascan simulate`, and for tests.
//! It is the other side of the wire and shares no code with the rooms that read it, or both would agree on a mistake.
//!
//! It serves login and Graph on one origin, v1.0 and beta: everything that the endpoint table of facts/graph.md section 0 names,
//! and `getByIds` and `$batch`. It never lets anything be written. What it holds is in `planted` and in `data::posture`;
//! everything in it is invented but the ids and names of Microsoft's own services.
//!
//! **Whoever learns from this what the real service looks like is warned:** no public capture exists of an application as
//! actor of an Intune audit event, and none of how an access policy shows its exclusions. The former is a guess after the
//! schema, the latter has a name drawn by the seed so that nobody can rely on it (facts/maa.md sections 2 and 6).
//!
//! Further guesses, each said where it is made: which properties a nested `$select` of `$expand=owners` takes; which fields
//! `$expand=roleDefinition` drops; the ids of roles on the Intune API; the permission for `unlicensedAdminstratorsEnabled`; that
//! `$count` without `ConsistencyLevel` is left aside; the error codes of a missing permission outside directory and Intune;
//! page sizes of Intune lists; the order of every list; how refusals of throttling count and in what turn Intune's come; texts
//! of login errors, which have Entra's numbers from general knowledge, and which of two errors comes first; how App Service
//! refuses a wrong header; and that a person's token is cut by its scopes only, where the real one is also cut by roles.

mod answers;
mod answers_security;
mod assertion;
mod batch;
mod certificate;
mod data;
mod device;
mod expand;
mod faults;
mod filters;
mod guid;
mod gzip;
mod limits;
mod line;
mod login;
mod odata;
mod render;
mod render_access;
mod render_intune;
mod render_intune_roles;
mod render_usage;
mod reply;
mod roles;
mod routes;
mod server;
#[cfg(test)]
mod tests;
mod token;
mod workspace;

pub use device::{DeviceCode, DeviceCodeEnd};
pub use faults::{Fault, FaultKind};
pub use limits::{Limits, Rate};
pub use workspace::{LogWorkspace, LoggedAppSignIn, LoggedCall};

use certificate::Certificate;
use chrono::{DateTime, TimeDelta, Utc};
use data::Tenant;
use data::cast::CAST;
use data::spec::Home;
use server::Shared;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// The clock of the tenant unless [`Settings::now`] says otherwise: 2026-11-02T06:00:00Z.
pub const DEMO_TIME: DateTime<Utc> = match DateTime::from_timestamp(1_793_599_200, 0) {
    Some(time) => time,
    None => DateTime::UNIX_EPOCH,
};

/// Start of every secret that the audit log of the tenant holds. Nothing that maascan writes may hold it.
pub const PLANTED_SECRET: &str = data::events::SECRET;

/// The `hint` that the tenant gives of every client secret. Nothing that maascan writes may hold it.
pub const PLANTED_HINT: &str = data::HINT;

/// How long [`Simulator::stop`] waits for connections to end.
const PATIENCE: Duration = Duration::from_secs(2);

/// Most minutes that the clock can be off: ten years.
const MOST_SKEW: i64 = 5_256_000;

/// What the made-up tenant is like, and how the wire behaves.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Ids and choices follow from it.
    pub seed: u64,
    /// Service principals in the tenant. Never fewer than the thirteen that are always there.
    pub service_principals: usize,
    /// Automations among them, the planted ones first. None: the planted ones (about 60), and where there are more than
    /// 3,000 service principals 2 % of these, at most 5,000.
    pub automations: Option<usize>,
    /// Added to every HTTP request, once for a whole batch.
    pub latency: Duration,
    /// The clock of the tenant (UTC). Audit events, sign-ins, keys and requests are dated back from it.
    pub now: DateTime<Utc>,
    /// Permissions in the tokens that are issued.
    pub token_roles: TokenRoles,
    /// How long a token is good, in whole seconds of real time.
    pub token_lifetime: Duration,
    /// What goes wrong.
    pub faults: Vec<Fault>,
    /// Throttling; none by default.
    pub limits: Limits,
    /// Minutes by which the service's clock is ahead of the real one: its `Date` and the times in its tokens.
    pub clock_skew_minutes: i64,
    /// A certificate (DER, RSA) that the reader's application has registered for signing in.
    pub certificate: Option<Vec<u8>>,
    /// How sign-in of a person with a code goes.
    pub device_code: DeviceCode,
    /// Whether a week has passed since `now`, in which twenty things changed and nothing else happened.
    pub week_later: bool,
    /// A Log Analytics workspace to which the activity log of Graph is sent; none by default.
    pub log_workspace: Option<LogWorkspace>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            seed: 20_261_102,
            service_principals: 300,
            automations: None,
            latency: Duration::ZERO,
            now: DEMO_TIME,
            token_roles: TokenRoles::All,
            token_lifetime: Duration::from_secs(3_599),
            faults: Vec::new(),
            limits: Limits::default(),
            clock_skew_minutes: 0,
            certificate: None,
            device_code: DeviceCode::default(),
            week_later: false,
            log_workspace: None,
        }
    }
}

/// Permissions in a token.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum TokenRoles {
    /// The twelve read permissions that maascan may ask for (facts/graph.md section 0, and User.Read.All).
    #[default]
    All,
    /// Only these, by name, such as `Application.Read.All`. Everything else is answered with 403.
    Only(Vec<String>),
}

impl TokenRoles {
    fn names(self) -> Vec<String> {
        match self {
            Self::All => roles::READER.iter().map(ToString::to_string).collect(),
            Self::Only(names) => names,
        }
    }
}

/// Why there is no simulator.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The port is taken, or may not be used: the user's to change.
    #[error("cannot listen on 127.0.0.1:{port}: {source}\nhint: port 0 takes any that is free")]
    Bind {
        /// The port asked for.
        port: u16,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// [`Settings::certificate`] is not one: the caller's to change.
    #[error("the certificate to register is no X.509 certificate in DER")]
    Certificate,
    /// The server ended by itself: ours.
    #[error("the simulated tenant stopped serving: {0}")]
    Serve(#[source] std::io::Error),
    /// The server's task came to an untimely end: ours.
    #[error("the simulated tenant stopped: {0}")]
    Stopped(#[from] tokio::task::JoinError),
}

/// A request that the simulator received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedRequest {
    /// HTTP method.
    pub method: String,
    /// Path and query, as they were sent.
    pub path_and_query: String,
    /// Bytes of the body.
    pub body_length: usize,
    /// Method and URL of each request inside a batch, in the order sent. Empty for anything else.
    pub inner: Vec<(String, String)>,
    /// Status of the answer; 0 where there was none, because the client went away before or the connection was closed.
    pub status: u16,
    /// When it arrived, since the simulator started.
    pub started: Duration,
    /// When the last byte of the answer was given to the network, since the simulator started. None where that never happened.
    pub finished: Option<Duration>,
}

/// An automation that was planted in the tenant, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planted {
    /// Display name. Two share theirs.
    pub name: &'static str,
    /// What is particular about it.
    pub what: &'static str,
    /// Workload and verdict that an assessment should come to, in the words of `assessment.json`, with every dataset read and
    /// the gates as they are. Workloads on which the facts leave room are not in it.
    pub expected: Vec<(&'static str, &'static str)>,
    /// Whether it has a service principal; without one, its app id stands in the audit log only.
    pub has_service_principal: bool,
}

/// Every automation that was planted, in the order in which a smaller tenant gets them.
pub fn planted() -> &'static [Planted] {
    static PLANTED: LazyLock<Vec<Planted>> = LazyLock::new(|| {
        let told = |spec: &data::spec::Spec| Planted {
            name: spec.name,
            what: spec.what,
            expected: spec.expected.clone(),
            has_service_principal: spec.home != Home::AuditLogOnly,
        };
        CAST.iter().map(told).collect()
    });
    &PLANTED
}

/// A running simulator. It ends when it is dropped.
#[derive(Debug)]
pub struct Simulator {
    shared: Arc<Shared>,
    tenant_id: String,
    client_id: String,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), Error>>,
}

/// Generates the tenant and serves it on 127.0.0.1 at `port`, or at any free port for 0. The server runs on the current
/// tokio runtime.
///
/// # Errors
/// [`Error::Bind`] if the port cannot be had, [`Error::Certificate`] if the certificate cannot be read.
pub async fn start(settings: Settings, port: u16) -> Result<Simulator, Error> {
    let bind = |source| Error::Bind { port, source };
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await.map_err(bind)?;
    let certificate = settings.certificate.as_deref().map(|der| Certificate::parse(der).ok_or(Error::Certificate)).transpose()?;
    let origin = format!("http://{}", listener.local_addr().map_err(bind)?);
    let mut tenant = Tenant::generate(settings.seed, settings.now, settings.service_principals, settings.automations);
    if settings.week_later {
        tenant.let_a_week_pass();
    }
    let shared = Arc::new(Shared {
        tenant,
        log_workspace: settings.log_workspace,
        latency: settings.latency,
        issuer: token::Issuer {
            roles: settings.token_roles.names(),
            lifetime: settings.token_lifetime,
            origin: origin.clone(),
            certificate,
            device: device::DeviceCodes::new(settings.device_code),
        },
        origin,
        clock_skew: TimeDelta::minutes(settings.clock_skew_minutes.clamp(-MOST_SKEW, MOST_SKEW)),
        faults: faults::Faults::new(settings.faults),
        meter: limits::Meter::new(settings.limits),
        log: Arc::new(line::Log::new()),
        served: AtomicU64::new(0),
    });
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(server::serve(listener, Arc::clone(&shared), stopped));
    let (tenant_id, client_id) = (shared.tenant.id.to_string(), shared.tenant.client_id.to_string());
    Ok(Simulator { shared, tenant_id, client_id, stop, task })
}

impl Simulator {
    /// Where login and Graph are served, such as `http://127.0.0.1:50123`.
    #[must_use]
    pub fn origin(&self) -> String {
        self.shared.origin.clone()
    }

    /// The tenant's id.
    #[must_use]
    pub fn tenant_id(&self) -> &str {
        &self.tenant_id
    }

    /// App id of the application that may read the tenant.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Its secret, which opens nothing but this simulator.
    #[must_use]
    pub fn client_secret(&self) -> &str {
        &self.shared.tenant.client_secret
    }

    /// The variables with which a client signs in to this tenant.
    #[must_use]
    pub fn environment(&self) -> [(&'static str, &str); 3] {
        [("AZURE_TENANT_ID", self.tenant_id()), ("AZURE_CLIENT_ID", self.client_id()), ("AZURE_CLIENT_SECRET", self.client_secret())]
    }

    /// A token of the simulator's own issuer, as a cluster gives it to a workload in a file. The reader's application trusts it.
    #[must_use]
    pub fn federated_token(&self) -> String {
        self.federated_token_of(&assertion::own_issuer(&self.shared.origin), assertion::WORKLOAD)
    }

    /// A token of any issuer and subject. The reader's application trusts the issuer of [`Self::federated_token`] and
    /// GitHub's, each with one subject.
    #[must_use]
    pub fn federated_token_of(&self, issuer: &str, subject: &str) -> String {
        assertion::federated(&self.shared.tenant, issuer, subject, assertion::EXCHANGE, self.shared.wire_clock())
    }

    /// The variables that GitHub gives to a job which may ask for a token of its own.
    #[must_use]
    pub fn github_environment(&self) -> [(&'static str, String); 2] {
        let token = login::place_secret(&self.shared.tenant, "github");
        let url = format!("{}/github/token?api-version=2.0", self.shared.origin);
        [("ACTIONS_ID_TOKEN_REQUEST_URL", url), ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", token)]
    }

    /// The variables that App Service, Functions and Automation give to a workload with a managed identity. The metadata
    /// service of virtual machines is at [`Self::origin`] with the path that it has at 169.254.169.254.
    #[must_use]
    pub fn app_service_environment(&self) -> [(&'static str, String); 2] {
        let secret = login::place_secret(&self.shared.tenant, "app-service");
        [("IDENTITY_ENDPOINT", format!("{}/msi/token", self.shared.origin)), ("IDENTITY_HEADER", secret)]
    }

    /// App id of the first automation of this display name, if the tenant has it.
    #[must_use]
    pub fn app_id_of(&self, name: &str) -> Option<String> {
        self.shared.tenant.actors.iter().find(|actor| &*actor.name == name).map(|actor| actor.app_id.to_string())
    }

    /// What has been asked so far, in the order of arrival.
    #[must_use]
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.shared.log.all()
    }

    /// Requests, each part of a batch for itself, that [`Settings::limits`] refused: by workload, which is `identity`, `reports`,
    /// `conditional-access`, `key-credentials` or `intune`. Planted faults are not counted.
    #[must_use]
    pub fn throttled(&self) -> BTreeMap<&'static str, u64> {
        self.shared.meter.refused()
    }

    /// Stops serving, and waits for open connections for at most two seconds.
    pub async fn stop(self) {
        let Self { stop, mut task, .. } = self;
        let _ = stop.send(());
        if tokio::time::timeout(PATIENCE, &mut task).await.is_err() {
            task.abort();
        }
    }

    /// Serves until the server ends by itself, which it does only on failure, or until the future is dropped.
    ///
    /// # Errors
    /// [`Error::Serve`] and [`Error::Stopped`].
    pub async fn wait(self) -> Result<(), Error> {
        self.task.await?
    }
}
