//! `cookie`'s PrivateJar with serde_json, percent-encoded as frameworks send it, since its base64
//! is not the one for cookies.

use super::{Operations, from_json, json, request, response, typical};
use crate::interleave::Contender;
use cookie::{Cookie, CookieJar, Key};
use http::HeaderMap;
use sealed_session_benches::Payload;
use std::hint::black_box;

const NAME: &str = "PrivateJar + serde_json";

pub fn add<T: Payload>(operations: &mut Operations<'_>, data: &T) {
    let (key, data) = (Key::generate(), data.clone());
    let pair = seal(&key, &data);
    let characters = typical(|| seal(&key, &data).len()) - "session=".len();
    {
        let key = key.clone();
        operations
            .seal
            .add(Contender::new(NAME, move || seal(&key, black_box(&data))).characters(characters));
    }
    let (opener, value) = (key.clone(), pair.clone());
    operations.open.add(
        Contender::new(NAME, move || open::<T>(&opener, black_box(&value))).characters(characters),
    );
    let request = request(&pair);
    let (opener, came) = (key.clone(), request.clone());
    operations.read.add(Contender::new(NAME, move || {
        from_json::<T>(
            received(black_box(&came)).private(&opener).get("session").expect("it opens").value(),
        )
    }));
    operations.change.add(Contender::new(NAME, move || {
        let mut jar = received(black_box(&request));
        let mut data = from_json::<T>(jar.private(&key).get("session").expect("it opens").value());
        data.visit();
        let cookie = Cookie::build(("session", json(&data)))
            .path("/")
            .secure(true)
            .http_only(true)
            .max_age(cookie::time::Duration::days(14));
        jar.private_mut(&key).add(cookie);
        response(jar.delta().map(|cookie| cookie.encoded().to_string()))
    }));
}

/// The jar of a request, as axum-extra fills it.
fn received(request: &HeaderMap) -> CookieJar {
    let mut jar = CookieJar::new();
    for field in request.get_all("cookie") {
        let cookies = Cookie::split_parse_encoded(field.to_str().expect("it is ASCII").to_owned());
        cookies.flatten().for_each(|cookie| jar.add_original(cookie));
    }
    jar
}

fn seal<T: Payload>(key: &Key, data: &T) -> String {
    let mut jar = CookieJar::new();
    jar.private_mut(key).add(Cookie::new("session", json(data)));
    jar.get("session").expect("it was added").encoded().to_string()
}

fn open<T: Payload>(key: &Key, pair: &str) -> T {
    let mut jar = CookieJar::new();
    jar.add_original(Cookie::parse_encoded(pair.to_owned()).expect("it is a cookie"));
    from_json(jar.private(key).get("session").expect("it opens").value())
}
