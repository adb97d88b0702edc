//! Many GETs in one `$batch`. The outer 200 says nothing of the parts: each has its own status, they come in any
//! order, and those refused for load are put in again (facts/graph.md section 8).

use super::client::Reply;
use super::failure::{Refusal, Trouble, inside_success};
use super::pacer::charges;
use super::retry::{Transient, parse_retry_after};
use super::{Client, Error, Resource, Throttle, Version};
use secrecy::SecretString;
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::sleep;

/// Most parts that Graph takes in one batch.
const MOST_PARTS: usize = 20;

/// One resource and where its result belongs.
type Part<'a> = (usize, &'a Resource);

type Results = BTreeMap<usize, Result<Value, Error>>;

/// What the lanes of one [`Client::batch`] share.
struct Work<'a> {
    queue: Mutex<VecDeque<Vec<Part<'a>>>>,
    results: Mutex<Results>,
    /// Workloads that refused a whole batch until its budget was spent, and in what words.
    refused: Mutex<BTreeMap<Throttle, String>>,
}

impl Client {
    /// Reads many resources, up to 20 a request. Gives one result for each, in the order asked. A list may have
    /// further pages: see [`Client::pages_from`].
    pub async fn batch(&self, resources: &[Resource]) -> Vec<Result<Value, Error>> {
        let parts: Vec<Part<'_>> = resources.iter().enumerate().collect();
        let work = Work { queue: Mutex::new(chunks(&parts)), results: Mutex::default(), refused: Mutex::default() };
        let lane = || self.run_lane(&work);
        // Four at a time: more would only wait for the limits together.
        tokio::join!(lane(), lane(), lane(), lane());
        work.results.into_inner().unwrap_or_else(PoisonError::into_inner).into_values().collect()
    }

    async fn run_lane(&self, work: &Work<'_>) {
        loop {
            let Some(parts) = lock(&work.queue).pop_front() else { return };
            let Some((_, first)) = parts.first() else { continue };
            let version = first.version();
            let whole = parts.len();
            let unknown: Vec<Part<'_>> = parts.into_iter().filter(|part| !self.is_remembered(part, work)).collect();
            if unknown.is_empty() && whole > 0 {
                // Counted as if it had been sent, as a remembered page is.
                self.count();
            }
            let open: Vec<Part<'_>> = unknown.into_iter().filter(|part| !work.is_refused(part)).collect();
            self.batch_once(version, open, work).await;
        }
    }

    /// Files a part whose answer is remembered.
    fn is_remembered(&self, (at, resource): &Part<'_>, work: &Work<'_>) -> bool {
        let remembered = match self.url(resource) {
            Ok(url) => self.remembered(&url, resource).map(Ok),
            Err(error) => Some(Err(error)),
        };
        remembered.map(|result| lock(&work.results).insert(*at, result)).is_some()
    }

    /// One batch, and again with the parts that were refused for load. The budget begins anew
    /// whenever a part succeeds, because a service that lets a few through at a time is not refusing.
    async fn batch_once<'a>(&self, version: Version, parts: Vec<Part<'a>>, work: &Work<'a>) {
        let (mut open, whole) = (parts.clone(), parts.len());
        let mut budget = self.retry().budget(self.next_seed());
        while !open.is_empty() {
            let before = open.len();
            let mut found = Results::new();
            let waiting = self.batch_round(version, &open, &mut found).await;
            lock(&work.results).extend(found);
            if waiting.len() < before {
                budget = self.retry().budget(self.next_seed());
            }
            let Some(longest) = waiting.iter().map(|(_, failure)| failure).max_by_key(|failure| failure.floor) else { return };
            let Some(wait) = self.patience(&mut budget, longest) else {
                return work.give_up(waiting, whole);
            };
            for ((_, resource), failure) in &waiting {
                self.hold_back(&charges(std::iter::once(*resource)), failure, wait);
            }
            sleep(wait).await;
            open = waiting.into_iter().map(|(part, _)| part).collect();
        }
    }

    /// Sends the parts once, files what is final, and gives back what may pass.
    async fn batch_round<'a>(&self, version: Version, open: &[Part<'a>], results: &mut Results) -> Vec<(Part<'a>, Transient)> {
        let charges = charges(open.iter().map(|(_, resource)| *resource));
        let reply = self.post_batch(version, &envelope(open), &charges, &format!("POST /{}/$batch", version.segment())).await;
        let token = self.token().await.map(|token| token.text);
        let (reply, token) = match (reply, token) {
            (Ok(reply), Ok(token)) => (reply, token),
            (Err(error), _) | (_, Err(error)) => {
                results.extend(open.iter().map(|(at, _)| (*at, Err(error.clone()))));
                return Vec::new();
            }
        };
        let answers = by_id(&reply.body);
        let mut waiting = Vec::new();
        for (at, resource) in open {
            match part_result(answers.get(at).copied(), resource, &reply, &token) {
                Ok(body) => drop(results.insert(*at, Ok(self.finished(resource, body)))),
                Err(Trouble::Again(failure)) => waiting.push(((*at, *resource), failure)),
                // The token ended between the batch and its part. By itself the part gets a new one, once.
                Err(Trouble::Unauthorized(Error::SignIn { .. })) => drop(results.insert(*at, self.get(resource).await)),
                Err(Trouble::Stop(error) | Trouble::Unauthorized(error)) => drop(results.insert(*at, Err(error))),
            }
        }
        waiting
    }

    /// A part that succeeded: reduced, and remembered as if it had been asked for by itself.
    fn finished(&self, resource: &Resource, mut body: Value) -> Value {
        resource.reduce(&mut body);
        if let Ok(url) = self.url(resource) {
            self.keep(&url, resource, &body);
        }
        body
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Work<'_> {
    /// Files the parts that stayed refused. Where a workload let none of a whole batch through, the parts not yet sent would
    /// each spend minutes to learn the same.
    fn give_up(&self, refused: Vec<(Part<'_>, Transient)>, whole: usize) {
        let none_passed = refused.len() == whole;
        for ((at, resource), failure) in refused {
            if let (Error::Throttled { detail, .. }, true, Some((throttle, _))) =
                (&failure.error, none_passed, Throttle::of(resource).first())
            {
                lock(&self.refused).insert(*throttle, detail.clone());
            }
            lock(&self.results).insert(at, Err(failure.error));
        }
    }

    /// Files a part whose workload refuses everything.
    fn is_refused(&self, (at, resource): &Part<'_>) -> bool {
        let throttle = Throttle::of(resource).first().map(|(throttle, _)| *throttle);
        let detail = throttle.and_then(|throttle| lock(&self.refused).get(&throttle).cloned());
        let error = detail.map(|detail| Error::Throttled { what: resource.what(), detail });
        error.map(|error| lock(&self.results).insert(*at, Err(error))).is_some()
    }
}

/// Batches of one version each, of at most 20 parts and no more than the limit of any workload, because each part counts by
/// itself.
fn chunks<'a>(open: &[Part<'a>]) -> VecDeque<Vec<Part<'a>>> {
    let mut chunks: VecDeque<Vec<Part<'a>>> = VecDeque::new();
    for version in [Version::V1, Version::Beta] {
        let mut chunk: Vec<Part<'a>> = Vec::new();
        for part in open.iter().filter(|(_, resource)| resource.version() == version) {
            let together = charges(chunk.iter().chain([part]).map(|(_, resource)| *resource));
            if chunk.len() == MOST_PARTS || together.iter().any(|(throttle, cost)| *cost > throttle.limit().0) {
                chunks.push_back(std::mem::take(&mut chunk));
            }
            chunk.push(*part);
        }
        chunks.push_back(chunk);
    }
    chunks
}

fn envelope(parts: &[Part<'_>]) -> Value {
    let request = |(at, resource): &Part<'_>| {
        let headers: BTreeMap<&str, String> = resource.headers().into_iter().collect();
        json!({"id": at.to_string(), "method": "GET", "url": resource.relative(), "headers": headers})
    };
    json!({"requests": parts.iter().map(request).collect::<Vec<_>>()})
}

/// Answers by the id that was given to the part; none where an id comes twice with different answers, of which nobody knows
/// the right one.
fn by_id(body: &Value) -> BTreeMap<usize, &Value> {
    let mut answers: BTreeMap<usize, Option<&Value>> = BTreeMap::new();
    for answer in body.get("responses").and_then(Value::as_array).into_iter().flatten() {
        let id = answer.get("id").and_then(|id| id.as_str().and_then(|id| id.parse().ok()).or_else(|| usize::try_from(id.as_u64()?).ok()));
        if let Some(id) = id {
            answers.entry(id).and_modify(|there| *there = there.filter(|there| *there == answer)).or_insert(Some(answer));
        }
    }
    answers.into_iter().filter_map(|(id, answer)| Some((id, answer?))).collect()
}

fn part_result(answer: Option<&Value>, resource: &Resource, reply: &Reply, token: &SecretString) -> Result<Value, Trouble> {
    let what = resource.what();
    let status = answer.and_then(|answer| answer.get("status")).and_then(as_status);
    let (Some(answer), Some(status)) = (answer, status) else {
        let lost = Transient::new(Error::failed(what, "batch came back without this part"), None);
        // Without any parts it is no answer to a batch at all, and hardly will be one.
        return Err(Trouble::Again(Transient { foreign: !reply.body.get("responses").is_some_and(Value::is_array), ..lost }));
    };
    let body = answer.get("body").unwrap_or(&Value::Null);
    if status == 200 {
        return if let Some(trouble) = inside_success(body, &what, token) {
            Err(trouble)
        } else if body.is_object() {
            Ok(body.clone())
        } else {
            Err(Trouble::Stop(Error::failed(what, "part of a batch holds no object")))
        };
    }
    let floor = part_retry_after(answer, reply.date.as_deref());
    Err(Refusal { status, body, floor, what: &what }.judge(token))
}

fn as_status(status: &Value) -> Option<u16> {
    status.as_u64().and_then(|number| u16::try_from(number).ok()).or_else(|| status.as_str()?.parse().ok())
}

/// `Retry-After` among a part's own headers, in any letter case, as text or number. A date is read against the part's own
/// `Date`, else the batch's.
fn part_retry_after(answer: &Value, date: Option<&str>) -> Option<Duration> {
    let headers = answer.get("headers")?.as_object()?;
    let header = |name: &str| headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    match header("Retry-After")? {
        Value::String(text) => parse_retry_after(text, header("Date").and_then(Value::as_str).or(date)),
        Value::Number(seconds) => seconds.as_u64().map(Duration::from_secs),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_parts_own_wait_is_found() {
        let wait = |headers: Value| part_retry_after(&json!({"headers": headers}), Some("Wed, 21 Oct 2026 07:28:00 GMT"));
        assert_eq!(wait(json!({"retry-after": "7"})), Some(Duration::from_secs(7)));
        assert_eq!(wait(json!({"Retry-After": 9})), Some(Duration::from_secs(9)));
        assert_eq!(wait(json!({"Retry-After": "Wed, 21 Oct 2026 07:28:30 GMT"})), Some(Duration::from_secs(30)));
        assert_eq!(wait(json!({})), None);
    }

    #[test]
    fn of_two_answers_to_one_part_neither_is_taken() {
        let (full, empty) =
            (json!({"id": "0", "status": 200, "body": {"value": [1]}}), json!({"id": 0, "status": 200, "body": {"value": []}}));
        for responses in [json!([full, empty]), json!([empty, full]), json!([full, empty, full])] {
            assert_eq!(by_id(&json!({"responses": responses})).get(&0), None);
        }
        assert_eq!(by_id(&json!({"responses": [full, full]})).get(&0), Some(&&full));
    }

    #[test]
    fn a_part_that_succeeded_with_an_error_in_it_has_not() {
        let answer = json!({"id": "0", "status": 200, "body": {"error": {"code": "UnknownError"}, "value": []}});
        let reply = Reply { body: json!({"responses": [answer]}), date: None };
        let result = part_result(Some(&answer), &Resource::new(Version::V1, "/x"), &reply, &"secret".into());
        assert!(matches!(result, Err(Trouble::Again(Transient { foreign: true, .. }))), "{result:?}");
    }

    proptest! {
        #[test]
        fn any_answer_is_read_without_panic(id in any::<String>(), status in any::<i64>(), text in any::<String>()) {
            let body = json!({"responses": [{"id": id, "status": status, "headers": {"Retry-After": text}}, 7, null, {"id": 0}]});
            let reply = Reply { body, date: None };
            let answers = by_id(&reply.body);
            let resource = Resource::new(Version::V1, "/x");
            let _ = part_result(answers.get(&0).copied(), &resource, &reply, &"secret".into());
        }
    }
}
