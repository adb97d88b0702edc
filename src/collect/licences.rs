//! The products that the tenant is subscribed to.

use super::json::{number, text};
use super::keep;
use super::reader::{Finished, Reader};
use crate::graph::{Resource, Version};
use crate::snapshot::Licence;
use serde_json::Value;

pub(super) async fn read(mut reader: Reader<'_>) -> (Vec<Licence>, Finished) {
    let mut licences = Vec::new();
    let pages = reader.client.pages(&Resource::new(Version::V1, "/subscribedSkus").keeping(keep::licence));
    reader
        .rows(pages, |reader, row| match parse(&row) {
            Some(licence) => licences.push(licence),
            None => reader.malformed("skuPartNumber"),
        })
        .await;
    (licences, reader.finish())
}

fn parse(row: &Value) -> Option<Licence> {
    let plans = row.get("servicePlans").and_then(Value::as_array).into_iter().flatten();
    Some(Licence {
        product: text(row, "skuPartNumber")?,
        status: text(row, "capabilityStatus"),
        enabled: row.get("prepaidUnits").and_then(|units| number(units, "enabled")),
        consumed: number(row, "consumedUnits"),
        service_plans: plans.filter_map(|plan| text(plan, "servicePlanName")).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::json::any_json;
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn a_product_is_read_with_its_plans() {
        let licence =
            parse(&json!({"skuPartNumber": "EMS", "capabilityStatus": "Enabled", "consumedUnits": 7, "prepaidUnits": {"enabled": 10},
            "servicePlans": [{"servicePlanName": "AAD_PREMIUM"}, {"servicePlanName": "INTUNE_A"}]}))
            .unwrap();
        assert_eq!((licence.enabled, licence.consumed, licence.service_plans.len()), (Some(10), Some(7), 2));
    }

    proptest! {
        #[test]
        fn any_json_is_read_without_panic_and_alike_when_reduced(row in any_json()) {
            let before = parse(&row);
            let mut kept = row;
            keep::licence(&mut kept);
            prop_assert_eq!(parse(&kept), before);
        }
    }
}
