//! `--notify`: a message about what is new, posted once the reports are written. It never changes how a run ends.

use super::exit::{Failure, usage_error};
use super::{output, tenant};
use crate::notify::{self, Address, Endpoint, Item, Notice, Patience};
use crate::report::{Contents, message};
use crate::runs::{self, News, NewsKind, Topic};
use clap::{Args, ValueEnum};
use std::convert::Infallible;

/// The variable that gives the address, for which an argument would be seen in the list of processes.
const VARIABLE: &str = "MAASCAN_NOTIFY_URL";

/// Whom to tell what is new.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Notice")]
pub(super) struct Notifying {
    /// Post what is new since --baseline or the last run of --store to this webhook, if anything that matters is; the address is a secret, so the variable
    /// is the better place for it
    #[arg(long, value_name = "URL", env = VARIABLE, hide_env_values = true, value_parser = address)]
    notify: Option<Address>,
    /// Post although nothing is new, or although there is nothing to compare with
    #[arg(long)]
    notify_always: bool,
    /// Format of the notice; default: what the host of the address expects, json for hosts that are not known
    #[arg(long, value_enum, value_name = "FORMAT")]
    notify_format: Option<Format>,
}

/// Takes anything: a complaint of the parser would print it.
fn address(text: &str) -> Result<Address, Infallible> {
    text.parse()
}

/// What `--notify-format` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// An adaptive card for a Teams workflow
    Teams,
    /// Blocks for an incoming webhook of Slack
    Slack,
    /// maascan.notice version 1, for a service of one's own
    Json,
}

impl From<Format> for notify::Format {
    fn from(format: Format) -> Self {
        match format {
            Format::Teams => Self::Teams,
            Format::Slack => Self::Slack,
            Format::Json => Self::Json,
        }
    }
}

impl Notifying {
    /// Who tells what is new, if anybody is to be told.
    ///
    /// # Errors
    /// An address that cannot be used; it is not printed.
    pub(super) fn teller(&self) -> Result<Option<Teller>, Failure> {
        let Some(address) = self.notify.as_ref().filter(|address| !address.is_empty()) else {
            if self.notify.is_some() || self.notify_always {
                output::note(&format!("warning: no address for notices is given, so none is posted: --notify or {VARIABLE}"));
            }
            return Ok(None);
        };
        let endpoint = Endpoint::new(address).map_err(usage_error)?;
        let format = self.notify_format.map_or(endpoint.format(), Into::into);
        Ok(Some(Teller { endpoint, format, always: self.notify_always }))
    }
}

/// Posts notices.
#[derive(Debug)]
pub(super) struct Teller {
    endpoint: Endpoint,
    format: notify::Format,
    always: bool,
}

impl Teller {
    /// Posts what is new, if anything is. What goes wrong is one line on standard error. `hint` says where the rest is.
    pub(super) fn tell(&self, contents: &Contents<'_>, hint: String) {
        let notice = notice(contents, hint);
        let host = self.endpoint.host();
        if !self.always && notice.earlier.is_none() {
            output::note("no notice was posted: there is no earlier run to compare with (--baseline, --store)");
        } else if !self.always && notice.items.is_empty() {
            tracing::info!("nothing is new that matters: no notice was posted");
        } else {
            match self.post(&notice) {
                Ok(()) => output::note(&format!("notice posted to {host}: {} new", notice.items.len())),
                Err(why) => output::note(&format!("warning: no notice was posted to {host}: {why}")),
            }
        }
    }

    fn post(&self, notice: &Notice) -> Result<(), String> {
        let runtime = tenant::runtime().map_err(|_| "no thread could be started".to_owned())?;
        let posted = runtime.block_on(notify::post(&self.endpoint, self.format, notice, &Patience::default()));
        // A name server that does not answer would hold up the end of the run.
        runtime.shutdown_background();
        posted.map_err(|error| error.to_string())
    }
}

fn notice(contents: &Contents<'_>, hint: String) -> Notice {
    let Contents { assessment, change, .. } = *contents;
    let news = change.map(|change| runs::worth_saying(change, assessment)).unwrap_or_default();
    Notice {
        tenant_id: assessment.run.tenant_id.to_string(),
        tenant_name: assessment.run.tenant_name.clone(),
        taken_at: assessment.run.taken_at,
        earlier: change.map(|change| change.earlier),
        headline: message::headline(assessment),
        findings: message::findings(assessment),
        not_seen: message::not_seen(assessment),
        items: news.iter().map(item).collect(),
        changes: change.map_or(0, |change| change.entries.len()),
        hint,
    }
}

fn item(news: &News) -> Item {
    let entry = &news.entry;
    // Names of people stay at home, and of many things that cannot be read no single one is meant.
    let one = news.stands_for == 1 && !matches!(entry.topic, Topic::Owner | Topic::Approver) && news.kind != NewsKind::NoLongerReadable;
    Item {
        kind: news.kind.word(),
        sentence: message::sentence(news),
        topic: entry.topic.word(),
        what: entry.what.word(),
        name: entry.name.clone(),
        id: entry.id.clone(),
        object: Some(entry.object.clone()).filter(|object| one && !object.is_empty()),
        key: entry.key.clone(),
        severity: entry.severity.map(crate::assess::Severity::word),
        by: entry.by.clone(),
        at: entry.at,
        stands_for: news.stands_for,
    }
}
