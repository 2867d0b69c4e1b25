//! The conformance suite's site on Fastly Compute: `load` and `commit` by hand. The environment
//! says how it is put together, and a KV store holds what `/control` has changed, since each
//! request has an instance of its own.

use fastly::kv_store::KVStore;
use fastly::{Body, ConfigStore, Error};
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use sealed_session::adapter::ErrorResponse;
use sealed_session::{Session, SessionError};
use sealed_session_frameworks::contract::{App, Basket, Contract, Visit};
use sealed_session_frameworks::steps::{self, Reply};
use std::io::Write;

const SAVED: &str = "saved";

fn main() -> Result<(), Error> {
    let request: Request<Body> = fastly::Request::from_client().into();
    let app = ConfigStore::open("site")
        .get("app")
        .and_then(|name| App::named(&name))
        .ok_or_else(|| Error::msg("no kind of server"))?;
    let store = KVStore::open("site")?.ok_or_else(|| Error::msg("no store"))?;
    let contract = Contract::new("__Host-Http-session", "__Host-Http-basket");
    if let Ok(mut saved) = store.lookup(SAVED) {
        contract.resume(&saved.take_body().into_string());
    }
    let controls = request.uri().path().starts_with("/control/");
    answer(app, &contract, request);
    if controls {
        store.insert(SAVED, contract.saved())?;
    }
    Ok(())
}

/// What a handler gives: a response, and what its body says once the head is out.
struct Answered {
    response: Response<String>,
    said_later: Option<Box<dyn FnOnce() -> String>>,
}

impl From<Response<String>> for Answered {
    fn from(response: Response<String>) -> Self {
        Self { response, said_later: None }
    }
}

/// `load`, the handler, `commit`; twice, since there are two sessions.
fn answer(app: App, contract: &Contract, request: Request<Body>) {
    let (head, body) = request.into_parts();
    if app == App::Bare {
        let (route, rest) = parts(head.uri.path());
        return send(unlayered(route, rest, contract).into());
    }
    if app == App::CrossOrigin {
        if let Err(refused) = contract.guarded_baskets.check_cross_origin(&head) {
            return send(Response::<String>::from(refused).into());
        }
    }
    let visits = if app == App::Bound { &contract.bound_visits } else { &contract.visits };
    if let Some(response) = visits.answer_dbsc(&head) {
        return send(response.into());
    }
    let visit = visits.load((&head.method, &head.headers));
    let basket = contract.baskets.load((&head.method, &head.headers));
    let mut answered = handle(&head, body, &visit, &basket, contract)
        .unwrap_or_else(|error| Response::<String>::from(ErrorResponse::from(&error)).into());
    let (status, headers) = (answered.response.status(), answered.response.headers_mut());
    let committed = visits.commit(&visit, status, headers);
    let committed = committed.and_then(|()| contract.baskets.commit(&basket, status, headers));
    if let Err(error) = committed {
        answered = Response::<String>::from(ErrorResponse::after_commit(&error)).into();
    }
    send(answered);
}

fn send(answered: Answered) {
    let (head, body) = answered.response.into_parts();
    let Some(say) = answered.said_later else {
        return fastly::Response::from(Response::from_parts(head, Body::from(body)))
            .send_to_client();
    };
    let mut stream =
        fastly::Response::from(Response::from_parts(head, Body::new())).stream_to_client();
    let _ = stream.write_all(say().as_bytes());
    let _ = stream.finish();
}

fn parts(path: &str) -> (&str, &str) {
    let path = path.trim_start_matches('/');
    path.split_once('/').unwrap_or((path, ""))
}

fn handle(
    head: &http::request::Parts,
    body: Body,
    visit: &Session<Visit>,
    basket: &Session<Basket>,
    contract: &Contract,
) -> Result<Answered, SessionError> {
    let (route, rest) = parts(head.uri.path());
    let (before, within) = rest.split_once('/').unwrap_or((rest, ""));
    let early = |status| Reply {
        status,
        headers: vec![("x-early".into(), "1".into())],
        body: String::new(),
    };
    let later = |prefix: &'static str, suffix: &'static str| {
        let (visit, contract, within) = (visit.clone(), contract.clone(), within.to_owned());
        Some(Box::new(move || {
            format!("{prefix}{}{suffix}", steps::said(&within, &visit, &contract))
        }) as Box<dyn FnOnce() -> String>)
    };
    Ok(match route {
        "do" => response(steps::on(rest, visit, None, contract)?).into(),
        "two" => response(steps::on(rest, visit, Some(basket), contract)?).into(),
        "order" => {
            let method = &head.method;
            let query =
                head.uri.query().and_then(|query| query.strip_prefix("q=")).unwrap_or_default();
            let word = head.headers["x-word"].to_str().unwrap_or_default();
            let user = visit.read(|visit| visit.user);
            Response::new(format!(
                "{method} {rest} {query} {word} {} {user:?}\n",
                body.into_string()
            ))
            .into()
        }
        "stream" => Answered {
            response: response(steps::on(before, visit, None, contract)?),
            said_later: later("", ""),
        },
        "sse" => {
            steps::on(before, visit, None, contract)?;
            let mut events = Response::new(String::new());
            events
                .headers_mut()
                .insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
            Answered { response: events, said_later: later("data: ", "\n") }
        }
        "panic" => {
            let _ = steps::on(rest, visit, None, contract);
            panic!("as the test asks");
        }
        "early" => {
            steps::on(rest, visit, None, contract)?;
            response(early(403)).into()
        }
        "failing" => {
            steps::on(rest, visit, None, contract)?;
            response(early(404)).into()
        }
        _ => unlayered(route, rest, contract).into(),
    })
}

fn unlayered(route: &str, rest: &str, contract: &Contract) -> Response<String> {
    match route {
        "plain" => {
            let headers = [("x-mine", "1"), ("vary", "accept"), ("cache-control", "public")];
            let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
            response(Reply { status: 200, headers, body: "hello".into() })
        }
        "control" => Response::new(contract.control(rest)),
        _ => response(Reply { status: 404, headers: Vec::new(), body: String::new() }),
    }
}

fn response(reply: Reply) -> Response<String> {
    let mut response = Response::new(reply.body);
    *response.status_mut() =
        StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in reply.headers {
        let name = HeaderName::try_from(name).expect("a field's name");
        response.headers_mut().append(name, HeaderValue::try_from(value).expect("a field's value"));
    }
    response
}
