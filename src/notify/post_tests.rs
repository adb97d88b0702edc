//! Posting, over the wire: what is taken, what is asked again and for how long, and that the address is in nothing that is said.

use super::{Address, Endpoint, Error, Format, Notice, Patience, post};
use chrono::DateTime;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::{Duration, Instant};
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

const PATH: &str = "/hooks/hunter2";

/// Short waits, and a budget that no test spends unless it means to.
fn patience() -> Patience {
    let milliseconds = Duration::from_millis;
    Patience {
        total: milliseconds(20_000),
        attempt: milliseconds(10_000),
        connect: milliseconds(10_000),
        first_wait: milliseconds(5),
        attempts: 4,
    }
}

fn notice() -> Notice {
    Notice {
        tenant_id: "t1".to_owned(),
        tenant_name: None,
        taken_at: DateTime::UNIX_EPOCH,
        earlier: None,
        headline: "0 automations write to Intune".to_owned(),
        findings: None,
        not_seen: None,
        items: Vec::new(),
        changes: 0,
        hint: "x".to_owned(),
    }
}

fn endpoint(origin: &str) -> Endpoint {
    let Ok(address) = format!("{origin}{PATH}?sig=hunter3").parse::<Address>();
    Endpoint::new(&address).unwrap()
}

/// Posts, and makes sure that no error tells the address.
async fn posted(origin: &str, patience: &Patience) -> Result<(), Error> {
    let posted = post(&endpoint(origin), Format::Json, &notice(), patience).await;
    if let Err(error) = &posted {
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("hunter") && !shown.contains("hooks"), "{shown}");
    }
    posted
}

async fn answering(answers: &[ResponseTemplate]) -> MockServer {
    let server = MockServer::start().await;
    for (at, answer) in answers.iter().enumerate() {
        let last = at + 1 == answers.len();
        let mock = Mock::given(method("POST")).and(path(PATH)).respond_with(answer.clone());
        let mock = if last { mock } else { mock.up_to_n_times(1) };
        mock.with_priority(u8::try_from(at + 1).unwrap()).mount(&server).await;
    }
    server
}

async fn requests(server: &MockServer) -> usize {
    server.received_requests().await.unwrap().len()
}

fn status(status: u16) -> ResponseTemplate {
    ResponseTemplate::new(status)
}

#[tokio::test]
async fn what_is_taken_is_posted_once() {
    for code in [200, 202, 204] {
        let server = MockServer::start().await;
        let json = header("content-type", "application/json; charset=utf-8");
        Mock::given(method("POST")).and(path(PATH)).and(json).respond_with(status(code)).expect(1).mount(&server).await;
        assert_eq!(posted(&server.uri(), &patience()).await, Ok(()));
        let body = server.received_requests().await.unwrap().remove(0).body;
        assert_eq!(serde_json::from_slice::<serde_json::Value>(&body).unwrap()["format"], "maascan.notice");
    }
}

#[tokio::test]
async fn a_refusal_is_not_asked_again() {
    for code in [400, 401, 403, 404, 410, 413] {
        let server = answering(&[status(code)]).await;
        assert_eq!(posted(&server.uri(), &patience()).await, Err(Error::Refused { status: code }));
        assert_eq!(requests(&server).await, 1, "{code}");
    }
}

#[tokio::test]
async fn what_may_pass_is_asked_again_until_it_has_passed() {
    for first in [
        status(500),
        status(503),
        status(429),
        status(429).insert_header("Retry-After", "0"),
        status(429).insert_header("Retry-After", "soon"),
    ] {
        let server = answering(&[first, status(502), status(202)]).await;
        assert_eq!(posted(&server.uri(), &patience()).await, Ok(()));
        assert_eq!(requests(&server).await, 3);
    }
}

#[tokio::test]
async fn what_does_not_pass_is_given_up() {
    let server = answering(&[status(500)]).await;
    assert_eq!(posted(&server.uri(), &patience()).await, Err(Error::Refused { status: 500 }));
    assert_eq!(requests(&server).await, 4);
}

#[tokio::test]
async fn a_wait_that_is_asked_for_is_kept() {
    let server = answering(&[status(429).insert_header("Retry-After", "1"), status(200)]).await;
    let begun = Instant::now();
    assert_eq!(posted(&server.uri(), &patience()).await, Ok(()));
    assert!(begun.elapsed() >= Duration::from_secs(1) && requests(&server).await == 2);
}

#[tokio::test]
async fn nobody_waits_longer_than_there_is_time() {
    let server = answering(&[status(429).insert_header("Retry-After", "86400"), status(200)]).await;
    let begun = Instant::now();
    assert_eq!(posted(&server.uri(), &patience()).await, Err(Error::Refused { status: 429 }));
    assert!(begun.elapsed() < Duration::from_secs(5) && requests(&server).await == 1);
    let server = answering(&[status(500)]).await;
    let short = Patience { total: Duration::from_millis(300), first_wait: Duration::from_millis(100), attempts: 1000, ..patience() };
    assert_eq!(posted(&server.uri(), &short).await, Err(Error::Refused { status: 500 }));
    assert!(requests(&server).await <= 2);
}

#[tokio::test]
async fn a_slow_service_may_have_taken_it() {
    let server = answering(&[status(200).set_delay(Duration::from_secs(60))]).await;
    let short = Patience { attempt: Duration::from_millis(200), ..patience() };
    let begun = Instant::now();
    assert_eq!(posted(&server.uri(), &short).await, Err(Error::Silent));
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn nobody_there_is_asked_again_and_said() {
    // A port on which nobody listens any more.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let refused = posted(&format!("http://127.0.0.1:{port}"), &patience()).await;
    assert!(matches!(&refused, Err(Error::Unreachable(why)) if why.contains("refused")), "{refused:?}");
}

#[tokio::test]
async fn it_goes_to_no_other_place() {
    for code in [301, 302, 303, 307, 308] {
        let elsewhere = MockServer::start().await;
        Mock::given(method("POST")).respond_with(status(200)).mount(&elsewhere).await;
        let server = answering(&[status(code).insert_header("Location", format!("{}/elsewhere", elsewhere.uri()).as_str())]).await;
        assert_eq!(posted(&server.uri(), &patience()).await, Err(Error::Redirected { status: code }));
        assert_eq!((requests(&elsewhere).await, requests(&server).await), (0, 1));
    }
}

/// Answers one request with these bytes, and then goes on and on where `endless`.
fn raw(head: &'static str, endless: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let (mut connection, _) = listener.accept().unwrap();
        let _ = connection.read(&mut [0; 4096]);
        let _ = connection.write_all(head.as_bytes());
        while endless && connection.write_all(&[b'x'; 4096]).is_ok() {}
    });
    origin
}

#[tokio::test]
async fn a_body_without_end_is_not_read() {
    for (head, expected) in [
        ("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", Ok(())),
        ("HTTP/1.1 403 Forbidden\r\nContent-Length: 99999999999\r\n\r\n", Err(Error::Refused { status: 403 })),
    ] {
        let begun = Instant::now();
        assert_eq!(posted(&raw(head, true), &patience()).await, expected);
        assert!(begun.elapsed() < Duration::from_secs(5));
    }
}

#[tokio::test]
async fn what_is_no_answer_is_none() {
    for head in ["", "hunter2 is not HTTP\r\n\r\n", "HTTP/1.1 200"] {
        assert_eq!(posted(&raw(head, false), &patience()).await, Err(Error::Silent), "{head:?}");
    }
}
