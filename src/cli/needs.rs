//! What each dataset and permission is good for: the table of datasets joined with what verdicts and rules take from them. What
//! `permissions` and `doctor` share.

use super::exit::{Failure, could_not_run};
use crate::assess::facts::EntityKind;
use crate::assess::verdicts_without;
use crate::rules::RuleSet;
use crate::snapshot::{Dataset, ReadPermission};
use std::collections::BTreeSet;

/// What is lost without a permission.
#[derive(Debug)]
pub(super) struct Need {
    /// The permission.
    pub(super) permission: ReadPermission,
    /// Whether a run without it is still a whole run.
    pub(super) optional: bool,
    /// Datasets that it reads, or without which they are not whole.
    pub(super) datasets: Vec<Dataset>,
    /// What verdicts lose.
    pub(super) verdicts: Vec<&'static str>,
    /// Ids of the built-in rules that are undetermined without it.
    pub(super) rules: BTreeSet<String>,
}

impl Need {
    /// What it is read for, each once.
    pub(super) fn purposes(&self) -> Vec<&'static str> {
        self.datasets.iter().map(|dataset| dataset.about().purpose).collect()
    }

    /// What is lost, in words.
    pub(super) fn blinded(&self) -> String {
        blinded(self.verdicts.iter().copied(), &self.rules)
    }
}

/// Every permission, the least set first.
pub(super) fn needs() -> Result<Vec<Need>, Failure> {
    let rules = RuleSet::builtin().map_err(could_not_run)?;
    Ok(ReadPermission::ALL.into_iter().map(|permission| need(permission, &rules)).collect())
}

fn need(permission: ReadPermission, rules: &RuleSet) -> Need {
    let read: Vec<Dataset> = Dataset::ALL.into_iter().filter(|dataset| dataset.about().permission == permission).collect();
    let also = Dataset::ALL.into_iter().filter(|dataset| dataset.about().also.contains(&permission));
    let datasets: Vec<Dataset> = read.iter().copied().chain(also).collect();
    Need {
        permission,
        optional: datasets.iter().all(|dataset| dataset.is_optional()),
        verdicts: read.iter().filter_map(|dataset| verdicts_without(*dataset)).collect(),
        rules: read.iter().flat_map(|dataset| rules_without(*dataset, rules)).collect(),
        datasets,
    }
}

/// Ids of the rules that are undetermined without a dataset. Every rule is about what access policies say, but those on waivers.
pub(super) fn rules_without(dataset: Dataset, rules: &RuleSet) -> BTreeSet<String> {
    let of_tenant = rules.rules().iter().filter(|rule| rule.entity() != EntityKind::Waiver);
    let concerned = of_tenant.filter(|rule| dataset == Dataset::AccessPolicies || rule.requires().contains(&dataset));
    concerned.map(|rule| rule.id().to_owned()).collect()
}

/// What is lost, in words: of verdicts, and how many rules cannot tell.
pub(super) fn blinded<'a>(verdicts: impl Iterator<Item = &'a str>, rules: &BTreeSet<String>) -> String {
    let rules = match rules.len() {
        0 => None,
        1 => Some("1 rule is undetermined".to_owned()),
        count => Some(format!("{count} rules are undetermined")),
    };
    let parts: Vec<String> = verdicts.map(str::to_owned).chain(rules).collect();
    if parts.is_empty() { "no verdict or rule needs it".to_owned() } else { parts.join("; ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_permission_serves_a_dataset_and_every_dataset_has_one() {
        let needs = needs().unwrap();
        assert!(needs.iter().all(|need| !need.datasets.is_empty()));
        for dataset in Dataset::ALL {
            assert!(needs.iter().any(|need| need.datasets.contains(&dataset)), "{dataset}");
        }
        let optional: Vec<&str> = needs.iter().filter(|need| need.optional).map(|need| need.permission.name()).collect();
        assert_eq!(optional, ["User.Read.All", "IdentityRiskyServicePrincipal.Read.All", "Organization.Read.All", "Directory.Read.All"]);
    }

    #[test]
    fn what_is_lost_is_told() {
        let needs = needs().unwrap();
        let of = |permission| needs.iter().find(|need| need.permission == permission).unwrap().blinded();
        assert!(of(ReadPermission::IntuneRbac).contains("every verdict is unknown"));
        assert!(of(ReadPermission::AuditLog).contains("dormant") && of(ReadPermission::AuditLog).contains("rule"));
        assert!(of(ReadPermission::Directory).contains("undetermined"));
        assert_eq!(blinded(std::iter::empty(), &BTreeSet::new()), "no verdict or rule needs it");
    }
}
