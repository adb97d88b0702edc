//! What a notice says, before it is put into anybody's format. Names in it may be an attacker's text; every format makes them
//! harmless for itself.

use chrono::{DateTime, Utc};

/// A short message about a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Id of the tenant.
    pub tenant_id: String,
    /// Its name, if it could be read.
    pub tenant_name: Option<String>,
    /// When the run read the tenant (UTC).
    pub taken_at: DateTime<Utc>,
    /// When the earlier run did (UTC); None where there was none to compare with.
    pub earlier: Option<DateTime<Utc>>,
    /// The sentence that every report opens with.
    pub headline: String,
    /// Findings in one line.
    pub findings: Option<String>,
    /// What could not be read, in one line.
    pub not_seen: Option<String>,
    /// What is new and matters, the gravest first.
    pub items: Vec<Item>,
    /// How many differences there are in all, those that are in no item among them.
    pub changes: usize,
    /// Where to read more, a sentence.
    pub hint: String,
}

/// One thing that is new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Why it is told, a published word.
    pub kind: &'static str,
    /// The whole of it in one line.
    pub sentence: String,
    /// Kind of the object, a published word.
    pub topic: &'static str,
    /// What happened to it, a published word.
    pub what: &'static str,
    /// Name of the application, policy or group.
    pub name: String,
    /// Its id.
    pub id: String,
    /// Which object of it; None where that is a person.
    pub object: Option<String>,
    /// Id of that object; empty where it has none of its own.
    pub key: String,
    /// How grave, of findings only: a published word.
    pub severity: Option<&'static str>,
    /// Who did it, where the audit log tells.
    pub by: Option<String>,
    /// When (UTC), where that is known.
    pub at: Option<DateTime<Utc>>,
    /// For how many differences it stands.
    pub stands_for: usize,
}

impl Notice {
    /// How many items there are of each kind, in the order of the items.
    pub(super) fn counts(&self) -> Vec<(&'static str, usize)> {
        let mut counts: Vec<(&'static str, usize)> = Vec::new();
        for item in &self.items {
            match counts.iter_mut().find(|(kind, _)| *kind == item.kind) {
                Some((_, count)) => *count += 1,
                None => counts.push((item.kind, 1)),
            }
        }
        counts
    }

    /// The counts in one line, so that what is cut off a message is named all the same; None where nothing is new.
    pub(super) fn counted(&self) -> Option<String> {
        let parts: Vec<String> = self.counts().iter().map(|(kind, count)| format!("{}: {count}", kind.replace('-', " "))).collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }

    /// The first line.
    pub(super) fn title(&self) -> String {
        let tenant = self.tenant_name.as_deref().filter(|name| !name.trim().is_empty()).unwrap_or(&self.tenant_id);
        match (self.earlier, self.items.len()) {
            (None, _) => format!("maascan: {tenant}"),
            (Some(_), 0) => format!("maascan: nothing new that matters in {tenant}"),
            (Some(_), 1) => format!("maascan: 1 thing is new in {tenant}"),
            (Some(_), several) => format!("maascan: {several} things are new in {tenant}"),
        }
    }

    /// Which run it is about, and which it was compared with.
    pub(super) fn times(&self) -> String {
        let time = |time: DateTime<Utc>| time.format("%Y-%m-%d %H:%M UTC");
        let taken = time(self.taken_at);
        match self.earlier {
            Some(earlier) => format!("run of {taken}, compared with {}; {} differences in all", time(earlier), self.changes),
            None => format!("run of {taken}; there was no earlier run to compare with"),
        }
    }
}
