//! Faults, throttling and the record of what was sent, over HTTP.

use super::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const ORGANIZATION: &str = "/v1.0/organization";

/// What a client sees that does not understand HTTP: every byte until the connection ends.
async fn raw(wire: &Wire, path: &str) -> Vec<u8> {
    let mut stream = TcpStream::connect(wire.simulator.origin().strip_prefix("http://").unwrap()).await.unwrap();
    let head = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\r\n", wire.token);
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes).await;
    bytes
}

fn split(bytes: &[u8]) -> (String, &[u8]) {
    let at = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    (String::from_utf8(bytes[..at].to_vec()).unwrap().to_lowercase(), &bytes[at + 4..])
}

#[tokio::test]
async fn answers_of_gateways_and_proxies_come_in_their_own_form() {
    for (kind, status, told) in [
        (FaultKind::BadGateway, 502, "<html>"),
        (FaultKind::GatewayTimeout, 504, "error"),
        (FaultKind::ProxyLogin, 200, "<!DOCTYPE html>"),
        (FaultKind::ProxyAuthentication, 407, "<html>"),
        (FaultKind::NotLicensed, 403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant"),
        (FaultKind::TokenExpired, 401, "InvalidAuthenticationToken"),
    ] {
        let wire = Wire::failing("/organization", kind).await;
        let response = wire.send(ORGANIZATION).await.unwrap();
        let (seen, html) = (response.status().as_u16(), response.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
        let text = response.text().await.unwrap();
        assert_eq!((seen, html), (status, text.contains("html>")), "{kind:?}");
        assert!(text.contains(told), "{kind:?}: {text}");
        assert_eq!(wire.get(ORGANIZATION).await.0, 200);
    }
}

#[tokio::test]
async fn waits_are_given_in_seconds_and_as_dates() {
    let wire = Wire::failing("/organization", FaultKind::ServiceUnavailableFor { retry_after: 4 }).await;
    let response = wire.send(ORGANIZATION).await.unwrap();
    assert_eq!((response.status().as_u16(), &response.headers()["retry-after"]), (503, &"4".parse().unwrap()));
    let wire = Wire::failing("/organization", FaultKind::TooManyRequestsUntil { seconds: 30 }).await;
    let before = Utc::now();
    let response = wire.send(ORGANIZATION).await.unwrap();
    let date = response.headers()["retry-after"].to_str().unwrap();
    let wait = DateTime::parse_from_rfc2822(date).unwrap().to_utc() - before;
    assert!((28..=31).contains(&wait.num_seconds()), "{date}");
}

#[tokio::test]
async fn a_connection_is_closed_without_a_word() {
    let wire = Wire::failing("/organization", FaultKind::ConnectionClosed).await;
    assert_eq!(raw(&wire, ORGANIZATION).await, b"");
    let closed = &wire.simulator.requests()[1];
    assert_eq!((closed.status, closed.finished), (0, None));
    assert_eq!(wire.get(ORGANIZATION).await.0, 200);
}

#[tokio::test]
async fn bodies_are_no_gzip_or_cut() {
    let wire = Wire::failing("/organization", FaultKind::NotGzip).await;
    let bytes = raw(&wire, ORGANIZATION).await;
    let (head, body) = split(&bytes);
    assert!(head.contains("content-encoding: gzip") && body.starts_with(b"{"));
    let wire = Wire::failing("/organization", FaultKind::CutGzip).await;
    let bytes = raw(&wire, ORGANIZATION).await;
    let (head, body) = split(&bytes);
    assert!(head.contains("content-encoding: gzip") && body.starts_with(&[0x1f, 0x8b]));
    assert!(head.contains(&format!("content-length: {}", body.len())));
    let wire = Wire::failing("/organization", FaultKind::CutJson).await;
    let text = wire.send(ORGANIZATION).await.unwrap().text().await.unwrap();
    assert!(text.starts_with('{') && serde_json::from_str::<Value>(&text).is_err());
}

#[tokio::test]
async fn a_whole_gzip_body_is_one_that_others_can_read() {
    let bytes = gzip::stored(&[b'x'; 70_000]);
    // reqwest decodes it, which nothing else in this test could.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 1_000]).await.unwrap();
        let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", bytes.len());
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(&bytes).await.unwrap();
    });
    let wire = Wire::new().await;
    assert_eq!(wire.client.get(origin).send().await.unwrap().text().await.unwrap().len(), 70_000);
}

#[tokio::test]
async fn an_answer_hangs_for_as_long_as_asked() {
    let wire = Wire::failing("/organization", FaultKind::Hangs(Duration::from_millis(150))).await;
    let begun = std::time::Instant::now();
    assert_eq!(wire.get(ORGANIZATION).await.0, 200);
    assert!(begun.elapsed() >= Duration::from_millis(150));
}

#[tokio::test]
async fn a_list_fails_for_good_from_its_second_page_on() {
    let wire = Wire::planted(Fault::new("/servicePrincipals", FaultKind::InternalError).after(1).always()).await;
    let (status, body) = wire.get("/v1.0/servicePrincipals").await;
    assert_eq!(status, 200);
    let next = body["@odata.nextLink"].as_str().unwrap();
    for _ in 0..3 {
        assert_eq!(wire.get(next).await.0, 500);
    }
    assert_eq!(wire.get(ORGANIZATION).await.0, 200);
}

#[tokio::test]
async fn parts_of_a_batch_go_missing_or_are_odd() {
    let requests = json!({"requests": [{"id": "a", "method": "GET", "url": "/organization"}, {"id": "b", "method": "GET", "url": "/applications?$top=1"}]});
    let parts = async |kind: FaultKind| {
        let wire = Wire::failing("/organization", kind).await;
        let (status, body) = wire.post("/v1.0/$batch", &requests).await;
        assert_eq!(status, 200);
        body["responses"].as_array().unwrap().clone()
    };
    let missing = parts(FaultKind::BatchItemMissing).await;
    assert_eq!((missing.len(), &missing[0]["id"]), (1, &json!("b")));
    assert_eq!(parts(FaultKind::BatchItemStatusText).await[1]["status"], "200");
    assert!(parts(FaultKind::InternalQueryBroker).await[1]["body"].to_string().contains("query broker"));
    assert_eq!(parts(FaultKind::ConnectionClosed).await[1]["status"], 504);
    assert!(parts(FaultKind::ProxyLogin).await[1]["body"].as_str().unwrap().contains("html"));
}

#[tokio::test]
async fn a_clock_that_is_off_shows_in_dates_and_tokens() {
    let wire = Wire::with(Settings { clock_skew_minutes: 45, ..Settings::default() }).await;
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(wire.token.split('.').nth(1).unwrap()).unwrap()).unwrap();
    let ahead = claims["iat"].as_i64().unwrap() - Utc::now().timestamp();
    assert!((44 * 60..=45 * 60).contains(&ahead), "{ahead}");
    let response = wire.send(ORGANIZATION).await.unwrap();
    let date = DateTime::parse_from_rfc2822(response.headers()["date"].to_str().unwrap()).unwrap().to_utc();
    assert!((date - Utc::now()).num_minutes() >= 44);
    assert_eq!(response.status(), 200);
}

#[tokio::test]
async fn parts_of_a_batch_are_throttled_one_by_one() {
    let wire = Wire::with(Settings { limits: Limits::documented(), ..Settings::default() }).await;
    let path = "/reports/servicePrincipalSignInActivities?$top=1";
    let items: Vec<Value> = (0..8).map(|id| json!({"id": id.to_string(), "method": "GET", "url": path})).collect();
    let (status, body) = wire.post("/beta/$batch", &json!({"requests": items})).await;
    let refused = body["responses"].as_array().unwrap().iter().filter(|part| part["status"] == 429).count();
    assert_eq!((status, refused), (200, 3));
    assert_eq!(wire.simulator.throttled(), BTreeMap::from([("reports", 3)]));
    let response = wire.send(&format!("/beta{path}")).await.unwrap();
    assert_eq!((response.status().as_u16(), response.headers().get("retry-after")), (429, None));
    assert_eq!(wire.send(ORGANIZATION).await.unwrap().headers()["x-ms-resource-unit"], "1");
}

#[tokio::test]
async fn the_record_tells_which_answers_went_out_whole() {
    let fault = Fault::new("/applications", FaultKind::Hangs(Duration::from_secs(60)));
    let wire = Wire::planted(fault).await;
    assert_eq!(wire.list("/v1.0/servicePrincipals?$top=200").await.1, 2);
    let left = wire.client.get(wire.url("/v1.0/applications")).bearer_auth(&wire.token).timeout(Duration::from_millis(100)).send().await;
    assert!(left.is_err());
    let requests = wire.simulator.requests();
    let pages: Vec<_> = requests.iter().filter(|request| request.path_and_query.contains("/servicePrincipals")).collect();
    assert!(pages.iter().all(|page| page.status == 200 && page.finished.unwrap() >= page.started));
    let last = requests.last().unwrap();
    assert_eq!((last.status, last.finished), (0, None));
    assert!(requests.windows(2).all(|two| two[0].started <= two[1].started));
}

#[tokio::test]
async fn a_body_that_the_client_does_not_take_is_not_finished() {
    let wire = Wire::with(Settings { service_principals: 20_000, ..Settings::default() }).await;
    let mut stream = TcpStream::connect(wire.simulator.origin().strip_prefix("http://").unwrap()).await.unwrap();
    // Many answers on one connection of which none is read: the buffers of the network are full before the last.
    for _ in 0..40 {
        let head = format!("GET /v1.0/servicePrincipals?$top=999 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\r\n", wire.token);
        let _ = tokio::time::timeout(Duration::from_millis(200), stream.write_all(head.as_bytes())).await;
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    drop(stream);
    tokio::time::sleep(Duration::from_millis(200)).await;
    let requests = wire.simulator.requests();
    let answered = requests.iter().filter(|request| request.status == 200).count();
    let finished = requests.iter().filter(|request| request.finished.is_some()).count();
    assert!(finished < answered, "{finished} of {answered}");
}
