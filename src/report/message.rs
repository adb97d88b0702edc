//! The sentences of a message about a run: those of the reports, and one for each thing that is new. Names of people do not
//! appear, except of whoever the audit log names as having done it.

use super::phrases;
use super::text::{self, LONGEST, LONGEST_NAME};
use crate::assess::Assessment;
use crate::runs::{News, NewsKind, What};

/// The sentence that every report opens with, without a full stop.
#[must_use]
pub fn headline(assessment: &Assessment) -> String {
    phrases::headline(assessment)
}

/// Findings in one line, or nothing where no rule said anything.
#[must_use]
pub fn findings(assessment: &Assessment) -> Option<String> {
    phrases::findings(assessment)
}

/// What could not be read, in one line, or nothing where nothing is missing.
#[must_use]
pub fn not_seen(assessment: &Assessment) -> Option<String> {
    phrases::not_seen(assessment)
}

/// One thing that is new, in one line. Every name in it is cut, so that none pushes out the rest; markup of other people's is
/// still in it.
#[must_use]
pub fn sentence(news: &News) -> String {
    let entry = &news.entry;
    let name = short(phrases::named(&entry.name, &entry.id));
    let object = text::terminal(phrases::named(&entry.object, &entry.key), LONGEST_NAME * 3 / 2);
    let id = short(&entry.key);
    let said = |value: &Option<String>| value.as_deref().map(|value| text::terminal(value, LONGEST)).unwrap_or_default();
    let was = entry.before.as_ref().map(|_| format!(", was {}", said(&entry.before))).unwrap_or_default();
    let told = match news.kind {
        NewsKind::NewExclusion => format!("new exclusion: {object} is excluded by {name}"),
        NewsKind::ExclusionGone => format!("exclusion gone: {object} is no longer excluded by {name}"),
        NewsKind::CredentialOnExcluded => format!("{} credential on an excluded application: {name}: {object}", entry.what.word()),
        NewsKind::CredentialOnPerhapsExcluded => {
            format!("{} credential: {name}: {object}; whether it is excluded is not known", entry.what.word())
        }
        NewsKind::PolicyGone => format!("access policy gone: {name}: {}", said(&entry.before)),
        NewsKind::PolicyChanged | NewsKind::ConditionalAccessChanged => changed(news),
        NewsKind::NobodyApproves => format!("nobody can approve any more for {name}"),
        NewsKind::Blocked => format!("blocked: {name} on {object}{was}"),
        NewsKind::Breaks => format!("breaks: {name} on {object}{was}"),
        NewsKind::CriticalFinding => format!("new critical finding: {name}: {object}"),
        NewsKind::HighFinding => format!("new high finding: {name}: {object}"),
        NewsKind::OwnerAdded => format!("new owner: {name}: {}, id {id}", said(&entry.after)),
        NewsKind::PermissionGranted => format!("permission granted: {name}: {object}"),
        NewsKind::RoleGranted => format!("role granted: {name}: {object}"),
        NewsKind::ApproverAdded => format!("new approver: {name}: id {id}"),
        NewsKind::ApproverGone if entry.what == What::Changed => format!("account of an approver disabled: {name}: id {id}"),
        NewsKind::ApproverGone if entry.object.is_empty() => format!("approver group gone: {name}"),
        NewsKind::ApproverGone => format!("approver gone: {name}: id {id}"),
        NewsKind::NoLongerReadable => unreadable(news),
    };
    told + &done(news)
}

/// An access policy, or one of Conditional Access, that is another or gone.
fn changed(news: &News) -> String {
    let entry = &news.entry;
    let what = if news.kind == NewsKind::PolicyChanged { "access policy" } else { "Conditional Access policy" };
    let part = if entry.object.is_empty() { String::new() } else { format!(", {}", short(&entry.object)) };
    let side = |value: &Option<String>| value.as_deref().map_or_else(|| "nothing".to_owned(), |value| text::terminal(value, LONGEST / 2));
    let name = short(phrases::named(&entry.name, &entry.id));
    match entry.what {
        What::Gone => format!("{what} gone: {name}: {}", side(&entry.before)),
        _ => format!("{what} changed: {name}{part}: {} instead of {}", side(&entry.after), side(&entry.before)),
    }
}

fn short(text: &str) -> String {
    text::terminal(text, LONGEST_NAME)
}

/// Which kind of object can no longer be read; whose, only where it is one.
fn unreadable(news: &News) -> String {
    let entry = &news.entry;
    let topic = entry.topic.word();
    let why = entry.after.as_deref().map(|why| format!(": {}", text::terminal(why, LONGEST))).unwrap_or_default();
    match news.stands_for {
        0 | 1 if text::is_blank(&entry.name) => format!("no longer readable: {topic}{why}"),
        0 | 1 => format!("no longer readable: {topic} of {}{why}", short(&entry.name)),
        several => format!("no longer readable: {topic}, in {several} places{why}"),
    }
}

/// Who did it, and when, where the audit log or the object itself tells.
fn done(news: &News) -> String {
    let by = news.entry.by.as_deref().map(|by| format!(", by {}", short(by))).unwrap_or_default();
    let at = news.entry.at.map(|at| format!(", {}", phrases::time(at))).unwrap_or_default();
    by + &at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runs::{Entry, Topic};
    use chrono::DateTime;

    fn news(kind: NewsKind) -> News {
        let entry = Entry {
            topic: Topic::Owner,
            what: What::New,
            name: "Packager".into(),
            id: "a1".into(),
            object: "Ada Person".into(),
            key: "k1".into(),
            before: None,
            after: Some("owner of the application, user".into()),
            by: Some("mara@contoso.example".into()),
            at: Some(DateTime::UNIX_EPOCH),
            severity: None,
        };
        News { kind, entry, stands_for: 1 }
    }

    #[test]
    fn an_owner_or_approver_is_told_by_id_and_the_one_who_did_it_by_name() {
        assert_eq!(
            sentence(&news(NewsKind::OwnerAdded)),
            "new owner: Packager: owner of the application, user, id k1, by mara@contoso.example, 1970-01-01T00:00:00Z"
        );
        for kind in [NewsKind::OwnerAdded, NewsKind::ApproverGone, NewsKind::NobodyApproves] {
            assert!(!sentence(&news(kind)).contains("Ada"), "{kind:?}");
        }
    }

    #[test]
    fn no_name_pushes_out_the_rest() {
        let mut long = news(NewsKind::NewExclusion);
        for text in [&mut long.entry.name, &mut long.entry.object, &mut long.entry.key, &mut long.entry.id] {
            *text = "\u{202e}x\n".repeat(10_000);
        }
        long.entry.by = Some("y".repeat(10_000));
        let told = sentence(&long);
        assert!(told.chars().count() < 400 && told.ends_with("1970-01-01T00:00:00Z") && !told.contains('\u{202e}'), "{told}");
    }

    #[test]
    fn many_that_cannot_be_read_are_one_sentence() {
        let mut lost = News { stands_for: 12, ..news(NewsKind::NoLongerReadable) };
        lost.entry = Entry { after: Some("no permission".into()), by: None, at: None, ..lost.entry };
        assert_eq!(sentence(&lost), "no longer readable: owner, in 12 places: no permission");
        lost.stands_for = 1;
        assert_eq!(sentence(&lost), "no longer readable: owner of Packager: no permission");
    }
}
