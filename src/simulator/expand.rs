//! `$expand`: one relation a query, with at most twenty related objects and no link to more (facts/graph.md section 2).

use super::odata::{Select, unsupported};
use super::reply::Reply;

/// Most related objects that come with an object. There is no sign that more exist.
pub(crate) const MOST_EXPANDED: usize = 20;

/// Properties that a nested `$select` may name. `directoryObject` has only the first two; that Graph takes the others, which
/// its subtypes share, is a guess, and so is that it refuses `accountEnabled`.
const NESTED: [&str; 6] = ["id", "deletedDateTime", "displayName", "userPrincipalName", "mail", "appId"];

/// A relation that is to come along.
#[derive(Debug, Clone)]
pub(crate) struct Expand {
    pub(crate) relation: String,
    pub(crate) select: Select,
}

impl Expand {
    /// Reads `owners` and `owners($select=id,displayName)`.
    pub(crate) fn parse(text: &str) -> Result<Self, Reply> {
        let text = text.trim();
        let (relation, options) = match text.split_once('(') {
            Some((relation, rest)) => (relation, Some(rest.strip_suffix(')').ok_or_else(|| malformed(text))?)),
            None => (text, None),
        };
        if relation.contains(',') || options.is_some_and(|options| options.contains(')')) {
            return Err(Self::one_only());
        }
        let select = match options {
            None => Select::default(),
            Some(options) => Select::parse(options.trim().strip_prefix("$select=").ok_or_else(|| malformed(text))?),
        };
        Ok(Self { relation: relation.trim().to_owned(), select })
    }

    /// The refusal of a second relation.
    pub(crate) fn one_only() -> Reply {
        unsupported("Request_UnsupportedQuery: only one property can be expanded in a single query.")
    }

    /// Refuses relations that are not offered here, and what a nested `$select` may not name.
    pub(crate) fn check(&self, offered: &[&str]) -> Result<(), Reply> {
        if !offered.contains(&self.relation.as_str()) {
            return Err(Reply::bad_request(&format!(
                "Parsing OData Select and Expand failed: Could not find a property named '{}'.",
                self.relation
            )));
        }
        if self.relation == "owners" { self.select.check("directoryObject", &NESTED) } else { Ok(()) }
    }
}

fn malformed(text: &str) -> Reply {
    Reply::bad_request(&format!("Parsing OData Select and Expand failed: Syntax error in '{text}'."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_relation_is_read_and_more_are_refused() {
        let plain = Expand::parse("owners").unwrap();
        assert!(plain.relation == "owners" && plain.select.named().is_none());
        let nested = Expand::parse("owners($select=id, displayName)").unwrap();
        assert_eq!(nested.select.named().unwrap(), ["id", "displayName"]);
        assert!(nested.check(&["owners"]).is_ok() && nested.check(&["principal"]).is_err());
        for wrong in ["owners,appRoleAssignments", "owners($select=id),principal", "owners(", "owners($top=3)", "owners)x("] {
            assert!(Expand::parse(wrong).is_err(), "{wrong}");
        }
        assert_eq!(Expand::parse("owners($select=accountEnabled)").unwrap().check(&["owners"]).unwrap_err().status, 400);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".{0,40}") {
            let _ = Expand::parse(&text);
        }
    }
}
