//! The whole directory, for `--inventory full`: every service principal and application, a page at a time. Those in scope have
//! been read before and stay as they are; of the others neither owners nor federated credentials are read.

use super::filters::{Lookup, shorter};
use super::reader::Reader;
use super::service_principals::{Found, Readers};
use super::{applications, cheaper, service_principals};
use serde_json::Value;

/// Reads everything that `known` does not have.
pub(super) async fn read(known: &Found, readers: &mut Readers<'_>) -> Found {
    let mut rest = Found::default();
    let Found { principals, applications } = &mut rest;
    let of_principals = list(&mut readers.principals, &service_principals::LOOKUP, |reader, row| {
        if let Some(principal) = service_principals::take(reader, &row)
            && !known.principals.contains_key(&principal.id)
        {
            super::json::file(principals, principal.id.clone(), principal);
        }
    });
    let of_applications = list(&mut readers.applications, &applications::LOOKUP, |reader, row| {
        if let Some(application) = applications::take(reader, &row)
            && !known.applications.contains_key(&application.id)
        {
            super::json::file(applications, application.id.clone(), application);
        }
    });
    tokio::join!(of_principals, of_applications);
    rest
}

/// Reads a list to its end; where its first page is refused for a member that the service does not know, without it.
async fn list(reader: &mut Reader<'_>, lookup: &Lookup, each: impl FnMut(&mut Reader<'_>, Value)) {
    let mut resource = lookup.list(cheaper::PAGE);
    let first = loop {
        match reader.client.get(&resource).await {
            Ok(first) => break first,
            Err(error) => match shorter(&resource, &error) {
                Some(other) => resource = other,
                None => return reader.fail(&error),
            },
        }
    };
    let pages = reader.client.pages_from(&resource, first);
    reader.rows(pages, each).await;
}
