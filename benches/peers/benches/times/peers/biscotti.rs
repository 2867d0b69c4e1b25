//! biscotti's encrypted cookies with serde_json: the request's field and the response's lines
//! through a `Processor`.

use super::{Operations, from_json, json, request, response, secret};
use crate::interleave::Contender;
use biscotti::config::{CryptoAlgorithm, CryptoRule};
use biscotti::time::SignedDuration;
use biscotti::{Key, Processor, ProcessorConfig, RequestCookies, ResponseCookie, ResponseCookies};
use http::HeaderMap;
use sealed_session_benches::Payload;
use std::hint::black_box;
use std::sync::Arc;

const NAME: &str = "biscotti + serde_json";

pub fn add<T: Payload>(operations: &mut Operations<'_>, data: &T) {
    let mut config = ProcessorConfig::default();
    config.crypto_rules.push(CryptoRule {
        cookie_names: vec!["session".to_owned()],
        algorithm: CryptoAlgorithm::Encryption,
        key: Key::from([secret(), secret()].concat()),
        fallbacks: Vec::new(),
    });
    let processor = Arc::new(Processor::from(config));
    let pair = line(&processor, ResponseCookie::new("session", json(data)));
    let characters = pair.len() - "session=".len();
    let (its, data) = (Arc::clone(&processor), data.clone());
    operations.seal.add(
        Contender::new(NAME, move || {
            line(&its, ResponseCookie::new("session", json(black_box(&data))))
        })
        .characters(characters),
    );
    let (its, value) = (Arc::clone(&processor), pair.clone());
    operations.open.add(
        Contender::new(NAME, move || open::<T>(&its, black_box(&value))).characters(characters),
    );
    let request = request(&pair);
    let (its, came) = (Arc::clone(&processor), request.clone());
    operations.read.add(Contender::new(NAME, move || received::<T>(&its, black_box(&came))));
    operations.change.add(Contender::new(NAME, move || {
        let mut data = received::<T>(&processor, black_box(&request));
        data.visit();
        let cookie = ResponseCookie::new("session", json(&data))
            .set_path("/")
            .set_secure(true)
            .set_http_only(true);
        response([line(&processor, cookie.set_max_age(SignedDuration::from_hours(14 * 24)))])
    }));
}

/// The session of a request's fields.
fn received<T: Payload>(processor: &Processor, request: &HeaderMap) -> T {
    let fields = request.get_all("cookie").iter().map(|field| field.to_str().expect("it is ASCII"));
    let cookies = RequestCookies::parse_headers(fields, processor).expect("they are Cookie fields");
    from_json(cookies.get("session").expect("it opens").value())
}

fn line(processor: &Processor, cookie: ResponseCookie<'_>) -> String {
    let mut cookies = ResponseCookies::new();
    cookies.insert(cookie);
    cookies.header_values(processor).next().expect("it was inserted")
}

fn open<T: Payload>(processor: &Processor, field: &str) -> T {
    let cookies = RequestCookies::parse_header(field, processor).expect("it is a Cookie field");
    from_json(cookies.get("session").expect("it opens").value())
}
