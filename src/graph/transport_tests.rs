//! What every request carries, what is remembered, how limits are kept, and what happens on a broken wire.

use super::wire_tests::{all_rows, connect, endpoints, in_turn, ok, quick, serve, status, things, token_credential};
use super::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

/// A memory like that of a work file: what is kept comes back in the next run.
#[derive(Default)]
struct Notes {
    earlier: BTreeMap<String, Value>,
    kept: Mutex<BTreeMap<String, Value>>,
}

impl Notes {
    fn next_run(&self) -> Arc<Self> {
        let mut earlier = self.earlier.clone();
        earlier.extend(self.kept.lock().unwrap().clone());
        Arc::new(Self { earlier, kept: Mutex::default() })
    }
}

impl Memory for Notes {
    fn recall(&self, key: &str) -> Option<Value> {
        self.earlier.get(key).cloned()
    }

    fn keep(&self, key: &str, body: &Value) {
        self.kept.lock().unwrap().insert(key.to_owned(), body.clone());
    }
}

/// Answers every part of a batch with its own URL, or with the status that `refuse` gives.
struct Parts(fn(&str) -> Option<u16>);

impl Respond for Parts {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let body: Value = request.body_json().unwrap();
        let part = |part: &Value| {
            let url = part["url"].as_str().unwrap();
            let status = (self.0)(url).unwrap_or(200);
            json!({"id": part["id"], "status": status, "body": {"url": url, "headers": part["headers"], "hint": "abc"}})
        };
        ok(json!({"responses": body["requests"].as_array().unwrap().iter().map(part).collect::<Vec<_>>()}))
    }
}

fn without_hint(row: &mut Value) {
    if let Some(row) = row.as_object_mut() {
        row.remove("hint");
    }
}

fn kept(name: &str) -> Resource {
    things().segment(name).keeping(without_hint)
}

#[tokio::test]
async fn headers_are_on_every_page_and_in_every_part() {
    let server = MockServer::start().await;
    let place = "/beta/deviceManagement/things";
    let link = json!(format!("{}{place}?$skiptoken=2", server.uri()));
    serve(&server, place, in_turn(vec![ok(json!({"value": [1], "@odata.nextLink": link})), ok(json!({"value": []}))])).await;
    serve(&server, "/beta/$batch", Parts(|_| None)).await;
    serve(&server, "/v1.0/directoryObjects/getByIds", ok(json!({"value": []}))).await;
    let client = connect(&server).await;
    let resource = Resource::new(Version::Beta, "/deviceManagement/things").page_size(50).counting();
    all_rows(&mut client.pages(&resource)).await.unwrap();
    let parts = client.batch(std::slice::from_ref(&resource)).await;
    client.get_by_ids(&["a"], &["group"]).await.unwrap();
    let seen = server.received_requests().await.unwrap();
    assert_eq!(seen.len(), 4);
    for request in &seen[..2] {
        assert_eq!(request.headers["prefer"], "include-unknown-enum-members, odata.maxpagesize=50");
        assert_eq!(request.headers.get_all("prefer").iter().count(), 1);
        assert_eq!(request.headers["consistencylevel"], "eventual");
    }
    assert!(seen.iter().all(|request| request.headers["x-ms-throttle-priority"] == "Low"));
    let headers = json!({"ConsistencyLevel": "eventual", "Prefer": "include-unknown-enum-members, odata.maxpagesize=50",
        "x-ms-throttle-priority": "Low"});
    assert_eq!(parts[0].as_ref().unwrap()["headers"], headers);
}

#[tokio::test]
async fn what_was_read_is_reduced_remembered_and_not_asked_for_again() {
    let server = MockServer::start().await;
    let link = json!(format!("{}/v1.0/things?$skiptoken=2", server.uri()));
    let first = json!({"@odata.context": "c", "value": [{"id": "1", "hint": "abc"}], "@odata.nextLink": link});
    serve(&server, "/v1.0/things", in_turn(vec![ok(first), status(403), ok(json!({"value": [{"id": "2", "hint": "d"}]}))])).await;
    serve(&server, "/v1.0/things/one", ok(json!({"id": "one", "hint": "abc"}))).await;
    serve(&server, "/v1.0/$batch", Parts(|url| url.ends_with("denied").then_some(403))).await;
    serve(&server, "/v1.0/directoryObjects/getByIds", ok(json!({"value": [{"id": "g", "hint": "abc"}]}))).await;
    let list = things().keeping(without_hint);
    let notes = Arc::new(Notes::default());
    let client = connect(&server).await.remembering(notes.clone());
    let mut pages = client.pages(&list);
    assert_eq!(pages.next().await, Ok(Some(vec![json!({"id": "1"})])));
    assert!(pages.next().await.is_err());
    let one = client.get(&kept("one")).await.unwrap();
    let parts = [kept("two"), kept("denied"), kept("one"), things().segment("unkept")];
    let before = client.batch(&parts).await;
    let groups = client.get_by_ids_keeping(&["g"], &["group"], without_hint).await.unwrap();
    assert_eq!(one, json!({"id": "one"}));
    assert_eq!(groups, [json!({"id": "g"})]);
    assert!(before[0].as_ref().unwrap().get("hint").is_none() && before[3].as_ref().unwrap().get("hint").is_some());
    let asked = server.received_requests().await.unwrap().len();

    let client = connect(&server).await.remembering(notes.next_run());
    assert_eq!(all_rows(&mut client.pages(&list)).await.unwrap(), [json!({"id": "1"}), json!({"id": "2"})]);
    assert_eq!(client.get(&kept("two")).await.as_ref(), Ok(before[0].as_ref().unwrap()));
    let after = client.batch(&parts).await;
    // The last that was kept of what both asked for is the part of the batch.
    assert_eq!(after, before);
    assert_eq!(client.get_by_ids_keeping(&["g"], &["group"], without_hint).await.unwrap(), groups);
    let seen = server.received_requests().await.unwrap();
    let again: Vec<String> = seen[asked..].iter().map(|request| request.url.path().to_owned()).collect();
    assert_eq!(again, ["/v1.0/things", "/v1.0/$batch"]);
    let body: Value = seen[asked + 1].body_json().unwrap();
    let urls: Vec<&Value> = body["requests"].as_array().unwrap().iter().map(|part| &part["url"]).collect();
    assert_eq!(urls, ["/things/denied", "/things/unkept"]);

    let all = [kept("one"), kept("two")];
    assert!(client.batch(&all).await.iter().all(Result::is_ok));
    assert_eq!(server.received_requests().await.unwrap().len(), seen.len(), "an empty batch was sent");
    let written = format!("{:?}", notes.next_run().earlier);
    assert!(!written.contains("hint") && !written.contains("unkept") && !written.contains("denied"), "{written}");
    assert!(!written.contains(&server.uri()) || written.matches(&server.uri()).count() == 1, "only the link names the origin");
}

#[tokio::test]
async fn what_is_no_list_is_not_remembered() {
    let server = MockServer::start().await;
    serve(&server, "/v1.0/things", in_turn(vec![ok(json!({"value": 7})), ok(json!({"value": [1]}))])).await;
    let notes = Arc::new(Notes::default());
    let list = things().keeping(|_| {});
    assert!(all_rows(&mut connect(&server).await.remembering(notes.clone()).pages(&list)).await.is_err());
    let client = connect(&server).await.remembering(notes.next_run());
    assert_eq!(all_rows(&mut client.pages(&list)).await.unwrap(), [1]);
}

#[tokio::test]
async fn rows_that_come_twice_are_given_once() {
    let server = MockServer::start().await;
    let link = json!(format!("{}/v1.0/things?$skiptoken=2", server.uri()));
    let (one, changed) = (json!({"id": "1", "n": 1}), json!({"id": "1", "n": 2}));
    let pages = vec![ok(json!({"value": [one, one, 7], "@odata.nextLink": link})), ok(json!({"value": [changed, one, 7, {"n": 3}]}))];
    serve(&server, "/v1.0/things", in_turn(pages)).await;
    let rows = all_rows(&mut connect(&server).await.pages(&things())).await.unwrap();
    assert_eq!(rows, [one, json!(7), changed, json!(7), json!({"n": 3})]);
}

/// A gzip stream of one stored block that promises more than is there.
fn cut_gzip() -> Vec<u8> {
    let head = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
    let block = [1, 20, 0, !20, !0];
    [&head[..], &block, b"{\"value\": [1"].concat()
}

#[tokio::test]
async fn what_cannot_be_unpacked_is_tried_again_to_the_end() {
    let attempts = u64::from(RetryPolicy::default().attempts);
    for body in [b"{\"value\": [1, 2]}".to_vec(), cut_gzip(), b"\x1f\x8b".to_vec()] {
        let broken = status(200).insert_header("Content-Encoding", "gzip").set_body_bytes(body);
        let server = MockServer::start().await;
        serve(&server, "/v1.0/things", in_turn(vec![broken.clone(), ok(json!({"value": [1]}))])).await;
        assert_eq!(connect(&server).await.get(&things()).await, Ok(json!({"value": [1]})));
        server.reset().await;
        serve(&server, "/v1.0/things", broken).await;
        let counter = Counter::default();
        let error = connect(&server).await.counted(&counter).get(&things()).await.unwrap_err();
        assert_eq!(error.to_string(), "failed: GET /v1.0/things: answer cannot be unpacked");
        assert_eq!(counter.requests(), attempts);
    }
}

#[tokio::test]
async fn a_proxy_that_wants_a_sign_in_is_named_and_tried_twice() {
    for code in [407, 511] {
        let server = MockServer::start().await;
        serve(&server, "/v1.0/things", status(code).set_body_string("<html>sign in</html>")).await;
        let counter = Counter::default();
        let client = connect(&server).await.counted(&counter);
        let error = client.get(&things()).await.unwrap_err();
        assert!(error.stops_everything() && error.to_string().contains("proxy or network on the way wants a sign-in"), "{error}");
        assert_eq!(counter.requests(), 2);
        assert!(client.was_lost());
    }
}

#[tokio::test]
async fn a_connection_that_is_reset_is_made_again() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        for answer in ["", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}"] {
            let (mut socket, _) = listener.accept().await.unwrap();
            let _ = socket.read(&mut [0; 4096]).await;
            socket.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    let endpoints = Endpoints::new(Cloud::Global, Some(&origin), None).unwrap();
    let client = Client::connect(endpoints, token_credential("opaque"), quick()).await.unwrap();
    assert_eq!(client.get(&things()).await, Ok(json!({})));
    assert!(!client.was_lost());
}

/// A client whose seconds last ten milliseconds, for limits and waits alike.
async fn hasty(server: &MockServer) -> Client {
    let settings = Settings { retry: RetryPolicy { scale: 0.01, ..RetryPolicy::default() }, ..quick() };
    Client::connect(endpoints(server), token_credential("opaque"), settings).await.unwrap()
}

#[tokio::test]
async fn a_list_keeps_to_the_limit_of_its_workload() {
    struct Endless(String);
    impl Respond for Endless {
        fn respond(&self, request: &Request) -> ResponseTemplate {
            let page: u32 = request.url.query_pairs().find(|(name, _)| name == "page").map_or(0, |(_, page)| page.parse().unwrap());
            let next = (page < 11).then(|| format!("{}?page={}", self.0, page + 1));
            ok(json!({"value": [page], "@odata.nextLink": next}))
        }
    }
    let server = MockServer::start().await;
    let place = "/beta/reports/things";
    serve(&server, place, Endless(format!("{}{place}", server.uri()))).await;
    let client = hasty(&server).await;
    let begun = Instant::now();
    assert_eq!(all_rows(&mut client.pages(&Resource::new(Version::Beta, "/reports/things"))).await.unwrap().len(), 12);
    // Twelve pages at five in ten seconds: the eleventh waits for two spans.
    assert!(begun.elapsed() >= Duration::from_millis(200), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_batch_holds_no_more_than_its_workload_takes_at_once() {
    let server = MockServer::start().await;
    serve(&server, "/beta/$batch", Parts(|_| None)).await;
    let reports = (0..7).map(|number| Resource::new(Version::Beta, "/reports/things").segment(&number.to_string()));
    let wanted: Vec<Resource> = reports.chain((0..21).map(|_| Resource::new(Version::Beta, "/deviceManagement/things"))).collect();
    assert!(connect(&server).await.batch(&wanted).await.iter().all(Result::is_ok));
    let seen = server.received_requests().await.unwrap();
    let of = |request: &Request, folder: &str| String::from_utf8_lossy(&request.body).matches(&format!("\"url\":\"{folder}")).count();
    let mut reports: Vec<usize> = seen.iter().map(|request| of(request, "/reports")).filter(|count| *count > 0).collect();
    reports.sort_unstable();
    assert_eq!(reports, [2, 5]);
    assert!(seen.iter().all(|request| of(request, "/") <= 20));
    assert_eq!(seen.iter().map(|request| of(request, "/")).sum::<usize>(), 28);
}

#[tokio::test]
async fn a_refusal_holds_back_everybody_who_reads_that_workload_and_nobody_else() {
    let server = MockServer::start().await;
    let (folder, other) = ("/v1.0/deviceManagement/one", "/v1.0/deviceManagement/two");
    serve(&server, folder, in_turn(vec![status(429).insert_header("Retry-After", "60"), ok(json!({}))])).await;
    serve(&server, other, ok(json!({}))).await;
    serve(&server, "/v1.0/things", ok(json!({}))).await;
    let client = hasty(&server).await;
    let begun = Instant::now();
    let read = |path| {
        let client = client.clone();
        async move {
            client.get(&Resource::new(Version::V1, path)).await.unwrap();
            begun.elapsed()
        }
    };
    let late = |path| async move {
        tokio::time::sleep(Duration::from_millis(100)).await;
        read(path).await
    };
    let (one, two, things) = tokio::join!(read("/deviceManagement/one"), late("/deviceManagement/two"), late("/things"));
    let pause = Duration::from_millis(600);
    assert!(one >= pause && two >= pause && things < pause, "{one:?} {two:?} {things:?}");
    assert_eq!(server.received_requests().await.unwrap().len(), 4);
}

#[tokio::test]
async fn once_the_run_has_waited_enough_every_further_refusal_ends_at_once() {
    let server = MockServer::start().await;
    Mock::given(wiremock::matchers::any()).respond_with(status(429).insert_header("Retry-After", "100")).mount(&server).await;
    let retry = RetryPolicy { waiting: Duration::from_secs(250), ..quick().retry };
    let client = Client::connect(endpoints(&server), token_credential("opaque"), Settings { retry, ..quick() }).await.unwrap();
    let requests = |counter: &Counter| counter.requests();
    let (first, second) = (Counter::default(), Counter::default());
    let error = client.counted(&first).get(&things()).await.unwrap_err();
    assert!(matches!(error, Error::Throttled { .. }), "{error}");
    // Two waits of 100 s fit into 250 s, a third does not.
    assert_eq!(requests(&first), 3);
    let error = client.counted(&second).get(&things()).await.unwrap_err();
    assert!(matches!(error, Error::Throttled { .. }) && requests(&second) == 1, "{error}");
}

#[tokio::test]
async fn a_workload_that_refuses_a_whole_batch_to_the_end_is_asked_no_more() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/v1.0/$batch"))
        .respond_with(Parts(|url| (!url.contains("fine")).then_some(429)))
        .mount(&server)
        .await;
    let wanted: Vec<Resource> = (0..400).map(|number| things().segment(&number.to_string())).collect();
    let counter = Counter::default();
    let results = connect(&server).await.counted(&counter).batch(&wanted).await;
    for (resource, result) in wanted.iter().zip(&results) {
        let error = result.as_ref().unwrap_err();
        assert_eq!(error, &Error::Throttled { what: resource.what(), detail: "status 429".to_owned() });
    }
    // Four lanes, each with one budget, and not twenty.
    assert_eq!(counter.requests(), 4 * u64::from(RetryPolicy::default().attempts));
}

#[tokio::test]
async fn what_is_no_answer_to_a_batch_is_tried_once_more() {
    let server = MockServer::start().await;
    serve(&server, "/v1.0/$batch", ok(json!({"value": []}))).await;
    let counter = Counter::default();
    let results = connect(&server).await.counted(&counter).batch(&[things(), things()]).await;
    assert!(results.iter().all(|result| matches!(result, Err(Error::Failed { .. }))));
    assert_eq!(counter.requests(), 2);
}

#[tokio::test]
async fn once_nobody_is_there_every_other_read_tries_once() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let endpoints = Endpoints::new(Cloud::Global, Some(&format!("http://{free}")), None).unwrap();
    let client = Client::connect(endpoints, token_credential("opaque"), quick()).await.unwrap();
    let mut made = Vec::new();
    for _ in 0..2 {
        let counter = Counter::default();
        assert!(matches!(client.counted(&counter).get(&things()).await, Err(Error::Unreachable { .. })));
        made.push(counter.requests());
    }
    assert_eq!(made, [u64::from(RetryPolicy::default().connect_attempts), 1]);
}
