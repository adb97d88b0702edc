//! From a snapshot to reports and an exit status; what `scan`, `assess` and `demo` share.

use super::exit::{Failure, Status, could_not_run};
use super::governance::Governance;
use super::history::{self, History, Keeping};
use super::notifying::{Notifying, Teller};
use super::options::{Judging, Output};
use super::{output, tenant};
use crate::assess::{self, Assessment, FindingStatus, Severity};
use crate::catalogue::Catalogue;
use crate::report::{self, Contents, Outputs, Style};
use crate::runs::{self, Change, Point, Run, Topic, What};
use crate::snapshot::{Snapshot, is_guid};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

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
    history: Option<History>,
    teller: Option<Teller>,
}

impl<'a> Prepared<'a> {
    /// Reads the user's plan, exclusions and settings, loads the rules and looks at where the reports go.
    /// `snapshot` is the file that is judged, if it is one.
    pub(super) fn new(judging: &Judging, output: &'a Output, keeping: &Keeping, snapshot: Option<&Path>) -> Result<Self, Failure> {
        let governance = Governance::load(&judging.governing)?;
        let options = assess::Options { register: governance.settings.register().map(<[_]>::to_vec), ..judging.options()? };
        let earlier = judging.baseline()?;
        if output.fail_on.only_new && earlier.is_none() && !keeping.is_on() {
            return Err(Failure::usage("--fail-on new:… has no earlier run to compare with", "add --baseline FILE or --store DIR"));
        }
        let history = keeping.open()?;
        let mut read = judging.files();
        read.extend(governance.config.iter().map(PathBuf::as_path).chain(snapshot).map(Path::to_owned));
        let outputs = output.reports.prepare(output.out.as_deref(), &read)?;
        Ok(Self { options, output, governance, outputs, earlier, history, teller: None })
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
        let past = self.history.as_ref().map(|history| history.past(snapshot)).transpose()?.unwrap_or_default();
        let earlier = self.earlier.as_ref().or(past.earlier.as_ref());
        let baseline = earlier.map(|earlier| assess::baseline(earlier, catalogue));
        let mut assessment = assess::assess(snapshot, catalogue, &assess::Options { baseline, ..self.options.clone() });
        let facts = self.governance.judge(&mut assessment);
        let older = if self.earlier.is_some() { Vec::new() } else { history::older(&past, snapshot) };
        let change = earlier.and_then(|earlier| self.change(earlier, &older, snapshot, &assessment, catalogue));
        self.governance.arrange(&facts, &mut assessment);
        drop(facts);
        let seen = self.history.is_some().then(|| history::mark(&past, &mut assessment));
        let trend = self.trend(past.points, &assessment);
        let contents = Contents { assessment: &assessment, change: change.as_ref(), trend: &trend };
        let written = self.outputs.write(&contents).map_err(could_not_run)?;
        if let Some((history, seen)) = self.history.as_ref().zip(seen.as_ref()) {
            history.keep(snapshot, &contents, seen)?;
        }
        // Who went away after reading enough still gets the reports and the status.
        match output::data(&self.render(&contents)?) {
            Ok(()) | Err(Failure::ReaderGone) => {}
            Err(failure) => return Err(failure),
        }
        for path in written {
            let what = if self.output.out.as_ref() == Some(&path) { "reports written to" } else { "written:" };
            output::note(&format!("{what} {}", path.display()));
        }
        if let Some(why) = unfit(&assessment) {
            output::note(&format!("warning: {why}: what is new cannot be told"));
        }
        assessment.unplaced.iter().for_each(|unplaced| output::note(unplaced));
        let whole = tenant::report_gaps(snapshot);
        if let Some(teller) = &self.teller {
            teller.tell(&contents, self.where_else());
        }
        Ok(self.status(&contents, whole))
    }

    /// What is different from the earlier run, judged by the same plan and the same rules. The user's file of exclusions tells
    /// of the tenant as it is now, so earlier runs are judged without it. `older` are runs before the earlier one, the newest first,
    /// for what that one could not tell.
    fn change(
        &self,
        earlier: &Snapshot,
        older: &[Snapshot],
        snapshot: &Snapshot,
        assessment: &Assessment,
        catalogue: &Catalogue,
    ) -> Option<Change> {
        if unfit(assessment).is_some() {
            return None;
        }
        let options = assess::Options { exclusions: Vec::new(), ..self.options.clone() };
        let judged = |snapshot| {
            let mut before = assess::assess(snapshot, catalogue, &options);
            self.governance.judge(&mut before);
            (snapshot, before)
        };
        let before: Vec<(&Snapshot, Assessment)> = std::iter::once(earlier).chain(older).map(judged).collect();
        let runs: Vec<Run<'_>> =
            before.iter().map(|(snapshot, assessment)| Run { snapshot, assessment, findings: &assessment.findings }).collect();
        let (earlier, older) = runs.split_first()?;
        runs::compare(*earlier, Run { snapshot, assessment, findings: &assessment.findings }, older).ok()
    }

    /// Where all of a change is told that a notice tells the beginning of.
    fn where_else(&self) -> String {
        match (&self.output.out, &self.history) {
            (Some(_), _) => "for all of it, see report.html or summary.md of this run".to_owned(),
            (None, Some(_)) => "for all of it: maascan diff --store with the store of this run".to_owned(),
            (None, None) => "for all of it, run with --out".to_owned(),
        }
    }

    fn render(&self, contents: &Contents<'_>) -> Result<Vec<u8>, Failure> {
        let style = Style { width: output::width(), colour: output::colour(), rest: self.outputs.rest(), ..Style::default() };
        let reports = &self.output.reports;
        report::render(reports.format, contents, style, reports.layout()).map_err(could_not_run)
    }

    /// The numbers of the runs that are kept, and of this one.
    fn trend(&self, mut points: Vec<Point>, assessment: &Assessment) -> Vec<Point> {
        if self.history.is_some() {
            points.push(Point { at: assessment.run.taken_at, numbers: runs::numbers(assessment) });
        }
        points
    }

    /// Findings count before gaps: who asked to fail on them asked for status 1.
    fn status(&self, contents: &Contents<'_>, whole: bool) -> Status {
        let fail_on = self.output.fail_on;
        let gravest = gravest(contents.assessment, fail_on.only_new.then_some(contents.change));
        if fail_on.only_new && contents.change.is_none() {
            output::note("nothing to compare with yet: no finding counts as new");
        }
        if fail_on.severity.is_some_and(|limit| gravest >= Some(limit)) {
            Status::Findings
        } else if whole || self.output.allow_incomplete {
            Status::Done
        } else {
            output::note(INCOMPLETE);
            Status::Incomplete
        }
    }
}

/// The gravest open finding; with a comparison, of those that were not there before.
fn gravest(assessment: &Assessment, since: Option<Option<&Change>>) -> Option<Severity> {
    let entries = since.flatten().into_iter().flat_map(|change| &change.entries);
    let new = entries.filter(|entry| entry.topic == Topic::Finding && entry.what == What::New);
    let new: BTreeSet<&str> = new.map(|entry| entry.key.as_str()).collect();
    let open = assessment.findings.iter().filter(|finding| finding.status == FindingStatus::Open);
    open.filter(|finding| since.is_none() || new.contains(finding.id.as_str())).map(|finding| finding.rule.severity).max()
}

/// Why the earlier snapshot cannot be compared with the run, if it cannot.
fn unfit(assessment: &Assessment) -> Option<&'static str> {
    let earlier = assessment.baseline.as_ref()?;
    earlier.unfit(&assessment.run.tenant_id, assessment.run.taken_at)
}
