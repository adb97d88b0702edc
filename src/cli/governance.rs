//! How the user governs the rules: `maascan.toml`, `--waivers`, `--profile`, `--rules`. What every command that runs rules
//! shares.

use super::exclusion_file;
use super::exit::{Failure, could_not_run, usage_error};
use super::output;
use crate::assess::{self, Assessment, facts};
use crate::rules::{self, Judgement, Profile, RuleSet, Settings};
use clap::Args;
use std::path::{Path, PathBuf};

/// The file that is taken where `--config` names none.
const USUAL: &str = "maascan.toml";

/// Most bytes of settings and of a file of waivers: some thousand waivers.
const LARGEST: u64 = 1 << 20;

/// The arguments.
#[derive(Debug, Default, Args)]
pub(super) struct Governing {
    /// Thresholds of the rules: default, cis-v7 or scuba; default: what the settings say, else default
    #[arg(long, value_name = "NAME", value_parser = profile)]
    pub(super) profile: Option<Profile>,
    /// Folder with rules of your own, added to the built-in ones
    #[arg(long, value_name = "DIR")]
    pub(super) rules: Option<PathBuf>,
    /// Settings: profile, severities, thresholds, rules switched off, waivers, register of exclusions; default: maascan.toml in
    /// the working folder, if it is there
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Further waivers, in [[waiver]] tables of TOML
    #[arg(long, value_name = "FILE")]
    pub(super) waivers: Option<PathBuf>,
}

fn profile(name: &str) -> Result<Profile, String> {
    let words = Profile::ALL.map(Profile::word).join(", ");
    Profile::from_word(name).ok_or_else(|| format!("profiles are: {words}"))
}

/// Rules and settings, read and held against each other.
#[derive(Debug)]
pub(super) struct Governance {
    /// The built-in rules and the user's, as they are.
    all: RuleSet,
    /// Ids of the user's own.
    own: Vec<String>,
    /// The rules as they are to run.
    rules: RuleSet,
    /// The settings.
    pub(super) settings: Settings,
    /// The file of the settings, if there is one.
    pub(super) config: Option<PathBuf>,
    profile: Profile,
}

impl Governance {
    /// Reads what the arguments name. Says on standard error which settings were found without being named.
    ///
    /// # Errors
    /// A file that cannot be read, or every problem of the settings: the user's fault.
    pub(super) fn load(governing: &Governing) -> Result<Self, Failure> {
        let (all, own) = all_rules(governing.rules.as_deref())?;
        let config = governing.config.clone().or_else(usual);
        let settings = Self::settings(config.as_deref(), governing.waivers.as_deref(), &all)?;
        if governing.config.is_none() && config.is_some() {
            output::note(&format!("settings of the rules from ./{USUAL}"));
        }
        let profile = governing.profile.or(settings.profile()).unwrap_or_default();
        Ok(Self { rules: settings.govern(all.clone()), all, own, settings, config, profile })
    }

    /// Reads the settings and a file of further waivers, and holds them against all rules that there are.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub(super) fn settings(config: Option<&Path>, waivers: Option<&Path>, all: &RuleSet) -> Result<Settings, Failure> {
        let (text, further) = (config.map(read).transpose()?, waivers.map(read).transpose()?);
        Settings::read(config.zip(text.as_deref()), waivers.zip(further.as_deref()), all).map_err(usage_error)
    }

    /// Runs the rules on an assessment, applies the waivers, and notes in it under which settings. Gives the facts that the
    /// rules saw.
    pub(super) fn judge(&self, assessment: &mut Assessment) -> Vec<facts::Fact> {
        let today = assessment.run.taken_at.date_naive();
        let facts = facts::facts(assessment);
        let Judgement { findings, waivers } = rules::judge(&self.rules, self.profile, &facts, self.settings.waivers(), today);
        assessment.findings = findings;
        assessment.settings = self.settings.applied(&self.all, self.profile);
        assessment.settings.own_rules.clone_from(&self.own);
        assessment.settings.waivers = waivers;
        facts
    }

    /// What reports make of the findings that [`Self::judge`] left, and of the facts that it gave: which exclusion to look at
    /// first, and what can be told of no object said once. In that order, for what cannot be told of an application counts there.
    pub(super) fn arrange(&self, facts: &[facts::Fact], assessment: &mut Assessment) {
        assessment.exposures = assess::exposures(assessment);
        assessment.findings = rules::told_once(&self.rules, facts, std::mem::take(&mut assessment.findings));
    }
}

/// The built-in rules with the user's, and the ids of the latter.
pub(super) fn all_rules(folder: Option<&Path>) -> Result<(RuleSet, Vec<String>), Failure> {
    let builtin = RuleSet::builtin().map_err(could_not_run)?;
    let Some(folder) = folder else { return Ok((builtin, Vec::new())) };
    let own = RuleSet::load_dir(folder).map_err(usage_error)?;
    let ids = own.rules().iter().map(|rule| rule.id().to_owned()).collect();
    Ok((builtin.merged(own).map_err(usage_error)?, ids))
}

/// The settings of the working folder. Whatever stands there by that name is tried, so that one that cannot be read is told.
fn usual() -> Option<PathBuf> {
    let path = Path::new(USUAL);
    path.symlink_metadata().is_ok().then(|| path.to_owned())
}

fn read(path: &Path) -> Result<String, Failure> {
    let bytes = exclusion_file::read(path, LARGEST)?;
    String::from_utf8(bytes).map_err(|_| Failure::usage(format!("not UTF-8: {}", path.display()), "save the file as UTF-8"))
}
