//! What is known to be otherwise on the day on which a planned gate begins. Only dates that are written down count, and they are
//! told beside the verdict: that nobody renews a key would be a guess, and a guess makes no verdict milder.

use super::explain::time;
use super::model::{ApplicationProfile, Key, Known, PlannedGate, PolicyGate};
use super::words::Home;
use chrono::{DateTime, Utc};

/// A sentence for each thing known, for a verdict that rests on these gates of a plan alone. `now` is the clock (UTC).
pub(super) fn by_then(plan: &[PlannedGate], policies: &[&PolicyGate], profile: &ApplicationProfile, now: DateTime<Utc>) -> Vec<String> {
    let concerns = |gate: &&PlannedGate| policies.iter().any(|policy| policy.policy_id == gate.policy_id());
    let gates: Vec<&PlannedGate> = plan.iter().filter(concerns).collect();
    // A gate without a day may begin at once, and with it everything is as it is now.
    let Some(from) = gates.iter().map(|gate| gate.from).min().flatten() else { return Vec::new() };
    if from <= now {
        return vec![format!("the day of the planned gate has passed, {}: judged as of now", time(from))];
    }
    let end = last_key_ends(profile, now).filter(|end| *end <= from);
    end.map(|end| {
        format!(
            "every key that it has ends before the planned gate begins on {}, the last on {}: unless it gets a new one it stops for that \
             reason first",
            time(from),
            time(end)
        )
    })
    .into_iter()
    .collect()
}

/// When the last of its keys ends; None where one of them does not, has ended already, or may not have been seen.
fn last_key_ends(profile: &ApplicationProfile, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    // A foreign application's keys lie in its home tenant, and Azure renews those of a managed identity.
    let (Home::ThisTenant, Known::Yes(keys), Known::Yes(federated)) = (profile.home, &profile.keys, &profile.federated) else {
        return None;
    };
    if !federated.is_empty() {
        return None;
    }
    let ends: Option<Vec<DateTime<Utc>>> = keys.iter().map(|key: &Key| key.end).collect();
    ends?.into_iter().max().filter(|end| *end > now)
}
