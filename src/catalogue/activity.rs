//! What an Intune audit event says was written, by the vocabulary in `rules/catalogue/audit-activities.toml`.

use super::sources::{Checked, parse};
use super::{Error, Platform, Sure, Workload};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

const FILE: &str = "audit-activities.toml";

/// What an audit event says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Activity {
    /// A protected workload was written.
    Write {
        /// Which.
        workload: Workload,
        /// On which platform, if the names tell.
        platform: Option<Platform>,
        /// How sure the vocabulary is of the name; inferred where only a resource has it.
        sure: Sure,
    },
    /// Something was written that no policy protects.
    Unprotected,
    /// Something was read.
    Read,
    /// The vocabulary does not have it.
    Unmapped,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    sources: BTreeMap<String, String>,
    verbs: Vec<String>,
    reading_verbs: Vec<String>,
    #[serde(rename = "type")]
    types: Vec<TypeEntry>,
    unprotected: Vec<UnprotectedEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TypeEntry {
    tokens: Vec<String>,
    #[serde(default)]
    parts: Vec<String>,
    workload: Option<Workload>,
    #[serde(default)]
    verbs: BTreeMap<String, Workload>,
    #[serde(default)]
    guessed_verbs: BTreeMap<String, Workload>,
    #[serde(default)]
    unprotected_verbs: Vec<String>,
    platform: Option<Platform>,
    sure: Sure,
    source: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UnprotectedEntry {
    tokens: Vec<String>,
    #[serde(default)]
    parts: Vec<String>,
    source: Vec<String>,
}

/// What a name of a type means.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Meaning {
    /// A write to it is a write to this workload.
    Protected { workload: Workload, platform: Option<Platform>, sure: Sure },
    /// The verb, in lower case, decides; None for one that is known to write nothing protected.
    ByVerb(BTreeMap<String, Option<(Workload, Sure)>>),
    /// Nothing protects it.
    Unprotected,
}

/// The vocabulary.
#[derive(Debug)]
pub(super) struct Vocabulary {
    /// By name in lower case.
    meanings: BTreeMap<String, Meaning>,
    /// In lower case, longest first, so that `createCopy` is tried before `create`.
    verbs: Vec<String>,
    reading_verbs: BTreeSet<String>,
}

/// Reads and checks the file; gives its sources too.
pub(super) fn load(text: &str) -> Result<(Vocabulary, BTreeMap<String, String>), Error> {
    let file: File = parse(FILE, text)?;
    let mut checked = Checked::new(FILE, &file.sources);
    let mut meanings = BTreeMap::new();
    for entry in &file.types {
        entry.source.iter().try_for_each(|key| checked.cite(key))?;
        let meaning = meaning(entry, &checked)?;
        add(&mut meanings, &entry.tokens, &entry.parts, &meaning, &checked)?;
    }
    for entry in &file.unprotected {
        entry.source.iter().try_for_each(|key| checked.cite(key))?;
        add(&mut meanings, &entry.tokens, &entry.parts, &Meaning::Unprotected, &checked)?;
    }
    checked.finish()?;
    let vocabulary =
        Vocabulary { verbs: verbs(&file), reading_verbs: file.reading_verbs.iter().map(|verb| verb.to_lowercase()).collect(), meanings };
    Ok((vocabulary, file.sources))
}

fn meaning(entry: &TypeEntry, checked: &Checked<'_>) -> Result<Meaning, Error> {
    let label = || entry.tokens.join(", ");
    checked.platform(entry.platform.as_ref())?;
    entry.verbs.values().chain(entry.guessed_verbs.values()).chain(&entry.workload).try_for_each(|workload| checked.workload(workload))?;
    let by_verb = !entry.verbs.is_empty() || !entry.guessed_verbs.is_empty();
    match &entry.workload {
        Some(workload) if !by_verb && entry.unprotected_verbs.is_empty() => {
            Ok(Meaning::Protected { workload: workload.clone(), platform: entry.platform.clone(), sure: entry.sure })
        }
        None if by_verb && entry.parts.is_empty() => {
            let seen = entry.verbs.iter().map(|(verb, workload)| (verb, Some((workload.clone(), entry.sure))));
            let guessed = entry.guessed_verbs.iter().map(|(verb, workload)| (verb, Some((workload.clone(), Sure::Inferred))));
            let others = entry.unprotected_verbs.iter().map(|verb| (verb, None));
            Ok(Meaning::ByVerb(others.chain(guessed).chain(seen).map(|(verb, writes)| (verb.to_lowercase(), writes)).collect()))
        }
        _ => Err(checked.wrong(format!("needs either a workload or verbs: {}", label()))),
    }
}

fn add(
    meanings: &mut BTreeMap<String, Meaning>,
    tokens: &[String],
    parts: &[String],
    meaning: &Meaning,
    checked: &Checked<'_>,
) -> Result<(), Error> {
    for token in tokens {
        for part in std::iter::once("").chain(parts.iter().map(String::as_str)) {
            let name = format!("{token}{part}").to_lowercase();
            let old = meanings.insert(name, meaning.clone());
            checked.require(old.is_none(), || format!("name is there twice: {token}{part}"))?;
        }
    }
    Ok(())
}

fn verbs(file: &File) -> Vec<String> {
    let of_types = file.types.iter().flat_map(|entry| entry.verbs.keys().chain(entry.guessed_verbs.keys()).chain(&entry.unprotected_verbs));
    let all: BTreeSet<String> = file.verbs.iter().chain(of_types).map(|verb| verb.to_lowercase()).collect();
    let mut verbs: Vec<String> = all.into_iter().collect();
    verbs.sort_by_key(|verb| std::cmp::Reverse(verb.len()));
    verbs
}

/// A type that an activity names, and the verb before it, both in lower case.
struct Named<'v> {
    verb: String,
    token_length: usize,
    meaning: &'v Meaning,
}

impl Vocabulary {
    /// See [`super::Catalogue::activity`].
    pub(super) fn activity(&self, activity_type: Option<&str>, operation: Option<&str>, resource_types: &[&str]) -> Activity {
        let operation = operation.map(|word| word.trim().to_lowercase()).filter(|word| !word.is_empty());
        let activity_type = activity_type.unwrap_or("");
        if operation.as_deref().map_or_else(|| self.begins_by_reading(activity_type), |word| word == "get") {
            return Activity::Read;
        }
        let operation = operation.unwrap_or_default();
        if let Some(named) = self.named(activity_type) {
            let verb = if named.verb.is_empty() { &operation } else { &named.verb };
            return concluded(named.meaning, verb, self.platform_of(resource_types));
        }
        let verb = self.leading_verb(activity_type).map_or(operation.as_str(), |verb| verb);
        self.of_resources(resource_types).map_or(Activity::Unmapped, |meaning| {
            let activity = concluded(meaning, verb, self.platform_of(resource_types));
            match activity {
                Activity::Write { workload, platform, .. } => Activity::Write { workload, platform, sure: Sure::Inferred },
                other => other,
            }
        })
    }

    /// Names of types that the vocabulary has, in lower case, with the platform that each tells.
    pub(super) fn type_names(&self) -> impl Iterator<Item = (&str, Option<&Platform>)> {
        self.meanings.iter().map(|(name, meaning)| match meaning {
            Meaning::Protected { platform, .. } => (name.as_str(), platform.as_ref()),
            Meaning::ByVerb(_) | Meaning::Unprotected => (name.as_str(), None),
        })
    }

    fn get(&self, name: &str) -> Option<&Meaning> {
        self.meanings.get(name)
    }

    /// The longest type that an activity names.
    fn named(&self, activity_type: &str) -> Option<Named<'_>> {
        let mut best: Option<Named<'_>> = None;
        let mut before = String::new();
        for word in words(activity_type) {
            let found = self.whole(word, &before).or_else(|| self.after_verb(word)).or_else(|| self.after_camel(word));
            best = longer(best, found);
            before.push_str(&word.to_lowercase());
        }
        best
    }

    fn whole(&self, word: &str, before: &str) -> Option<Named<'_>> {
        let meaning = self.get(&word.to_lowercase())?;
        Some(Named { verb: before.to_owned(), token_length: word.len(), meaning })
    }

    /// `createMobileApp`, with a verb that is known.
    fn after_verb(&self, word: &str) -> Option<Named<'_>> {
        let word = word.to_lowercase();
        let found = self.verbs.iter().filter_map(|verb| {
            let rest = word.strip_prefix(verb.as_str())?;
            Some(Named { verb: verb.clone(), token_length: rest.len(), meaning: self.get(rest)? })
        });
        found.reduce(|best, next| if next.token_length > best.token_length { next } else { best })
    }

    /// `synchroniseMobileApp`: a verb that is not known, told by its small letters. A name that begins with a capital is a
    /// whole name, of which no part may be taken.
    fn after_camel(&self, word: &str) -> Option<Named<'_>> {
        let at = word.find(|letter: char| letter.is_uppercase()).filter(|at| *at > 0)?;
        let (verb, rest) = word.split_at_checked(at)?;
        Some(Named { verb: verb.to_lowercase(), token_length: rest.len(), meaning: self.get(&rest.to_lowercase())? })
    }

    fn of_resources(&self, resource_types: &[&str]) -> Option<&Meaning> {
        let known = resource_types.iter().filter_map(|kind| {
            let name = words(kind).last()?.to_lowercase();
            let meaning = self.get(&name)?;
            Some((!matches!(meaning, Meaning::Unprotected), name.len(), meaning))
        });
        known.reduce(|best, next| if (next.0, next.1) > (best.0, best.1) { next } else { best }).map(|(_, _, meaning)| meaning)
    }

    /// The platform that resource types tell, if they tell one and not several.
    fn platform_of(&self, resource_types: &[&str]) -> Option<Platform> {
        let told = resource_types.iter().filter_map(|kind| match self.get(&words(kind).last()?.to_lowercase())? {
            Meaning::Protected { platform, .. } => platform.as_ref(),
            Meaning::ByVerb(_) | Meaning::Unprotected => None,
        });
        let told: BTreeSet<&Platform> = told.collect();
        told.first().filter(|_| told.len() == 1).map(|platform| (*platform).clone())
    }

    fn leading_verb(&self, activity_type: &str) -> Option<&str> {
        let first = words(activity_type).next()?.to_lowercase();
        self.verbs.iter().find(|verb| first == **verb).map(String::as_str)
    }

    /// Whether an activity reads, by its first word or the small letters that it begins with.
    fn begins_by_reading(&self, activity_type: &str) -> bool {
        let first = words(activity_type).next().unwrap_or("");
        let small =
            first.find(|letter: char| letter.is_uppercase()).filter(|at| *at > 0).map_or(first, |at| first.get(..at).unwrap_or(first));
        self.reading_verbs.contains(&small.to_lowercase())
    }
}

/// Words of letters and digits; what a namespace or a `#` separates counts as words of its own.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty())
}

fn longer<'v>(best: Option<Named<'v>>, next: Option<Named<'v>>) -> Option<Named<'v>> {
    match (best, next) {
        (Some(best), Some(next)) if next.token_length > best.token_length => Some(next),
        (None, next) => next,
        (best, _) => best,
    }
}

fn concluded(meaning: &Meaning, verb: &str, told: Option<Platform>) -> Activity {
    match meaning {
        Meaning::Protected { workload, platform, sure } => {
            Activity::Write { workload: workload.clone(), platform: platform.clone().or(told), sure: *sure }
        }
        Meaning::ByVerb(verbs) => match verbs.get(verb) {
            Some(Some((workload, sure))) => Activity::Write { workload: workload.clone(), platform: None, sure: *sure },
            Some(None) => Activity::Unprotected,
            None => Activity::Unmapped,
        },
        Meaning::Unprotected => Activity::Unprotected,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Catalogue;
    use super::*;

    fn of(activity_type: &str, operation: &str, resources: &[&str]) -> Activity {
        let operation = (!operation.is_empty()).then_some(operation);
        Catalogue::builtin().unwrap().activity(Some(activity_type), operation, resources)
    }

    fn workload(activity: &Activity) -> Option<&Workload> {
        match activity {
            Activity::Write { workload, .. } => Some(workload),
            _ => None,
        }
    }

    #[test]
    fn published_samples_map_in_both_styles() {
        for (activity, expected) in [
            ("Create MobileApp", Workload::App),
            ("createDeviceManagementScript", Workload::Script),
            ("assignDeviceManagementScript", Workload::Script),
            ("deleteDeviceManagementScript", Workload::Script),
            ("Create DeviceManagementScript", Workload::Script),
            ("Create DeviceManagementConfigurationPolicyAssignment", Workload::ConfigurationPolicy),
            ("Delete DeviceManagementConfigurationPolicy", Workload::ConfigurationPolicy),
            ("wipe ManagedDevice", Workload::DeviceWipe),
            ("retire ManagedDevice", Workload::DeviceRetire),
            ("Delete ManagedDevice", Workload::DeviceDelete),
            ("deleteManagedDevice", Workload::DeviceDelete),
            ("Patch RoleDefinition", Workload::Role),
            ("Create RoleAssignment", Workload::Role),
            ("Create DeviceAndAppManagementRoleAssignment", Workload::Role),
            ("Patch DeviceCategory", Workload::TenantConfiguration),
            ("Create DeviceHealthScriptAssignment", Workload::Script),
            ("Assign DeviceCompliancePolicy", Workload::CompliancePolicy),
            ("Create OperationApprovalPolicy", Workload::OperationApprovalPolicy),
            ("Create MobileAppAssignment", Workload::App),
            ("#microsoft.management.services.api.MobileApp", Workload::App),
        ] {
            for written in [activity.to_owned(), activity.to_uppercase(), activity.to_lowercase()] {
                assert_eq!(workload(&of(&written, "Action", &[])), Some(&expected), "{written}");
            }
        }
    }

    #[test]
    fn a_verb_that_is_not_known_is_told_by_letter_case() {
        assert_eq!(workload(&of("synchroniseMobileApp", "Action", &[])), Some(&Workload::App));
        assert_eq!(of("synchronisemobileapp", "Action", &[]), Activity::Unmapped);
    }

    #[test]
    fn neighbours_are_known_and_not_protected() {
        for activity in [
            "Create DeviceEnrollmentConfiguration",
            "Patch ManagedAppPolicy",
            "Create IosManagedAppProtection",
            "Delete DeviceConfiguration",
            "Create DeviceConfigurationAssignment",
            "createMobileAppConfiguration",
            "Create ManagedDeviceMobileAppConfiguration",
            "Delete WindowsAutopilotDeviceIdentity",
            "Patch GroupPolicyConfiguration",
            "Create DeviceManagementIntent",
            "Create MobileAppCategory",
            "syncDevice ManagedDevice",
            "rebootNow ManagedDevice",
            "Patch ManagedDevice",
            "Create OperationApprovalRequest",
            "approve OperationApprovalRequest",
        ] {
            assert_eq!(of(activity, "Action", &[]), Activity::Unprotected, "{activity}");
        }
    }

    #[test]
    fn only_a_whole_name_counts() {
        for activity in [
            "Create EnterpriseMobileApp",
            "createEnterpriseMobileApp",
            "Create MobileAppThing",
            "Create Mobile",
            "obliterate ManagedDevice",
            "",
        ] {
            assert_eq!(of(activity, "Create", &[]), Activity::Unmapped, "{activity}");
        }
        for undecided in ["Create DeviceShellScript", "Create RoleScopeTag", "Create PolicySet", "createDeviceComplianceScript"] {
            assert_eq!(of(undecided, "Create", &[]), Activity::Unmapped, "{undecided}");
        }
    }

    #[test]
    fn reads_are_reads() {
        assert_eq!(of("Create MobileApp", "Get", &[]), Activity::Read);
        assert_eq!(of("Get MobileApp", "", &[]), Activity::Read);
        assert_eq!(of("getMobileApp", "", &[]), Activity::Read);
        assert_eq!(of("getFileVaultKey ManagedDevice", "Action", &[]), Activity::Unprotected);
        assert_ne!(of("Create MobileApp", "Create", &[]), Activity::Read);
    }

    #[test]
    fn resources_tell_the_platform() {
        for (kind, expected) in [
            ("Win32LobApp", Some(Platform::Windows)),
            ("WinGetApp", Some(Platform::Windows)),
            ("#microsoft.graph.win32LobApp", Some(Platform::Windows)),
            ("MacOSLobApp", Some(Platform::MacOs)),
            ("MacOSDmgApp", Some(Platform::MacOs)),
            ("MacOSPkgApp", Some(Platform::MacOs)),
            ("IosVppApp", Some(Platform::Ios)),
            ("IosLobApp", Some(Platform::Ios)),
            ("AndroidLobApp", None),
            ("AndroidManagedStoreApp", Some(Platform::AndroidEnterprise)),
            ("WebApp", None),
            ("SomethingNew", None),
        ] {
            let expected = Activity::Write { workload: Workload::App, platform: expected, sure: Sure::Observed };
            assert_eq!(of("Create MobileApp", "Create", &[kind]), expected, "{kind}");
        }
        let several = of("Create MobileApp", "Create", &["Win32LobApp", "IosLobApp"]);
        assert!(matches!(several, Activity::Write { platform: None, .. }), "{several:?}");
    }

    #[test]
    fn resources_stand_in_for_a_type_that_is_not_named() {
        let catalogue = Catalogue::builtin().unwrap();
        let write = |workload, platform| Activity::Write { workload, platform, sure: Sure::Inferred };
        assert_eq!(catalogue.activity(None, Some("Create"), &["Win32LobApp"]), write(Workload::App, Some(Platform::Windows)));
        assert_eq!(
            catalogue.activity(Some("Frobnicate"), Some("Action"), &["Other", "DeviceHealthScript"]),
            write(Workload::Script, Some(Platform::Windows))
        );
        assert_eq!(catalogue.activity(None, Some("Delete"), &["ManagedDevice"]), write(Workload::DeviceDelete, None));
        assert_eq!(catalogue.activity(Some("wipe"), Some("Action"), &["ManagedDevice"]), write(Workload::DeviceWipe, None));
        assert_eq!(catalogue.activity(None, Some("Action"), &["ManagedDevice"]), Activity::Unmapped);
        assert_eq!(catalogue.activity(None, Some("Create"), &["DeviceEnrollmentLimitConfiguration"]), Activity::Unprotected);
        assert_eq!(catalogue.activity(None, Some("Create"), &[]), Activity::Unmapped);
        assert_eq!(
            catalogue.activity(Some("Create DeviceEnrollmentConfiguration"), Some("Create"), &["MobileApp"]),
            Activity::Unprotected,
            "the activity decides"
        );
    }

    #[test]
    fn a_part_beside_its_whole_is_one_write() {
        let resources = ["DeviceManagementConfigurationPolicy", "DeviceManagementConfigurationPolicyAssignment"];
        let found = of("Create DeviceManagementConfigurationPolicyAssignment", "Create", &resources);
        assert_eq!(found, Activity::Write { workload: Workload::ConfigurationPolicy, platform: None, sure: Sure::Observed });
    }

    #[test]
    fn a_file_that_contradicts_itself_is_refused() {
        let head = "verbs = []\nreading_verbs = []\n[sources]\nS = \"s\"\n";
        let entry = |members: &str| format!("[[type]]\ntokens = [\"A\"]\nsure = \"inferred\"\nsource = [\"S\"]\n{members}\n");
        let other = "[[unprotected]]\ntokens = [\"B\"]\nsource = [\"S\"]\n";
        assert!(load(&format!("{head}{}{other}", entry("workload = \"app\""))).is_ok());
        for members in
            ["", "workload = \"apps\"", "workload = \"app\"\nverbs = { wipe = \"deviceWipe\" }", "workload = \"app\"\nplatform = \"plan9\""]
        {
            assert!(load(&format!("{head}{}{other}", entry(members))).is_err(), "{members}");
        }
        assert!(load(&format!("{head}{}{}", entry("workload = \"app\""), other.replace("\"B\"", "\"a\""))).is_err(), "twice");
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_answered(activity in ".{0,60}", operation in proptest::option::of(".{0,12}"), kinds in proptest::collection::vec(".{0,30}", 0..3)) {
            let catalogue = catalogue();
            let kinds: Vec<&str> = kinds.iter().map(String::as_str).collect();
            let _ = catalogue.activity(Some(&activity), operation.as_deref(), &kinds);
        }

        #[test]
        fn an_unknown_suffix_never_maps(token in "(MobileApp|DeviceManagementScript|RoleAssignment|DeviceCategory)", suffix in "[A-Z][a-z]{5,9}Q") {
            let found = catalogue().activity(Some(&format!("Create {token}{suffix}")), Some("Create"), &[]);
            proptest::prop_assert_eq!(found, Activity::Unmapped);
        }
    }

    fn catalogue() -> &'static Catalogue {
        static ONCE: std::sync::OnceLock<Catalogue> = std::sync::OnceLock::new();
        ONCE.get_or_init(|| Catalogue::builtin().unwrap())
    }
}
