use super::*;
use crate::graph::{Cloud, Pacing};
use proptest::prelude::*;
use wiremock::matchers::{body_partial_json, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

const ID: &str = "0a1b2c3d-0000-4000-8000-000000000001";
const TOKEN: &str = "token-of-the-run";

fn span() -> Span {
    Span { from: "2026-11-01T00:00:00Z".parse().unwrap(), to: "2026-11-02T00:00:00Z".parse().unwrap() }
}

async fn workspace(server: &MockServer) -> Workspace {
    let endpoints = Endpoints::new(Cloud::Global, None, None).unwrap().log_analytics(Some(&server.uri())).unwrap();
    let credential = Credential::AccessToken { token: TOKEN.into(), tenant: Some("contoso.example".into()) };
    let settings = Settings::new("2026-11-22T12:00:00Z".parse().unwrap());
    let retry = RetryPolicy { scale: 0.001, ..RetryPolicy::default() };
    Workspace::connect(endpoints, credential, Settings { retry, pacing: Pacing::Off, ..settings }).await.unwrap()
}

fn answer(more: Value) -> Value {
    let mut body = json!({"tables": [{"name": "PrimaryResult", "columns": [{"name": "a", "type": "long"}], "rows": [[1], [2]]}]});
    if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
        body.extend(more);
    }
    body
}

/// Asks once a server that gives these answers one after the other.
async fn ask(answers: Vec<ResponseTemplate>) -> (Result<Answer, Error>, u64) {
    let server = MockServer::start().await;
    let last = answers.len() - 1;
    for (at, answer) in answers.into_iter().enumerate() {
        let times = if at == last { u64::MAX } else { 1 };
        Mock::given(method("POST")).respond_with(answer).up_to_n_times(times).with_priority(1 + at as u8).mount(&server).await;
    }
    let workspace = workspace(&server).await;
    (workspace.query(ID, "T | count", span()).await, workspace.queries())
}

fn refused(status: u16, body: Value) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(body)
}

fn two_rows() -> Table {
    Table { columns: vec!["a".into()], rows: vec![vec![json!(1)], vec![json!(2)]] }
}

#[tokio::test]
async fn a_query_names_its_span_its_patience_and_its_token() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path(format!("/v1/workspaces/{ID}/query")))
        .and(header("prefer", "wait=600"))
        .and(header("authorization", format!("Bearer {TOKEN}").as_str()))
        .and(body_partial_json(json!({"query": "T | count", "timespan": "2026-11-01T00:00:00Z/2026-11-02T00:00:00Z"})))
        .respond_with(refused(200, answer(json!({}))))
        .expect(1)
        .mount(&server)
        .await;
    assert_eq!(workspace(&server).await.query(ID, "T | count", span()).await, Ok(Answer::Whole(two_rows())));
}

#[tokio::test]
async fn load_is_waited_out_with_and_without_a_word_of_how_long() {
    let busy = || refused(429, json!({"error": {"code": "ThrottledError"}}));
    let (answered, queries) = ask(vec![busy().insert_header("retry-after", "1"), busy(), refused(200, answer(json!({})))]).await;
    assert_eq!((answered, queries), (Ok(Answer::Whole(two_rows())), 3));
    let (answered, queries) = ask(vec![busy()]).await;
    assert!(matches!(answered, Err(Error::Throttled { .. })) && queries == 8, "{answered:?} {queries}");
}

#[tokio::test]
async fn what_takes_too_long_or_is_too_much_is_no_failure() {
    let large = json!({"error": {"code": "BadArgumentError", "innererror": {"code": "E_RUNAWAY_QUERY", "message": "memory budget"}}});
    for refusal in [refused(504, json!({"error": {"code": "GatewayTimeout"}})), ResponseTemplate::new(413), refused(400, large)] {
        let (answered, queries) = ask(vec![refusal]).await;
        assert!(matches!(answered, Ok(Answer::TooMuch(_))) && queries == 1, "{answered:?} {queries}");
    }
}

/// As the service writes it; the numbers and sentences are those of public reports.
fn partial(code: &str, message: &str, severity: i64) -> Value {
    let inner = json!({"code": code, "message": message, "severity": severity, "severityName": "?"});
    let detail =
        json!({"code": "EngineError", "message": "Something went wrong processing your query on the server.", "innererror": inner});
    json!({"error": {"code": "PartialError", "message": "There were some errors when processing your query.", "details": [detail]}})
}

#[tokio::test]
async fn a_partial_result_is_named_as_such() {
    let cut = "Query result set has exceeded the internal data size limit 64000000 (E_QUERY_RESULT_SET_TOO_LARGE)";
    for (code, message, too_much) in [("-2133196797", cut, true), ("-2133196790", "a shard could not be read", false)] {
        let (answered, _) = ask(vec![refused(200, answer(partial(code, message, 2)))]).await;
        let Ok(Answer::Partial(table, shortfall)) = answered else { panic!("{answered:?}") };
        assert_eq!((table, shortfall), (two_rows(), Shortfall { said: message.to_owned(), too_much }));
    }
    let bare = json!({"error": {"code": "PartialError", "message": "half"}});
    let (answered, _) = ask(vec![refused(200, answer(bare))]).await;
    assert!(matches!(answered, Ok(Answer::Partial(..))), "{answered:?}");
}

#[tokio::test]
async fn a_warning_costs_no_rows() {
    let (answered, _) = ask(vec![refused(200, answer(partial("-2133196790", "failed to analyze an expression", 3)))]).await;
    assert_eq!(answered, Ok(Answer::Whole(two_rows())));
}

#[tokio::test]
async fn a_table_that_is_not_there_is_told_from_a_wrong_query() {
    let semantic = |message: &str| {
        let inner = json!({"code": "SemanticError", "message": "A semantic error occurred.", "innererror": {"code": "SEM0100", "message": message}});
        json!({"error": {"message": "The request had some invalid properties", "code": "BadArgumentError", "innererror": inner}})
    };
    let missing = "'where' operator: Failed to resolve table or column expression named 'MicrosoftGraphActivityLogs'";
    assert_eq!(ask(vec![refused(400, semantic(missing))]).await.0, Ok(Answer::NoTable));
    let (answered, queries) = ask(vec![refused(400, semantic("a query could not be parsed"))]).await;
    assert!(matches!(&answered, Err(Error::Failed { detail, .. }) if detail.contains("parsed")) && queries == 1, "{answered:?}");
}

#[tokio::test]
async fn refusals_are_sorted_and_hold_no_token() {
    let of = |code: &str| json!({"error": {"code": code, "message": format!("you sent {TOKEN}")}});
    let (answered, queries) = ask(vec![refused(403, of("InsufficientAccessError"))]).await;
    let Err(error @ Error::Permission { .. }) = answered else { panic!("{answered:?}") };
    assert!(!error.to_string().contains(TOKEN) && queries == 1, "{error}");
    let (answered, _) = ask(vec![refused(403, of("InvalidAuthenticationTokenAudience"))]).await;
    let Err(error @ Error::SignIn { .. }) = answered else { panic!("{answered:?}") };
    assert!(error.to_string().contains("Log Analytics") && !error.to_string().contains(TOKEN), "{error}");
    let (answered, queries) = ask(vec![refused(500, of("InternalServerError"))]).await;
    assert!(matches!(answered, Err(Error::Failed { .. })) && queries == 2, "{answered:?} {queries}");
    let (answered, _) = ask(vec![refused(404, of("WorkspaceNotFoundError"))]).await;
    assert!(matches!(answered, Err(Error::Failed { .. })), "{answered:?}");
}

#[tokio::test]
async fn an_answer_that_is_no_table_is_a_failure() {
    for body in [json!({}), json!({"tables": []}), json!({"tables": [{"columns": [], "rows": 7}]}), json!([])] {
        let (answered, _) = ask(vec![refused(200, body)]).await;
        assert!(matches!(answered, Err(Error::Failed { .. })), "{answered:?}");
    }
}

#[tokio::test]
async fn a_workspace_is_named_by_its_id() {
    let server = MockServer::start().await;
    for bad in ["", "contoso-logs", "../0a1b2c3d-0000-4000-8000-000000000001"] {
        let refused = workspace(&server).await.query(bad, "T", span()).await;
        assert!(matches!(refused, Err(Error::Settings { .. })), "{bad}");
    }
    assert!(server.received_requests().await.unwrap().is_empty());
}

#[test]
fn every_cloud_asks_for_tokens_of_its_own() {
    for (cloud, api, scope) in [
        (Cloud::Global, "https://api.loganalytics.azure.com", "https://api.loganalytics.io/.default"),
        (Cloud::UsGov, "https://api.loganalytics.us", "https://api.loganalytics.us/.default"),
        (Cloud::China, "https://api.loganalytics.azure.cn", "https://api.loganalytics.azure.cn/.default"),
    ] {
        let endpoints = Endpoints::new(cloud, None, None).unwrap().log_analytics(None).unwrap();
        assert_eq!((endpoints.graph(), endpoints.scope().as_str()), (api, scope));
        assert!(endpoints.accepts(api) && endpoints.accepts("ca7f3f0b-7d91-482c-8e09-c5d840d0eac5"));
        assert!(!endpoints.accepts("https://graph.microsoft.com") && !endpoints.accepts("00000003-0000-0000-c000-000000000000"));
    }
}

proptest! {
    #[test]
    fn any_json_is_read_without_panic(body in any_json()) {
        let token = SecretString::from(TOKEN);
        let _ = shortfall(&body, &token);
        let _ = Refusal { status: 400, body: &body, what: "POST", token: &token }.judge(None, "Log Analytics");
        let _ = table(&mut body.clone());
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let names = prop_oneof![
        Just("error"),
        Just("innererror"),
        Just("details"),
        Just("message"),
        Just("severity"),
        Just("tables"),
        Just("rows"),
        Just("columns")
    ];
    let leaf = prop_oneof![Just(Value::Null), any::<i64>().prop_map(Value::from), ".{0,12}".prop_map(Value::from)];
    leaf.prop_recursive(5, 40, 4, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            proptest::collection::btree_map(names.clone().prop_map(str::to_owned), inner, 0..4).prop_map(|map| json!(map)),
        ]
    })
}
