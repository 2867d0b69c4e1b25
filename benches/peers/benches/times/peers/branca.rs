//! Branca tokens over serde_json: a token, no cookie handling.

use super::{Operations, from_json, json, secret};
use crate::interleave::Contender;
use sealed_session_benches::Payload;
use std::hint::black_box;

const NAME: &str = "branca + serde_json";
const TIME_TO_LIVE: u32 = 14 * 86_400;

pub fn add<T: Payload>(operations: &mut Operations<'_>, data: &T) {
    let key = secret();
    let mut branca = branca::Branca::new(&key).expect("32 bytes");
    let opener = branca::Branca::new(&key).expect("32 bytes");
    let token = branca.encode(json(data).as_bytes()).expect("it seals");
    let characters = token.len();
    let data = data.clone();
    operations.seal.add(
        Contender::new(NAME, move || {
            branca.encode(json(black_box(&data)).as_bytes()).expect("it seals")
        })
        .characters(characters),
    );
    operations.open.add(
        Contender::new(NAME, move || {
            let json = opener.decode(black_box(&token), TIME_TO_LIVE).expect("it opens");
            from_json::<T>(std::str::from_utf8(&json).expect("it is JSON"))
        })
        .characters(characters),
    );
}
