//! PASETO v4.local tokens over serde_json, without the registered claims: a token, no cookie
//! handling, no expiry.

use super::{Operations, from_json, json, secret};
use crate::interleave::Contender;
use pasetors::Local;
use pasetors::keys::SymmetricKey;
use pasetors::token::UntrustedToken;
use pasetors::version4::{LocalToken, V4};
use sealed_session_benches::Payload;
use std::hint::black_box;

const NAME: &str = "PASETO v4.local (pasetors) + serde_json";

pub fn add<T: Payload>(operations: &mut Operations<'_>, data: &T) {
    let key = SymmetricKey::<V4>::from(&secret()).expect("32 bytes");
    let seal = |key: &SymmetricKey<V4>, data: &T| {
        LocalToken::encrypt(key, json(data).as_bytes(), None, None).expect("it seals")
    };
    let token = seal(&key, data);
    let characters = token.len();
    let (sealer, data) = (key.clone(), data.clone());
    operations
        .seal
        .add(Contender::new(NAME, move || seal(&sealer, black_box(&data))).characters(characters));
    operations.open.add(
        Contender::new(NAME, move || {
            let token =
                UntrustedToken::<Local, V4>::try_from(black_box(&token)).expect("it is a token");
            from_json::<T>(
                LocalToken::decrypt(&key, &token, None, None).expect("it opens").payload(),
            )
        })
        .characters(characters),
    );
}
