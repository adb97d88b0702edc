//! From a snapshot to reports and an exit status; what `scan`, `assess` and `demo` share.

use super::exit::{Failure, Status, could_not_run, usage_error};
use super::governance::Governance;
use super::options::{Format, Judging, Output};
use super::{output, tenant};
use crate::assess::{self, Assessment, FindingStatus};
use crate::catalogue::Catalogue;
use crate::report::{self, Contents, Folder, OutputKind, Style};
use crate::snapshot::{Snapshot, is_guid};
use std::collections::BTreeSet;

/// Said at the end of a run that ends with status 3.
pub(super) const INCOMPLETE: &str = "not everything could be read: exit status 3; --allow-incomplete makes it 0";

/// Ids of applications that a file of exclusions, or a plan, names: to be looked up where the tenant is read.
pub(super) fn listed(options: &assess::Options) -> BTreeSet<String> {
    let file = options.exclusions.iter().flat_map(|line| &line.ids);
    let plan = options.plan.iter().flat_map(|gate| &gate.exclusions);
    file.chain(plan).filter(|id| is_guid(id.trim())).cloned().collect()
}

/// Everything that can be refused before the long work begins.
pub(super) struct Prepared<'a> {
    options: assess::Options,
    output: &'a Output,
    governance: Governance,
    folder: Option<Folder>,
}

impl<'a> Prepared<'a> {
    /// Reads the user's plan, exclusions and settings, loads the rules and checks the output folder.
    pub(super) fn new(judging: &Judging, output: &'a Output) -> Result<Self, Failure> {
        let governance = Governance::load(&judging.governing)?;
        let options = assess::Options { register: governance.settings.register().map(<[_]>::to_vec), ..judging.options()? };
        let folder = output.out.as_deref().map(Folder::prepare).transpose().map_err(usage_error)?;
        Ok(Self { options, output, governance, folder })
    }

    /// Ids that the user's files name.
    pub(super) fn listed(&self) -> BTreeSet<String> {
        listed(&self.options)
    }

    /// Judges a snapshot, writes the reports, prints the one that was asked for.
    pub(super) fn finish(&self, snapshot: &Snapshot, catalogue: &Catalogue) -> Result<Status, Failure> {
        let assessment = self.assess(snapshot, catalogue);
        if let Some(folder) = &self.folder {
            folder.write(&Contents::of(&assessment)).map_err(could_not_run)?;
        }
        // Who went away after reading enough still gets the reports and the status.
        match output::data(&self.render(&assessment)?) {
            Ok(()) | Err(Failure::ReaderGone) => {}
            Err(failure) => return Err(failure),
        }
        if let Some(path) = &self.output.out {
            output::note(&format!("reports written to {}", path.display()));
        }
        if let Some(why) = assessment.baseline.as_ref().and_then(|earlier| earlier.unfit(&snapshot.tenant_id, snapshot.taken_at)) {
            output::note(&format!("warning: {why}: what is new cannot be told"));
        }
        assessment.unplaced.iter().for_each(|unplaced| output::note(unplaced));
        let whole = tenant::report_gaps(snapshot);
        Ok(self.status(&assessment, whole))
    }

    fn assess(&self, snapshot: &Snapshot, catalogue: &Catalogue) -> Assessment {
        let mut assessment = assess::assess(snapshot, catalogue, &self.options);
        self.governance.judge_for_reports(&mut assessment);
        assessment
    }

    fn render(&self, assessment: &Assessment) -> Result<Vec<u8>, Failure> {
        let kind = match self.output.format {
            Format::Table => OutputKind::Table(Style { width: output::width(), colour: output::colour(), ..Style::default() }),
            Format::Json => OutputKind::Json,
            Format::Csv => OutputKind::Csv,
            Format::Markdown => OutputKind::Markdown,
        };
        report::render(kind, &Contents::of(assessment)).map_err(could_not_run)
    }

    /// Findings count before gaps: who asked to fail on them asked for status 1.
    fn status(&self, assessment: &Assessment, whole: bool) -> Status {
        let open = assessment.findings.iter().filter(|finding| finding.status == FindingStatus::Open);
        let gravest = open.map(|finding| finding.rule.severity).max();
        if self.output.fail_on.severity().is_some_and(|limit| gravest >= Some(limit)) {
            Status::Findings
        } else if whole || self.output.allow_incomplete {
            Status::Done
        } else {
            output::note(INCOMPLETE);
            Status::Incomplete
        }
    }
}
