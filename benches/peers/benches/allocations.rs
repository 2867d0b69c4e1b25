//! Allocations of seal, of open and of a request that does not touch its session, as JSON:
//! `scripts/performance` makes a table of them. `beyond` leaves out those of the data itself: the
//! blocks that the opened data are made of.

use http::{HeaderMap, HeaderValue, Method, StatusCode};
use sealed_session::{KeyRing, Sessions, Suite};
use sealed_session_benches::{Example, Payload, empty, one_kilobyte, shop, small, three_kilobytes};
use serde_json::{Value, json};
use std::hint::black_box;

fn main() {
    let mut rows = Vec::new();
    both(&mut rows, &empty());
    both(&mut rows, &small());
    both(&mut rows, &shop());
    both(&mut rows, &one_kilobyte());
    both(&mut rows, &three_kilobytes());
    println!("{}", json!(rows));
}

fn both<T: Payload>(rows: &mut Vec<Value>, example: &Example<T>) {
    rows.push(row(example.name, "typed", &example.typed));
    rows.push(row(example.name, "map", &example.map()));
}

fn row<T: Payload>(payload: &str, form: &str, data: &T) -> Value {
    let sessions = Sessions::<T>::new(
        KeyRing::generate(Suite::Xaes256Gcm).expect("the system has randomness"),
    )
    .unwrap();
    let value = sessions.seal(data).expect("it fits");
    let mut request = HeaderMap::new();
    let field = format!("__Host-Http-session={value}");
    request.insert("cookie", HeaderValue::from_str(&field).expect("base64url"));
    let untouched = || {
        let session = sessions.load((&Method::GET, &request));
        let mut answer = HeaderMap::new();
        sessions.commit(&session, StatusCode::OK, &mut answer).expect("there is nothing to seal");
    };
    let seal = count(|| drop(black_box(sessions.seal(data))));
    drop(sessions.open(&value));
    let mut opened = None;
    let open = allocation_counter::measure(|| opened = sessions.open(&value).ok());
    assert!(opened.is_some(), "it was sealed just now");
    let (open, own) =
        (i64::try_from(open.count_total).expect("a small number"), open.count_current);
    json!({
        "payload": payload, "form": form, "data": own,
        "seal": seal, "open": open, "open_beyond": open - own, "untouched": count(untouched),
    })
}

/// Of the second call: what is set up once in a process's life is not part of it.
fn count(mut run: impl FnMut()) -> i64 {
    run();
    i64::try_from(allocation_counter::measure(run).count_total).expect("a small number")
}
