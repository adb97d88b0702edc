//! Filters of single lists: one property that equals a text, and those of the sign-in log.

use super::guid::Guid;
use super::odata::{quoted, unsupported};
use super::reply::Reply;
use chrono::{DateTime, Utc};

/// `property eq 'text'`, joined by `and`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Equals(Vec<(String, String)>);

impl Equals {
    /// Reads a filter on the properties that are offered.
    pub(crate) fn parse(text: &str, offered: &[&str]) -> Result<Self, Reply> {
        let clause = |clause: &str| {
            let (property, value) = clause.trim().split_once(" eq ")?;
            offered.contains(&property).then_some((property.to_owned(), quoted(value)?.to_owned()))
        };
        let clauses: Option<Vec<_>> = text.split(" and ").map(clause).collect();
        clauses.map(Self).ok_or_else(|| unsupported(&format!("Unsupported or invalid query filter clause specified: {text}")))
    }

    /// Whether a property may have this value. Letter case does not matter.
    pub(crate) fn allows(&self, property: &str, value: &str) -> bool {
        self.0.iter().all(|(name, wanted)| name != property || wanted.eq_ignore_ascii_case(value))
    }
}

/// What `signInEventTypes/any(…)` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum EventType {
    /// No such clause: interactive sign-ins only.
    #[default]
    Interactive,
    ServicePrincipal,
    ManagedIdentity,
}

/// A filter on the sign-in log.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct SignInFilter {
    pub(crate) event_type: EventType,
    app_id: Option<Guid>,
    from: Vec<(Bound, DateTime<Utc>)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bound {
    From,
    After,
    Until,
    Before,
}

impl SignInFilter {
    /// Reads clauses joined by `and`. Two event types cannot be mixed, and v1.0 knows none (facts/graph.md section 3).
    pub(crate) fn parse(text: &str, beta: bool) -> Result<Self, Reply> {
        let mut filter = Self::default();
        let refuse = || Reply::bad_request(&format!("Invalid filter clause: {text}"));
        for clause in text.split(" and ").map(str::trim) {
            if clause.starts_with("signInEventTypes") || clause.starts_with("(signInEventTypes") {
                if !beta {
                    return Err(Reply::bad_request("Could not find a property named 'signInEventTypes' on type 'microsoft.graph.signIn'."));
                }
                let event_type = event_type(clause).ok_or_else(refuse)?;
                if filter.event_type != EventType::Interactive && filter.event_type != event_type {
                    return Err(refuse());
                }
                filter.event_type = event_type;
            } else if let Some(value) = clause.strip_prefix("appId eq ") {
                filter.app_id = Some(quoted(value).and_then(Guid::parse).ok_or_else(refuse)?);
            } else {
                filter.from.push(bound(clause).ok_or_else(refuse)?);
            }
        }
        Ok(filter)
    }

    pub(crate) fn holds(&self, app_id: Guid, time: DateTime<Utc>) -> bool {
        self.app_id.is_none_or(|wanted| wanted == app_id)
            && self.from.iter().all(|&(bound, limit)| match bound {
                Bound::From => time >= limit,
                Bound::After => time > limit,
                Bound::Until => time <= limit,
                Bound::Before => time < limit,
            })
    }
}

/// Reads `signInEventTypes/any(t:t eq 'servicePrincipal')` with any name in the place of `t`.
fn event_type(clause: &str) -> Option<EventType> {
    let inner = clause.strip_prefix("signInEventTypes/any(")?.strip_suffix(')')?;
    let (variable, test) = inner.split_once(':')?;
    let value = test.trim().strip_prefix(variable.trim())?.trim().strip_prefix("eq ")?;
    match quoted(value)? {
        "servicePrincipal" => Some(EventType::ServicePrincipal),
        "managedIdentity" => Some(EventType::ManagedIdentity),
        "interactiveUser" => Some(EventType::Interactive),
        _ => None,
    }
}

fn bound(clause: &str) -> Option<(Bound, DateTime<Utc>)> {
    let mut words = clause.strip_prefix("createdDateTime ")?.split_whitespace();
    let bound = match words.next()? {
        "ge" => Bound::From,
        "gt" => Bound::After,
        "le" => Bound::Until,
        "lt" => Bound::Before,
        _ => return None,
    };
    let time = DateTime::parse_from_rfc3339(words.next()?).ok()?.to_utc();
    words.next().is_none().then_some((bound, time))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TYPE: &str = "signInEventTypes/any(t:t eq 'servicePrincipal')";

    #[test]
    fn the_sign_in_filter_of_the_documentation_is_read() {
        let app = "11111111-aaaa-4bbb-8ccc-111111111111";
        let text =
            format!("{TYPE} and createdDateTime ge 2026-10-01T00:00:00Z and createdDateTime lt 2026-10-02T00:00:00Z and appId eq '{app}'");
        let filter = SignInFilter::parse(&text, true).unwrap();
        let at = |text: &str| DateTime::parse_from_rfc3339(text).unwrap().to_utc();
        let app = Guid::parse(app).unwrap();
        assert_eq!(filter.event_type, EventType::ServicePrincipal);
        assert!(filter.holds(app, at("2026-10-01T00:00:00Z")) && !filter.holds(app, at("2026-10-02T00:00:00Z")));
        assert!(!filter.holds(Guid(1), at("2026-10-01T00:00:00Z")));
    }

    #[test]
    fn mixed_types_the_older_version_and_other_clauses_are_refused() {
        assert_eq!(SignInFilter::parse(TYPE, false).unwrap_err().status, 400);
        let mixed = format!("{TYPE} and signInEventTypes/any(t:t eq 'managedIdentity')");
        let either = "signInEventTypes/any(t:t eq 'servicePrincipal' or t eq 'managedIdentity')".to_owned();
        for wrong in [mixed, either, "status/errorCode ne 0".into(), String::new(), "createdDateTime ge yesterday".into()] {
            assert_eq!(SignInFilter::parse(&wrong, true).unwrap_err().status, 400, "{wrong}");
        }
    }

    #[test]
    fn equals_reads_offered_properties_only() {
        let filter = Equals::parse("riskState eq 'atRisk' and riskLevel eq 'high'", &["riskState", "riskLevel"]).unwrap();
        assert!(filter.allows("riskState", "atrisk") && !filter.allows("riskLevel", "low") && filter.allows("other", "x"));
        assert!(Equals::parse("riskState ne 'atRisk'", &["riskState"]).is_err());
        assert!(Equals::parse("clientId eq 'x'", &["riskState"]).is_err());
    }

    proptest! {
        #[test]
        fn no_filter_makes_it_panic(text in ".{0,60}") {
            let _ = Equals::parse(&text, &["a"]);
            let _ = SignInFilter::parse(&text, true);
            let _ = event_type(&text);
        }
    }
}
