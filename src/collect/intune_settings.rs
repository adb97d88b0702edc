//! The one setting of Intune that matters: whether administrators without an Intune licence may approve.

use super::json::flag;
use super::keep;
use super::reader::{Finished, Reader};
use crate::graph::{Resource, Version};
use crate::snapshot::Gap;

/// Microsoft's spelling.
const MEMBER: &str = "unlicensedAdminstratorsEnabled";

pub(super) async fn read(mut reader: Reader<'_>) -> (Option<bool>, Finished) {
    let settings = Resource::new(Version::Beta, "/deviceManagement").query("$select", MEMBER).keeping(keep::settings);
    let found = match reader.client.get(&settings).await {
        Ok(body) => {
            let found = flag(&body, MEMBER);
            match found {
                Some(_) => reader.add(1),
                None => reader.note(Gap::Failed { detail: format!("answer holds no {MEMBER}") }),
            }
            found
        }
        Err(error) => {
            reader.fail(&error);
            None
        }
    };
    (found, reader.finish())
}
