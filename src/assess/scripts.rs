//! What of the automations' own source an assessment could look at, and how a verdict tells it.

use crate::evidence::{Evidence, Scripted, strangers, unjoined};
use crate::snapshot::{Coverage, ScriptApproval, ScriptReading, Snapshot};

/// What of the scripts was read. What they say stands in verdicts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptsRead {
    /// How much.
    pub coverage: Coverage,
    /// The numbers and the gaps; None where no scripts were given.
    pub reading: Option<ScriptReading>,
    /// Scripts that write.
    pub writing: usize,
    /// Applications that a script which writes was found for.
    pub applications: usize,
    /// Scripts that write as an application, and that no application of the tenant was found for; by path.
    pub unjoined: Vec<String>,
}

impl ScriptsRead {
    /// Of a snapshot and its evidence.
    #[must_use]
    pub fn of(snapshot: &Snapshot, evidence: &Evidence) -> Self {
        Self {
            coverage: snapshot.coverage_of_scripts(),
            reading: snapshot.scripts.as_ref().map(|scripts| scripts.reading.clone()),
            writing: snapshot.scripts.as_ref().map_or(0, |scripts| scripts.files.len()),
            applications: evidence.scripts.len(),
            unjoined: unjoined(snapshot).into_iter().map(str::to_owned).collect(),
        }
    }
}

/// What the user's map names and could not be placed, a sentence each.
pub(super) fn unplaced(snapshot: &Snapshot) -> Vec<String> {
    let reading = snapshot.scripts.as_ref().map(|scripts| &scripts.reading);
    let unfit = reading.into_iter().flat_map(|reading| &reading.unfit);
    let unfit = unfit.map(|script| format!("map of scripts: no script that was read is {script}"));
    let strangers = strangers(snapshot);
    let strangers = strangers.into_iter().map(|id| format!("map of scripts: {id} is no application that was read of this tenant"));
    unfit.chain(strangers).collect()
}

/// Most places that a sentence names.
const MOST: usize = 3;

/// Where its scripts write, in one sentence.
pub(super) fn reason(found: &[&Scripted]) -> Option<String> {
    let first = found.first()?;
    let places: Vec<String> = found.iter().take(MOST).map(|one| place(one)).collect();
    let more = if found.len() > MOST { format!(", and {} more", found.len() - MOST) } else { String::new() };
    Some(format!("its script writes: {}{more}; it is its script {}", places.join(", "), first.joined.words()))
}

/// One write in a script.
pub(super) fn place(found: &Scripted) -> String {
    let approval = match found.approval {
        ScriptApproval::Absent => "sends no approval",
        ScriptApproval::Partial => "asks for approval, and never sends the code",
        ScriptApproval::Broken => "asks for approval, in a way that fails",
        ScriptApproval::Present => "asks for approval",
    };
    format!("{} line {} ({} {}, {approval})", found.path, found.line, found.method, found.path_template)
}

/// What to do about the scripts, behind the next step of a verdict that something is refused.
pub(super) fn step(found: &[&Scripted]) -> String {
    let open = found.iter().find(|one| one.approval != ScriptApproval::Present);
    open.map(|one| format!("; begin with {} line {}", one.path, one.line)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{Catalogue, Workload};
    use crate::evidence::{Joined, evidence};
    use crate::snapshot::{AppId, ScriptConfidence, ScriptExpectation, ScriptSignIn, ScriptedWrite, Scripts, WritingScript};

    fn write(sign_in: ScriptSignIn, expectation: ScriptExpectation) -> ScriptedWrite {
        ScriptedWrite {
            line: 7,
            workload: "app".to_owned(),
            operation: "create".to_owned(),
            method: "POST".to_owned(),
            path_template: "/deviceAppManagement/mobileApps".to_owned(),
            confidence: ScriptConfidence::Resolved,
            sign_in,
            approval: ScriptApproval::Absent,
            expectation,
        }
    }

    fn snapshot(files: Vec<WritingScript>) -> Snapshot {
        let now = "2026-11-01T00:00:00Z".parse().unwrap();
        let mut snapshot = Snapshot::new("t".into(), now, now);
        snapshot.scripts = Some(Scripts { files, reading: ScriptReading { files: 9, ..ScriptReading::default() } });
        snapshot
    }

    fn file(path: &str, mapped: &[&str], clients: &[&str], writes: Vec<ScriptedWrite>) -> WritingScript {
        let ids = |all: &[&str]| all.iter().map(|id| AppId::new(id)).collect();
        WritingScript { path: path.to_owned(), app_ids: ids(mapped), client_ids: ids(clients), writes }
    }

    #[test]
    fn a_script_counts_for_the_application_of_the_map_or_of_a_client_id_that_the_tenant_has() {
        use ScriptExpectation::{NotHeld, Refused};
        let app = || vec![write(ScriptSignIn::App, Refused)];
        let snapshot = snapshot(vec![
            file("mapped.ps1", &["x"], &["y"], app()),
            file("stranger.ps1", &[], &["z"], app()),
            file("person.ps1", &["x"], &[], vec![write(ScriptSignIn::Delegated, Refused)]),
            file("open.ps1", &["x"], &[], vec![write(ScriptSignIn::App, NotHeld)]),
        ]);
        let evidence = evidence(&snapshot, &Catalogue::builtin().unwrap());
        let found: Vec<(&str, &str, Joined)> =
            evidence.scripts.iter().flat_map(|(id, all)| all.iter().map(|one| (id.as_str(), one.path.as_str(), one.joined))).collect();
        assert_eq!(found, [("x", "mapped.ps1", Joined::Map)]);
        let read = ScriptsRead::of(&snapshot, &evidence);
        assert_eq!((read.writing, read.applications, read.unjoined), (4, 1, vec!["stranger.ps1".to_owned()]));
        assert_eq!(unplaced(&snapshot), ["map of scripts: x is no application that was read of this tenant"]);
        assert_eq!(evidence.scripts[&AppId::new("x")][0].workload, Workload::App);
    }

    #[test]
    fn places_are_named_up_to_three_and_the_rest_is_counted() {
        let snapshot = snapshot(vec![file("a.ps1", &["x"], &[], vec![write(ScriptSignIn::App, ScriptExpectation::Refused)])]);
        let evidence = evidence(&snapshot, &Catalogue::builtin().unwrap());
        let one = &evidence.scripts[&AppId::new("x")][0];
        let said = reason(&[one; 5]).unwrap();
        assert!(
            said.starts_with("its script writes: a.ps1 line 7 (POST /deviceAppManagement/mobileApps, sends no approval), a.ps1"),
            "{said}"
        );
        assert!(said.ends_with(", and 2 more; it is its script by the map that was given"), "{said}");
        assert_eq!(step(&[one]), "; begin with a.ps1 line 7");
        assert_eq!((reason(&[]), step(&[]).as_str()), (None, ""));
    }
}
