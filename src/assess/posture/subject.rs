//! What subject a federated credential asks of a token: one text, or an expression over claims (`claimsMatchingExpression`,
//! in Microsoft's words a flexible federated identity credential) such as
//! `claims['sub'] matches 'repo:org/repo:ref:refs/heads/*' and claims['job_workflow_ref'] matches '…'`.
//!
//! Subjects of GitHub (`repo:org/repo:ref:refs/heads/main`, `…:environment:name`, `…:pull_request`) and GitLab
//! (`project_path:group/project:ref_type:branch:ref:main`) say from which branch a pipeline runs; those of HCP Terraform, Azure
//! DevOps and Kubernetes do not. The same text decides whoever issued it, for servers of one's own issue the same subjects.

/// What is amiss with a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Openness {
    /// Several subjects fit.
    pub(super) wildcard: bool,
    /// Pipelines of pull requests fit, whose content nobody has approved yet.
    pub(super) pull_request: bool,
    /// Pipelines of any branch fit, or of any whose name begins so.
    pub(super) any_branch: bool,
}

/// A comparison of one claim.
#[derive(Debug, PartialEq, Eq)]
struct Comparison {
    claim: String,
    /// Whether `*` and `?` in the text stand for others (`matches`), or for themselves (`eq`).
    pattern: bool,
    text: String,
}

/// Of one text, which a token must have letter for letter: `*` in it stands for itself, so it never is a wildcard.
pub(super) fn of_subject(subject: &str) -> Openness {
    let subject = subject.trim();
    // No token has such a letter in its subject, so none fits.
    if has_wildcard(subject) { Openness::default() } else { openness(subject, false) }
}

/// Of an expression over claims. Of one that cannot be read nothing is known but that a `*` in it is meant for something.
pub(super) fn of_expression(expression: &str) -> Openness {
    let comparisons = comparisons(expression);
    if comparisons.is_empty() {
        return Openness { wildcard: has_wildcard(expression), ..Openness::default() };
    }
    let wildcard = comparisons.iter().any(|comparison| comparison.pattern && has_wildcard(&comparison.text));
    let subjects = comparisons.iter().filter(|comparison| comparison.claim.eq_ignore_ascii_case("sub"));
    // All comparisons must hold, so what one of several rules out is out.
    let found = subjects.map(|comparison| openness(&comparison.text, comparison.pattern));
    let narrowest = found.reduce(|one, other| Openness {
        wildcard: one.wildcard,
        pull_request: one.pull_request && other.pull_request,
        any_branch: one.any_branch && other.any_branch,
    });
    Openness { wildcard, ..narrowest.unwrap_or_default() }
}

fn has_wildcard(text: &str) -> bool {
    text.contains(['*', '?'])
}

/// The comparisons of an expression, in their order: `claims['name'] operator 'text'`, joined by `and`.
fn comparisons(expression: &str) -> Vec<Comparison> {
    let mut found = Vec::new();
    let mut rest = expression;
    while let Some((_, after)) = rest.split_once("claims[") {
        let Some((claim, after)) = quoted(after) else { break };
        let Some(after) = after.trim_start().strip_prefix(']') else { break };
        let after = after.trim_start();
        let operator = after.split(|letter: char| letter.is_whitespace() || matches!(letter, '\'' | '"')).next().unwrap_or_default();
        let Some((text, after)) = quoted(after.get(operator.len()..).unwrap_or_default()) else { break };
        // Of an operator that is not known the worst is assumed.
        found.push(Comparison { claim: claim.to_owned(), pattern: !operator.eq_ignore_ascii_case("eq"), text: text.to_owned() });
        rest = after;
    }
    found
}

/// The text between quotes with which `text` begins, and what comes behind it.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start();
    let quote = text.chars().next().filter(|letter| matches!(letter, '\'' | '"' | '‘' | '’'))?;
    let close = if quote == '‘' { '’' } else { quote };
    text.get(quote.len_utf8()..)?.split_once(close)
}

fn openness(subject: &str, pattern: bool) -> Openness {
    let wildcard = pattern && has_wildcard(subject);
    let fits = |sample: &str| if pattern { matches(subject, sample) } else { subject == sample };
    if subject.starts_with("repo:") {
        return github(subject, pattern, wildcard, &fits);
    }
    if subject.starts_with("project_path:") {
        return gitlab(subject, pattern, wildcard);
    }
    // A pattern that begins with a wildcard may fit what any of them issues.
    let open = wildcard && subject.trim_end_matches(['*', '?']).is_empty();
    Openness { wildcard, pull_request: open, any_branch: open }
}

/// `repo:owner/name:context`. GitHub lets an organisation leave the context out of its subjects: then each token of the
/// repository has the same (docs.github.com, customising the token claims).
fn github(subject: &str, pattern: bool, wildcard: bool, fits: &dyn Fn(&str) -> bool) -> Openness {
    let mut parts = subject.splitn(3, ':');
    let head: Vec<&str> = parts.by_ref().take(2).collect();
    let Some(context) = parts.next() else {
        // Without a context: all of them where it is one text or ends open, none where a token would have to lack it.
        let open = !wildcard || subject.ends_with('*');
        return Openness { wildcard, pull_request: open, any_branch: open };
    };
    let repository = head.join(":").replace(['*', '?'], "x");
    let pull_request = fits(&format!("{repository}:pull_request"));
    let of_ref = pattern && context.strip_prefix("ref:").is_some_and(has_wildcard);
    let any_branch = of_ref || (pattern && fits(&format!("{repository}:ref:refs/heads/a-branch-that-anybody-may-make")));
    Openness { wildcard, pull_request, any_branch }
}

/// `project_path:group/project:ref_type:branch:ref:main`. Which parts there are is the project's choice.
fn gitlab(subject: &str, pattern: bool, wildcard: bool) -> Openness {
    let branch = subject.split_once(":ref:").map(|(_, branch)| branch);
    let any_branch = match branch {
        Some(branch) => pattern && has_wildcard(branch),
        // Without a branch: any, unless an environment is asked for instead.
        None => (!wildcard || subject.ends_with('*')) && !subject.contains(":environment:"),
    };
    Openness { wildcard, pull_request: false, any_branch }
}

/// Whether a text fits a pattern in which `*` stands for any letters and `?` for one.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut from, mut star) = (0, 0, None);
    while let Some(letter) = text.get(from) {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, from));
                at += 1;
            }
            Some(wanted) if *wanted == '?' || wanted == letter => {
                at += 1;
                from += 1;
            }
            _ => match &mut star {
                Some((of, taken)) => {
                    *taken += 1;
                    (at, from) = (*of + 1, *taken);
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(at).all(|letter| *letter == '*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(openness: Openness) -> String {
        let flags = [(openness.wildcard, "wildcard"), (openness.pull_request, "pull-request"), (openness.any_branch, "any-branch")];
        flags.iter().filter(|(is, _)| *is).map(|(_, word)| *word).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn one_subject_is_open_only_where_pull_requests_or_branches_share_it() {
        for (subject, expected) in [
            ("repo:org/repo:ref:refs/heads/main", ""),
            ("repo:org/repo:environment:production", ""),
            ("repo:org/repo:ref:refs/tags/v1", ""),
            ("repo:org/repo:pull_request", "pull-request"),
            ("repo:org/repo", "pull-request any-branch"),
            ("repo:org/*", ""),
            ("repo:org/repo:ref:refs/heads/*", ""),
            ("project_path:group/project:ref_type:branch:ref:main", ""),
            ("project_path:group/project", "any-branch"),
            ("organization:o:project:p:workspace:w:run_phase:apply", ""),
            ("sc://org/project/connection", ""),
            ("system:serviceaccount:namespace:name", ""),
            ("", ""),
        ] {
            assert_eq!(words(of_subject(subject)), expected, "{subject}");
        }
    }

    #[test]
    fn an_expression_is_as_open_as_its_narrowest_comparison() {
        for (expression, expected) in [
            ("claims['sub'] matches 'repo:org/*'", "wildcard pull-request any-branch"),
            ("claims['sub'] matches 'repo:org/repo:*'", "wildcard pull-request any-branch"),
            ("claims['sub'] matches 'repo:org/repo:ref:refs/heads/*'", "wildcard any-branch"),
            ("claims['sub'] matches 'repo:org/repo:ref:refs/heads/release-*'", "wildcard any-branch"),
            ("claims['sub'] matches 'repo:org/*:ref:refs/heads/main'", "wildcard"),
            ("claims['sub'] matches 'repo:org/*:pull_request'", "wildcard pull-request"),
            ("claims['sub'] matches 'repo:org/repo:environment:prod-*'", "wildcard"),
            ("claims['sub'] eq 'repo:org/repo:ref:refs/heads/main'", ""),
            ("claims['sub'] eq 'repo:org/repo:ref:refs/heads/*'", ""),
            ("claims['sub'] matches 'project_path:g/p:ref_type:branch:ref:*'", "wildcard any-branch"),
            ("claims['sub'] matches 'project_path:g/*'", "wildcard any-branch"),
            ("claims['sub'] matches 'organization:o:project:p:workspace:w:run_phase:*'", "wildcard"),
            ("claims['sub'] matches '*'", "wildcard pull-request any-branch"),
            ("claims['sub'] matches 'repo:org/repo:*' and claims['sub'] matches 'repo:org/repo:ref:refs/heads/main'", "wildcard"),
            ("claims['job_workflow_ref'] matches 'org/repo/.github/workflows/*@refs/heads/main'", "wildcard"),
            ("claims['job_workflow_ref'] eq 'org/repo/.github/workflows/a.yml@refs/heads/main'", ""),
            ("nobody knows what * this is", "wildcard"),
            ("claims['sub'", ""),
        ] {
            assert_eq!(words(of_expression(expression)), expected, "{expression}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics_and_one_subject_is_never_a_wildcard(text in any::<String>(), parts in "[a-z*?:/'\\[\\] ]{0,40}") {
            for text in [text, format!("repo:{parts}"), format!("project_path:{parts}"), format!("claims['sub'] matches '{parts}"), parts] {
                prop_assert!(!of_subject(&text).wildcard);
                of_expression(&text);
            }
        }

        #[test]
        fn a_text_fits_itself_and_the_pattern_of_anything(text in "[a-z:/]{0,20}", other in "[a-z:/]{1,5}") {
            prop_assert!(matches(&text, &text) && matches("*", &text));
            let (starred, longer) = (format!("{text}*"), format!("{text}{other}"));
            prop_assert!(matches(&starred, &longer) && !matches(&longer, &text));
        }
    }
}
