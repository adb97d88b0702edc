//! Addresses that an application has codes and tokens sent to. One without encryption, with a wildcard, or of a bare address
//! can be taken over, and with it whatever is sent there.

use super::{Looked, failed, out_of_reach};
use crate::assess::model::Known;
use crate::assess::words::Home;
use crate::snapshot::{Application, Gap};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The unsafe ones, a clause each.
pub(super) fn unsafe_redirects(of: &Looked<'_>) -> Known<Vec<String>> {
    match application(of) {
        Ok(None) => Known::Yes(Vec::new()),
        Ok(Some(application)) => match &application.redirects {
            Some(addresses) => Known::Yes(addresses.iter().filter_map(|address| fault(address)).collect()),
            None => Known::No(failed("its redirect addresses were not shown")),
        },
        Err(gap) => Known::No(gap),
    }
}

/// Whether it gets tokens in the front channel.
pub(super) fn implicit_grant(of: &Looked<'_>) -> Known<bool> {
    match application(of) {
        Ok(None) => Known::Yes(false),
        Ok(Some(application)) => match application.implicit_grant {
            Some(granted) => Known::Yes(granted),
            None => Known::No(failed("its settings of the implicit grant were not shown")),
        },
        Err(gap) => Known::No(gap),
    }
}

/// The application object; none for what has none.
fn application<'a>(of: &Looked<'a>) -> Result<Option<&'a Application>, Gap> {
    match (of.profile.home, of.application()) {
        (_, Some(application)) => Ok(Some(application)),
        (Home::OtherTenant | Home::Microsoft, None) => Err(out_of_reach("its redirect addresses are set in the home tenant")),
        _ => of.application_gap().map_or(Ok(None), Err),
    }
}

/// What is wrong with an address, and the address. Plain http to the own machine is how native applications sign in (RFC 8252
/// section 7.3), and other schemes lead to an application on the own machine.
fn fault(address: &str) -> Option<String> {
    let (scheme, rest) = address.split_once("://")?;
    let web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    let end = rest.find(['/', '\\', '?', '#']).unwrap_or(rest.len());
    let host = host(rest.get(..end).unwrap_or_default());
    if !web || is_this_machine(&host) {
        return None;
    }
    let faults = [
        (scheme.eq_ignore_ascii_case("http"), "is without https"),
        (rest.contains('*'), "has a wildcard"),
        (bare_address(&host).is_some(), "is of a bare address"),
    ];
    let found: Vec<&str> = faults.iter().filter(|(is, _)| *is).map(|(_, text)| *text).collect();
    (!found.is_empty()).then(|| format!("{address} {}", found.join(" and ")))
}

/// The host of an authority, without user and port, in lower case.
fn host(authority: &str) -> String {
    let behind_user = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = match behind_user.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None => behind_user.split_once(':').map_or(behind_user, |(host, _)| host),
    };
    host.trim_end_matches('.').to_ascii_lowercase()
}

fn bare_address(host: &str) -> Option<IpAddr> {
    host.parse::<Ipv4Addr>().map(IpAddr::from).or_else(|_| host.parse::<Ipv6Addr>().map(IpAddr::from)).ok()
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.ends_with(".localhost") || bare_address(host).is_some_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Fixture;
    use super::*;
    use crate::snapshot::Dataset;
    use proptest::prelude::*;

    #[test]
    fn http_wildcards_and_bare_addresses_are_faults_and_the_own_machine_is_none() {
        for (address, expected) in [
            ("https://host.example/back", None),
            ("http://host.example/back", Some("is without https")),
            ("HTTP://host.example", Some("is without https")),
            ("https://*.host.example/back", Some("has a wildcard")),
            ("https://host.example/*", Some("has a wildcard")),
            ("https://203.0.113.4/back", Some("is of a bare address")),
            ("https://[2001:db8::1]:8443/back", Some("is of a bare address")),
            ("http://203.0.113.4", Some("is without https and is of a bare address")),
            ("http://localhost", None),
            ("http://LOCALHOST:8400/", None),
            ("http://127.0.0.1:5000/x", None),
            ("http://[::1]/x", None),
            ("http://localhost.evil.example", Some("is without https")),
            ("http://localhost@evil.example", Some("is without https")),
            ("urn:ietf:wg:oauth:2.0:oob", None),
            ("msal1234://auth", None),
            ("", None),
        ] {
            let expected = expected.map(|expected| format!("{address} {expected}"));
            assert_eq!(fault(address), expected, "{address}");
        }
    }

    #[test]
    fn what_was_not_shown_is_not_safe() {
        let of = |redirects: Option<Vec<String>>, implicit: Option<bool>| {
            let posture = Fixture::new().with(|tenant| {
                (tenant.application().redirects, tenant.application().implicit_grant) = (redirects, implicit);
            });
            let posture = posture.posture();
            (posture.unsafe_redirects, posture.implicit_grant)
        };
        let (addresses, implicit) = of(Some(vec!["http://h.example".into()]), Some(true));
        assert_eq!((addresses.seen().unwrap().len(), implicit), (1, Known::Yes(true)));
        let (addresses, implicit) = of(None, None);
        assert!(addresses.seen().is_none() && implicit.seen().is_none());
        let managed = Fixture::managed_identity().posture();
        assert_eq!((managed.unsafe_redirects, managed.implicit_grant), (Known::Yes(vec![]), Known::Yes(false)));
        let foreign = Fixture::foreign().posture();
        assert!(matches!(
            (foreign.unsafe_redirects, foreign.implicit_grant),
            (Known::No(Gap::OutOfReach { .. }), Known::No(Gap::OutOfReach { .. }))
        ));
        let lost = Fixture::new().lost(Dataset::Applications).with(|tenant| tenant.snapshot.applications.clear());
        assert!(lost.posture().unsafe_redirects.seen().is_none());
    }

    proptest! {
        #[test]
        fn no_address_panics(address in any::<String>(), near in "https?://[a-z\\[\\]@:./*]{0,30}") {
            fault(&address);
            fault(&near);
        }
    }
}
