//! From a snapshot to reports and an exit status; what `scan`, `assess` and `demo` share.

use super::exit::{Failure, Status, could_not_run};
use super::governance::Governance;
use super::notifying::{Notifying, Teller};
use super::options::{Judging, Output};
use super::{output, tenant};
use crate::assess::{self, Assessment, FindingStatus};
use crate::catalogue::Catalogue;
use crate::report::{self, Contents, Outputs, Style};
use crate::runs::{self, Change, Run};
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
    outputs: Outputs,
    earlier: Option<Snapshot>,
    teller: Option<Teller>,
}

impl<'a> Prepared<'a> {
    /// Reads the user's plan, exclusions and settings, loads the rules and looks at where the reports go.
    pub(super) fn new(judging: &Judging, output: &'a Output) -> Result<Self, Failure> {
        let governance = Governance::load(&judging.governing)?;
        let options = assess::Options { register: governance.settings.register().map(<[_]>::to_vec), ..judging.options()? };
        let earlier = judging.baseline()?;
        let outputs = output.reports.prepare(output.out.as_deref())?;
        Ok(Self { options, output, governance, outputs, earlier, teller: None })
    }

    /// The same, which posts a notice once the reports are written.
    pub(super) fn notifying(self, notifying: &Notifying) -> Result<Self, Failure> {
        Ok(Self { teller: notifying.teller()?, ..self })
    }

    /// Ids that the user's files name.
    pub(super) fn listed(&self) -> BTreeSet<String> {
        listed(&self.options)
    }

    /// Judges a snapshot, writes the reports, prints the one that was asked for.
    pub(super) fn finish(&self, snapshot: &Snapshot, catalogue: &Catalogue) -> Result<Status, Failure> {
        let earlier = self.earlier.as_ref().map(|earlier| assess::baseline(earlier, catalogue));
        let assessment = self.assess(snapshot, catalogue, &assess::Options { baseline: earlier, ..self.options.clone() });
        let change = self.change(snapshot, &assessment, catalogue);
        let contents = Contents { assessment: &assessment, change: change.as_ref() };
        let written = self.outputs.write(&contents).map_err(could_not_run)?;
        // Who went away after reading enough still gets the reports and the status.
        match output::data(&self.render(&contents)?) {
            Ok(()) | Err(Failure::ReaderGone) => {}
            Err(failure) => return Err(failure),
        }
        for path in written {
            output::note(&format!("reports written to {}", path.display()));
        }
        if let Some(why) = unfit(&assessment) {
            output::note(&format!("warning: {why}: what is new cannot be told"));
        }
        assessment.unplaced.iter().for_each(|unplaced| output::note(unplaced));
        let whole = tenant::report_gaps(snapshot);
        if let Some(teller) = &self.teller {
            teller.tell(&contents, self.output.out.is_some());
        }
        Ok(self.status(&assessment, whole))
    }

    fn assess(&self, snapshot: &Snapshot, catalogue: &Catalogue, options: &assess::Options) -> Assessment {
        let mut assessment = assess::assess(snapshot, catalogue, options);
        self.governance.judge_for_reports(&mut assessment);
        assessment
    }

    /// What is different from the earlier run, judged by the same plan and the same rules. The user's file of exclusions tells
    /// of the tenant as it is now, so the earlier run is judged without it.
    fn change(&self, snapshot: &Snapshot, assessment: &Assessment, catalogue: &Catalogue) -> Option<Change> {
        let earlier = self.earlier.as_ref().filter(|_| unfit(assessment).is_none())?;
        let options = assess::Options { exclusions: Vec::new(), ..self.options.clone() };
        let before = self.assess(earlier, catalogue, &options);
        let earlier = Run { snapshot: earlier, assessment: &before };
        runs::compare(earlier, Run { snapshot, assessment }).ok()
    }

    fn render(&self, contents: &Contents<'_>) -> Result<Vec<u8>, Failure> {
        let style = Style { width: output::width(), colour: output::colour(), rest: self.outputs.rest(), ..Style::default() };
        let reports = &self.output.reports;
        report::render(reports.format, contents, style, reports.layout()).map_err(could_not_run)
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

/// Why the earlier snapshot cannot be compared with the run, if it cannot.
fn unfit(assessment: &Assessment) -> Option<&'static str> {
    let earlier = assessment.baseline.as_ref()?;
    earlier.unfit(&assessment.run.tenant_id, assessment.run.taken_at)
}
