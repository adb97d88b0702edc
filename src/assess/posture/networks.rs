//! Networks that an application signed in from, out of the raw sign-ins where these were read.

use super::{Looked, failed, out_of_reach};
use crate::assess::applications::days_between;
use crate::assess::model::Known;
use crate::assess::words::Home;
use crate::snapshot::Dataset;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A network that sign-ins succeeded from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Network {
    /// The network: 24 bits of an IPv4 address, 48 of an IPv6 address, which are what one site has.
    pub network: String,
    /// Whole days since the first sign-in that was read.
    pub first_days_ago: i64,
    /// Whole days since the last.
    pub last_days_ago: i64,
    /// How many succeeded.
    pub sign_ins: u64,
}

/// Networks with sign-ins that succeeded, in the order of their text.
pub(super) fn networks(of: &Looked<'_>) -> Known<Vec<Network>> {
    let gap = of.directory.gap(Dataset::SignIns);
    let rows = of.directory.sign_ins(&of.profile.app_id);
    match gap {
        Some(gap) if rows.is_empty() => return Known::No(gap),
        _ => {}
    }
    let mut found: BTreeMap<String, (DateTime<Utc>, DateTime<Utc>, u64)> = BTreeMap::new();
    let mut hidden = false;
    for row in rows.iter().filter(|row| row.succeeded > 0) {
        let Some(network) = row.key.address.as_deref().and_then(network) else {
            hidden = true;
            continue;
        };
        // Of a row that counts failures too, only its beginning is sure to be no later than the last success.
        let last = if row.failed == 0 { row.last } else { row.first };
        let there = found.entry(network).or_insert((row.first, last, 0));
        *there = (there.0.min(row.first), there.1.max(last), there.2.saturating_add(row.succeeded));
    }
    let why = match of.profile.home {
        Home::ManagedIdentity => out_of_reach("the log shows no address for sign-ins of a managed identity"),
        _ => failed("the address of a sign-in was not shown"),
    };
    let days = |time| days_between(time, of.now());
    let row = |(network, (first, last, sign_ins))| Network { network, first_days_ago: days(first), last_days_ago: days(last), sign_ins };
    Known::of(found.into_iter().map(row).collect(), gap.or_else(|| hidden.then_some(why)))
}

/// The network of an address; None for what is no address.
fn network(address: &str) -> Option<String> {
    let address: IpAddr = address.trim().parse().ok()?;
    match address.to_canonical() {
        IpAddr::V4(address) => Some(format!("{}/24", Ipv4Addr::from_bits(address.to_bits() & 0xffff_ff00))),
        IpAddr::V6(address) => Some(format!("{}/48", Ipv6Addr::from_bits(address.to_bits() & !(u128::MAX >> 48)))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{APP, Fixture, at};
    use super::*;
    use crate::snapshot::{Gap, SignInKey, SignInSummary};
    use proptest::prelude::*;

    fn row(address: Option<&str>, key: &str, first: &str, last: &str, succeeded: u64, failed: u64) -> SignInSummary {
        let key = SignInKey {
            app_id: APP.into(),
            service_principal: None,
            credential_type: None,
            credential_key_id: Some(key.into()),
            federated_credential: None,
            resource: None,
            address: address.map(str::to_owned),
        };
        SignInSummary { key, succeeded, failed, first: at(first), last: at(last) }
    }

    fn of(rows: Vec<SignInSummary>) -> Fixture {
        Fixture::new().with(|tenant| tenant.snapshot.sign_ins = rows)
    }

    #[test]
    fn addresses_of_one_site_are_one_network() {
        let (early, late) = ("2026-10-10T05:00:00Z", "2026-11-01T05:00:00Z");
        let rows = vec![
            row(Some("203.0.113.7"), "a", early, early, 3, 0),
            row(Some("203.0.113.200"), "b", late, late, 2, 0),
            row(Some("2001:db8:1:2::1"), "a", late, late, 1, 0),
            row(Some("::ffff:198.51.100.1"), "a", early, late, 1, 4),
            row(Some("192.0.2.1"), "a", early, late, 0, 9),
        ];
        let networks = of(rows).posture().networks;
        let found: Vec<(&str, i64, i64, u64)> = networks
            .seen()
            .unwrap()
            .iter()
            .map(|one| (one.network.as_str(), one.first_days_ago, one.last_days_ago, one.sign_ins))
            .collect();
        assert_eq!(found, [("198.51.100.0/24", 23, 23, 1), ("2001:db8:1::/48", 1, 1, 1), ("203.0.113.0/24", 23, 1, 5)]);
        assert_eq!(networks.gap(), None);
    }

    #[test]
    fn an_address_that_was_not_shown_leaves_the_list_open() {
        let time = "2026-11-01T05:00:00Z";
        for address in [None, Some("<hidden>")] {
            let networks = of(vec![row(address, "a", time, time, 1, 0)]).posture().networks;
            assert!(matches!(networks, Known::Partly(seen, Gap::Failed { .. }) if seen.is_empty()));
        }
        assert_eq!(of(vec![row(None, "a", time, time, 0, 1)]).posture().networks, Known::Yes(vec![]));
        assert!(of(vec![]).lost(Dataset::SignIns).posture().networks.seen().is_none());
    }

    proptest! {
        #[test]
        fn no_address_panics(text in any::<String>(), bits in any::<u128>()) {
            network(&text);
            let found = network(&Ipv6Addr::from_bits(bits).to_string()).unwrap();
            prop_assert!(found.ends_with("/48") || found.ends_with("/24"));
        }
    }
}
