//! The page that documents rules, in Markdown: made from the rules themselves and from the fields that they may use, so that it
//! cannot say anything else than they do. `rules/README.md` is this page for the built-in rules.

use super::{Profile, Rule, RuleSet, expr, file};
use crate::assess::facts::{EntityKind, Field, FieldType};
use crate::assess::{Confidence, Severity};
use std::collections::BTreeMap;
use std::fmt::Write;

/// What stands before the table of contents.
const PREFACE: &str = "\
# Rules

What `maascan` asks of a tenant, and what each answer means. This page is made from the rules (`maascan rules document`); a test
fails when it differs from them.

A rule fires, is clear, or is undetermined: what could not be read makes no rule clear. Severities and thresholds can be changed
and rules switched off in `maascan.toml` ([below](#governing-rules)); every report says so.
";

/// The page of these rules.
#[must_use]
pub fn handbook(rules: &RuleSet) -> String {
    let groups = groups(rules);
    let mut page = format!("{PREFACE}\n{}", contents(&groups));
    for (group, rules) in &groups {
        let _ = write!(page, "\n## Group {}\n", text(group));
        rules.iter().for_each(|rule| page.push_str(&section(rule)));
    }
    page.push_str(GOVERNING);
    page.push_str(&own_rules());
    page.push_str(&entities());
    page
}

/// Rules by the folder of their file, and within it gravest first.
fn groups(rules: &RuleSet) -> BTreeMap<&str, Vec<&Rule>> {
    let mut groups: BTreeMap<&str, Vec<&Rule>> = BTreeMap::new();
    for rule in rules.rules() {
        groups.entry(rule.group()).or_default().push(rule);
    }
    for rules in groups.values_mut() {
        rules.sort_by_key(|rule| (std::cmp::Reverse(rule.severity()), rule.id()));
    }
    groups
}

fn contents(groups: &BTreeMap<&str, Vec<&Rule>>) -> String {
    let mut contents = String::new();
    for (group, rules) in groups {
        let _ = writeln!(contents, "**{}**\n\n| Rule | Severity | About | Title |\n|---|---|---|---|", text(group));
        for rule in rules {
            let (id, severity, about, title) = (rule.id(), rule.severity(), rule.entity().word(), cell(rule.title()));
            let _ = writeln!(contents, "| [{id}](#{id}) | {severity} | [{about}](#{about}) | {title} |");
        }
        contents.push('\n');
    }
    contents.push_str("[Governing rules](#governing-rules) · [Rules of your own](#rules-of-your-own) · [Fields](#fields)\n");
    contents
}

fn section(rule: &Rule) -> String {
    let mut page = format!("\n### {}\n\n{}.\n\n", rule.id(), text(rule.title()));
    let entity = rule.entity().word();
    let facts = [
        ("Severity", severity(rule)),
        ("Confidence", format!("{} where the data is whole", rule.confidence())),
        ("Looks at", format!("[{entity}](#{entity})")),
        ("Needs", needs(rule)),
        ("Thresholds", thresholds(rule)),
        ("File", format!("`{}`", rule.path().display().to_string().replace('\\', "/"))),
    ];
    for (name, value) in facts.iter().filter(|(_, value)| !value.is_empty()) {
        let _ = writeln!(page, "- {name}: {value}");
    }
    // A rule of somebody else's may hold the end of a fence.
    let fence = if rule.when().contains("```") { "`".repeat(rule.when().len()) } else { "```".to_owned() };
    let _ = write!(page, "\nFires when:\n\n{fence}cel\n{}\n{fence}\n", rule.when().trim());
    let sections = [("Why", rule.why()), ("What to do", rule.remediation()), ("When it is wrong", rule.false_positives())];
    for (title, words) in sections {
        let _ = write!(page, "\n**{title}.** {}\n", text(words.trim()));
    }
    page.push_str("\n**References**\n\n");
    for reference in rule.references() {
        let id = reference.id.as_deref().map(|id| format!(" {id}")).unwrap_or_default();
        let title = text(&format!("{}{id}", reference.title));
        let _ = match &reference.url {
            Some(url) => writeln!(page, "- [{title}](<{}>)", url.replace(['<', '>', '\n', ' '], "")),
            None => writeln!(page, "- {title}"),
        };
    }
    page
}

/// The severity, and that on other automations where the rule is about them too.
fn severity(rule: &Rule) -> String {
    let others = rule.automations().map(|severity| format!("; {severity} on automations that no policy excludes"));
    format!("{}{}", rule.severity(), others.unwrap_or_default())
}

fn needs(rule: &Rule) -> String {
    if rule.entity() == EntityKind::Waiver {
        return "waivers of your own; nothing of the tenant".to_owned();
    }
    let datasets = rule.requires().iter().map(|dataset| format!("`{}` ({})", dataset.name(), dataset.permission()));
    ["access policies".to_owned()].into_iter().chain(datasets).collect::<Vec<_>>().join(", ")
}

fn thresholds(rule: &Rule) -> String {
    let by_name = rule.thresholds(Profile::Default).iter().map(|(name, common)| {
        let of = |profile: Profile| rule.thresholds(profile).get(name).copied().unwrap_or(*common);
        let others = Profile::ALL.into_iter().filter(|profile| of(*profile) != *common);
        let others: String = others.map(|profile| format!(", {} under `{profile}`", of(profile))).collect();
        format!("`{name}` = {common}{others}")
    });
    by_name.collect::<Vec<_>>().join("; ")
}

/// Other people's text for Markdown: what would be markup shows as it is.
fn text(words: &str) -> String {
    let mut escaped = String::with_capacity(words.len());
    for letter in words.chars().filter(|letter| !letter.is_control() || *letter == '\n') {
        if matches!(letter, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '!' | '~') {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

/// The same for a cell of a table.
fn cell(words: &str) -> String {
    text(words).replace('\n', " ")
}

const GOVERNING: &str = r#"
## Governing rules

`maascan.toml` in the working folder, or the file of `--config`. Every key is optional; a mistake is refused with its line.

```toml
profile = "cis-v7"                    # --profile on the command line wins

[rules.secret-valid-too-long]         # id of a built-in rule or of one of your own
severity = "critical"
thresholds = { validity_days = 90 }   # the same under every profile

[rules.excluded-app-inactive]
enabled = false                       # stands in every report as switched off

[[waiver]]
rule = "excluded-app-holds-secret"
object = "3a6f0a0e-58a4-4b2f-9a51-5d6f0c1b2e55"   # object_id of findings.csv
reason = "The vendor's agent knows no other way until version 9"
approver = "Head of workplace services"
ticket = "CHG-1"
expires = 2026-12-31                  # last day on which it holds, UTC
# finding = "f0123456789abcdef"       # finding_id, where one finding alone is meant

[[exclusion]]                         # the register: why an application is excluded, and who owns that decision
app_id = "7c9e5ad4-1d52-4d0e-9f51-6c3f0a3b7a10"
policy = "1f0a6a3e-6a0b-4a38-8a5f-0d1f6b3d9e22"   # optional: all policies
owner = "Workplace services"
justification = "Publishes packages at night, when nobody can approve"
ticket = "CHG-2"                      # optional
expires = 2027-01-31                  # optional
reviewed = 2026-10-01                 # optional: day of the last review
```

A waived finding stays in every report with its waiver and does not count for `--fail-on`. A waiver holds until the end of its
last day in UTC, by the clock of the run. It speaks of every finding of its rule on its object, also of those to come; with
`finding` of that one alone, which ends when the keys behind it change. It never touches a finding that is undetermined: nobody
can accept what is not known. Expired, soon expiring and unmatched waivers are findings themselves. `--waivers FILE` takes
further waivers; `maascan waivers check` lists them.
"#;

/// How to write a rule: the format as the reader of rule files has it.
fn own_rules() -> String {
    let words = |values: Vec<&str>| values.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    let keys = file::KEYS.iter().map(|key| format!("| `{key}` | {} |\n", key_says(key))).collect::<String>();
    let severities = words(file::words(Severity::ALL, Severity::word));
    let confidences = words(file::words(Confidence::ALL, Confidence::word));
    let profiles = words(file::words(&Profile::ALL, Profile::word));
    let calls = expr::CALLS.iter().map(|(form, says)| format!("| `{}` | {says} |\n", form.replace('|', "\\|"))).collect::<String>();
    format!(
        "\n## Rules of your own\n\nOne TOML file each, in a folder for `--rules DIR`; the file name is the id (`maascan.toml` is none). \
         `maascan rules check DIR` proves them: every key, field, type and threshold is known, and every example holds. \
         Copy a built-in rule to begin with.\n\n\
         Keys, in this order:\n\n| Key | Says |\n|---|---|\n{keys}\n\
         Severities: {severities}. Confidences: {confidences}. Profiles: {profiles}.\n\n\
         ### Expressions\n\nA part of [CEL](https://cel.dev) over the [fields](#fields) of the entity. Anything else is refused when \
         the rule loads. An expression is evaluated three-valued: it gives true or false only if it would give the same whatever the \
         unknown parts are, else the rule is undetermined. There is no `has()`: ask the field that says whether there is a value.\n\n\
         | Form | Gives |\n|---|---|\n{calls}\n\
         At most {} bytes, {} brackets open at once, {} operators. The pattern of `matches` is at most {} bytes, compiled when the rule \
         loads ([syntax](https://docs.rs/regex)), and takes time linear in the text.\n",
        expr::LONGEST,
        expr::MOST_BRACKETS,
        expr::MOST_OPERATORS,
        expr::LONGEST_PATTERN,
    )
}

fn key_says(key: &str) -> &'static str {
    KEYS_SAY.iter().find(|(name, _)| *name == key).map_or("", |(_, says)| says)
}

/// What each key of a rule file says. A test holds the keys against those of the reader.
const KEYS_SAY: &[(&str, &str)] = &[
    ("id", "lower-case words joined by hyphens; the name of the file"),
    ("title", "one line, without a full stop"),
    ("severity", "how grave a finding is"),
    ("confidence", "how sure the rule is when it fires on whole data"),
    ("entity", "what it looks at: one of the [entities](#fields)"),
    ("automations", "optional, for `excluded-application`: the severity on every other automation; without it the rule leaves those alone"),
    (
        "aspect",
        "optional, for `excluded-application`: `reach` (what it can do), `guard` (how it is held) or `need` (whether the exclusion is needed); the order of excluded applications follows from these",
    ),
    ("requires", "datasets that the fields of `when` come from; `[]` where access policies are enough"),
    ("when", "CEL that gives true or false: the rule fires where it is true"),
    ("evidence", "optional CEL that gives a list of texts: the facts behind a finding"),
    ("identity", "optional CEL that gives a list of texts, such as key ids: when they change, it is another finding"),
    ("message", "one sentence on the object, with `{field}` and `{threshold.name}` in it"),
    ("why", "why it matters"),
    ("remediation", "what to do"),
    ("references", "list of `{ title, id, url }`; `id` and `url` are optional, `url` begins with https://"),
    ("false_positives", "when it fires although nothing is wrong"),
    ("thresholds", "optional: whole numbers of 0 or more under `[thresholds.default]`, other profiles where they differ"),
    (
        "example",
        "`[[example]]` with `name`, `expect` (`fires`, `clear`, `undetermined`), optional `profile`, `facts`, and `missing` (fields that \
         could not be read); at least one of each outcome, `undetermined` only where the rule requires data",
    ),
];

/// The fields of every entity.
fn entities() -> String {
    let mut page = "\n## Fields\n\nWhat a rule can look at. A list that was read in part is known as far as it goes.\n".to_owned();
    for entity in EntityKind::ALL {
        if entity == EntityKind::Automation {
            let same = EntityKind::ExcludedApplication.word();
            let _ = write!(page, "\n### {}\n\n{}. It has the fields of [{same}](#{same}).\n", entity.word(), about(entity));
            continue;
        }
        let _ = write!(page, "\n### {}\n\n{}.\n\n{}", entity.word(), about(entity), fields(entity.fields(), true));
        for (names, members) in records(entity.fields()) {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            let _ = write!(page, "\nMembers of {}:\n\n{}", names.join(", "), fields(members, false));
        }
    }
    page
}

/// What an entity is.
fn about(entity: EntityKind) -> &'static str {
    match entity {
        EntityKind::ExcludedApplication => "An application that at least one access policy excludes",
        EntityKind::Automation => "Every other application that may write Intune as itself, or was seen doing so",
        EntityKind::AccessPolicy => "An access policy of Multi Admin Approval",
        EntityKind::Workload => "A workload that a policy can protect, whether one does or not",
        EntityKind::Verdict => "An automation on a workload, as in automations.csv",
        EntityKind::ApprovalRequest => "An approval request that waits, or that an application filed",
        EntityKind::Tenant => "The tenant as a whole",
        EntityKind::Exclusion => "One id on one access policy's list of exclusions",
        EntityKind::Waiver => "A waiver of your own, judged after all other rules have run",
    }
}

/// Lists of records, also within records, those with the same members together.
fn records(fields: &'static [Field]) -> Vec<(Vec<String>, &'static [Field])> {
    let mut found: Vec<(Vec<String>, &'static [Field])> = Vec::new();
    let mut open: Vec<(String, &'static Field)> = fields.iter().rev().map(|field| (field.name.to_owned(), field)).collect();
    while let Some((name, field)) = open.pop() {
        let FieldType::Records(members) = field.kind else { continue };
        open.extend(members.iter().rev().map(|member| (format!("{name}.{}", member.name), member)));
        match found.iter_mut().find(|(_, known)| *known == members) {
            Some((names, _)) => names.push(name),
            None => found.push((vec![name], members)),
        }
    }
    found
}

fn fields(fields: &[Field], with_datasets: bool) -> String {
    let (mut table, rule) = if with_datasets {
        ("| Field | Type | Says | Needs |\n".to_owned(), "|---|---|---|---|\n")
    } else {
        ("| Member | Type | Says |\n".to_owned(), "|---|---|---|\n")
    };
    table.push_str(rule);
    for field in fields {
        let needs = field.datasets.iter().map(|dataset| format!("`{}`", dataset.name())).collect::<Vec<_>>().join(", ");
        let needs = if with_datasets { format!(" {needs} |") } else { String::new() };
        let _ = writeln!(table, "| `{}` | {} | {} |{needs}", field.name, type_word(field.kind), cell(field.about));
    }
    table
}

fn type_word(kind: FieldType) -> &'static str {
    match kind {
        FieldType::Bool => "true or false",
        FieldType::Int => "whole number",
        FieldType::Text => "text",
        FieldType::Texts => "list of texts",
        FieldType::Records(_) => "list of records",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_a_rule_file_is_explained_in_its_place() {
        let explained: Vec<&str> = KEYS_SAY.iter().map(|(key, _)| *key).collect();
        assert_eq!(explained, file::KEYS);
    }

    #[test]
    fn what_a_rule_says_is_no_markup() {
        assert_eq!(text("<b>[x](y) `z` a_b*c*\u{1b}"), "\\<b\\>\\[x\\](y) \\`z\\` a\\_b\\*c\\*");
        assert_eq!(cell("a|b\nc"), "a\\|b c");
    }

    #[test]
    fn every_rule_and_every_field_is_on_the_page() {
        let rules = RuleSet::builtin().unwrap();
        let page = handbook(&rules);
        for rule in rules.rules() {
            assert!(page.contains(&format!("\n### {}\n", rule.id())) && page.contains(&format!("(#{})", rule.id())), "{}", rule.id());
        }
        for entity in EntityKind::ALL {
            assert!(page.contains(&format!("\n### {}\n", entity.word())));
            assert!(entity.fields().iter().all(|field| page.contains(&format!("| `{}` |", field.name))));
        }
    }

    #[test]
    fn the_settings_on_the_page_are_read() {
        let toml = GOVERNING.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
        let read = super::super::Settings::read(Some((std::path::Path::new("m.toml"), toml)), None, &RuleSet::builtin().unwrap());
        assert_eq!(read.unwrap().waivers().len(), 1);
    }
}
