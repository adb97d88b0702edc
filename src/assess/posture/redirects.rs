//! Addresses that an application has codes and tokens sent to. One without encryption, with a wildcard, or of a bare address
//! can be taken over, and with it whatever is sent there.

use super::{Looked, failed, out_of_reach};
use crate::assess::model::Known;
use crate::assess::words::Home;
use crate::snapshot::{Application, Gap};
use url::{Host, Url};

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

/// What is wrong with an address, and the address as it was written. Plain http to the own machine is how native applications
/// sign in (RFC 8252 section 7.3), and other schemes lead to an application on the own machine.
fn fault(address: &str) -> Option<String> {
    let wildcard = address.contains('*');
    let Ok(parsed) = Url::parse(address) else { return wildcard.then(|| format!("{address} has a wildcard")) };
    if !matches!(parsed.scheme(), "http" | "https") || is_this_machine(&parsed) {
        return None;
    }
    let bare = matches!(parsed.host(), Some(Host::Ipv4(_) | Host::Ipv6(_)));
    let faults = [(parsed.scheme() == "http", "is without https"), (wildcard, "has a wildcard"), (bare, "is of a bare address")];
    let found: Vec<&str> = faults.iter().filter(|(is, _)| *is).map(|(_, text)| *text).collect();
    (!found.is_empty()).then(|| format!("{address} {}", found.join(" and ")))
}

fn is_this_machine(address: &Url) -> bool {
    match address.host() {
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost")
        }
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
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
            ("https://0x7f000001.evil.example", None),
            ("https://0xcb007104/back", Some("is of a bare address")),
            ("http://LOCALHOST./x", None),
            ("https://*", Some("has a wildcard")),
            ("https://[*]/x", Some("has a wildcard")),
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
