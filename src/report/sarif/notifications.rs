//! What a reader of `findings.sarif` has to know beside the results: what could not be read, and which settings applied.

use super::message;
use super::model::{Notification, NotificationKind, NotificationReference};
use crate::assess::{AppliedSettings, Assessment};
use crate::report::{known, phrases};
use crate::snapshot::Coverage;

/// Most results of a run that GitHub code scanning takes; it refuses a file with more.
/// <https://docs.github.com/en/code-security/code-scanning/troubleshooting-sarif-uploads/results-exceed-limit>
pub(super) const GITHUB_TAKES: usize = 25_000;

/// Most that it shows, the gravest first. Same source.
pub(super) const GITHUB_SHOWS: usize = 5_000;

/// Kinds of notification, in the order in which the driver lists them.
#[derive(Debug, Clone, Copy)]
enum Kind {
    NotRead,
    NotRequested,
    ManyResults,
    Settings,
}

impl Kind {
    const ALL: [Self; 4] = [Self::NotRead, Self::NotRequested, Self::ManyResults, Self::Settings];

    fn id(self) -> &'static str {
        match self {
            Self::NotRead => "not-read",
            Self::NotRequested => "not-requested",
            Self::ManyResults => "more-results-than-github-shows",
            Self::Settings => "settings-changed",
        }
    }

    fn about(self) -> &'static str {
        match self {
            Self::NotRead => "Something could not be read whole",
            Self::NotRequested => "A dataset that nobody asked for",
            Self::ManyResults => "GitHub code scanning does not show all of the results",
            Self::Settings => "A rule was switched off or changed by the user",
        }
    }

    fn help(self) -> &'static str {
        match self {
            Self::NotRead => "What is not among the results may still be there. Give the permission that is named and run again.",
            Self::NotRequested => "What only this dataset shows is not among the results. maascan scan --help says how to ask for it.",
            Self::ManyResults => "The file is whole. Take out what need not be uploaded, such as results that are waived or of kind open.",
            Self::Settings => "The results would be others without that setting; assessment.json has all settings.",
        }
    }

    fn notification(self, level: &'static str, text: &str) -> Notification {
        Notification { descriptor: NotificationReference { id: self.id(), index: self as usize }, level, message: message(text) }
    }
}

pub(super) fn kinds() -> Vec<NotificationKind> {
    Kind::ALL
        .into_iter()
        .map(|kind| NotificationKind {
            id: kind.id(),
            short_description: message(kind.about()),
            full_description: message(kind.help()),
            help: message(kind.help()),
        })
        .collect()
}

/// What befell the run.
pub(super) fn execution(assessment: &Assessment) -> Vec<Notification> {
    let mut notifications: Vec<Notification> = known::missing(assessment)
        .map(|(dataset, coverage, gap)| {
            let read = match coverage {
                Coverage::Partial { items, .. } => format!("in part ({items} items)"),
                _ => "not".to_owned(),
            };
            let permission = phrases::permission(dataset, coverage);
            Kind::NotRead.notification("warning", &format!("{dataset} was read {read}: {gap}; permission that reads it: {permission}"))
        })
        .collect();
    if let Some(exclusions) = phrases::unread_exclusions(assessment) {
        notifications.push(Kind::NotRead.notification("warning", &format!("not readable: {exclusions}")));
    }
    notifications
        .extend(known::skipped(assessment).map(|dataset| Kind::NotRequested.notification("note", &format!("not requested: {dataset}"))));
    notifications.extend(many(assessment.findings.len()));
    notifications
}

/// Nothing is left out of the file for GitHub's sake, because others read it too.
fn many(results: usize) -> Option<Notification> {
    let text = if results > GITHUB_TAKES {
        format!("this file has {results} results; GitHub code scanning refuses a file with more than {GITHUB_TAKES}")
    } else if results > GITHUB_SHOWS {
        format!("this file has {results} results; GitHub code scanning shows the gravest {GITHUB_SHOWS}")
    } else {
        return None;
    };
    Some(Kind::ManyResults.notification("warning", &text))
}

/// Which settings of the user bear on the results.
pub(super) fn configuration(settings: &AppliedSettings) -> Vec<Notification> {
    let off = settings.switched_off.iter().map(|off| format!("the rule {} ({}) was switched off", off.rule, off.title));
    let severities = settings
        .severities
        .iter()
        .map(|change| format!("the severity of the rule {} was changed from {} to {}", change.rule, change.from, change.to));
    let thresholds = settings.thresholds.iter().map(|change| {
        format!("the threshold {} of the rule {} was changed from {} to {}", change.name, change.rule, change.from, change.to)
    });
    off.chain(severities).chain(thresholds).map(|text| Kind::Settings.notification("note", &text)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_github_does_not_show_is_said() {
        let said = |results| many(results).map(|notification| notification.message.text);
        assert_eq!(said(GITHUB_SHOWS), None);
        assert!(said(GITHUB_SHOWS + 1).is_some_and(|text| text.contains("5001 results") && text.contains("gravest 5000")));
        assert!(said(GITHUB_TAKES + 1).is_some_and(|text| text.contains("refuses a file with more than 25000")));
    }

    #[test]
    fn every_kind_stands_where_its_index_says() {
        for (at, kind) in Kind::ALL.into_iter().enumerate() {
            assert_eq!((kind as usize, kinds()[at].id), (at, kind.id()));
        }
    }
}
