//! What verdicts of a large tenant have in common stands once. Hundreds of automations get the same verdict behind the same gate,
//! with the same doubts and the same ways out: that is a case, which verdicts link to, and which the script puts back where they
//! are unfolded.

use super::automations::shared;
use super::foreign::counted;
use super::index::Index;
use crate::assess::{Assessment, Verdict};
use crate::catalogue::Workload;
use crate::snapshot::AppId;
use maud::{Markup, PreEscaped, html};
use std::collections::{BTreeMap, BTreeSet};

/// So many times something occurs before it stands once.
const OFTEN: usize = 3;

/// The cases; empty in a tenant that is not large.
#[derive(Default)]
pub(super) struct Cases<'a> {
    /// What each case says, and in how many rows.
    cases: Vec<(String, usize)>,
    places: BTreeMap<(&'a AppId, &'a Workload), usize>,
    /// Grounds that occur often and so belong to cases.
    common: BTreeSet<&'a str>,
}

impl<'a> Cases<'a> {
    /// The cases of an assessment. What is common is told first, since cases are made of it.
    pub(super) fn new(index: &Index<'a>) -> Self {
        let mut by_text: BTreeMap<String, Vec<&'a Verdict>> = BTreeMap::new();
        for verdict in &index.assessment.verdicts {
            by_text.entry(shared(index, verdict).into_string()).or_default().push(verdict);
        }
        let (mut cases, mut places) = (Vec::new(), BTreeMap::new());
        for (text, verdicts) in by_text.into_iter().filter(|(_, verdicts)| verdicts.len() >= OFTEN) {
            cases.push((text, verdicts.len()));
            let number = cases.len();
            places.extend(verdicts.into_iter().map(|verdict| ((&verdict.app_id, &verdict.workload), number)));
        }
        Self { cases, places, common: common(index.assessment) }
    }

    /// No cases yet, but what is common.
    pub(super) fn begin(assessment: &'a Assessment) -> Self {
        Self { common: common(assessment), ..Self::default() }
    }

    /// The number of the case of a verdict, if it shares one.
    pub(super) fn case(&self, verdict: &Verdict) -> Option<usize> {
        self.places.get(&(&verdict.app_id, &verdict.workload)).copied()
    }

    /// Whether a ground belongs to cases.
    pub(super) fn is_common(&self, reason: &str) -> bool {
        self.common.contains(reason)
    }

    /// The block that has them.
    pub(super) fn block(&self) -> Markup {
        html! {
            @if !self.cases.is_empty() {
                div class="panel" id="cases" {
                    h3 { "Cases" }
                    p class="quiet" { "What several verdicts have in common." }
                    @for (at, (text, rows)) in self.cases.iter().enumerate() {
                        div class="verdict" { h4 { "Case " (at + 1) ", " (counted(*rows, "row", "rows")) } div id={ "g" (at + 1) } { (PreEscaped(text)) } }
                    }
                }
            }
        }
    }
}

/// Grounds that occur often.
fn common(assessment: &Assessment) -> BTreeSet<&str> {
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    for reason in assessment.verdicts.iter().flat_map(|verdict| &verdict.reasons) {
        *times.entry(reason).or_default() += 1;
    }
    times.into_iter().filter(|(_, times)| *times >= OFTEN).map(|(reason, _)| reason).collect()
}
