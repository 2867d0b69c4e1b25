//! What cannot be left out: the least that any sealed cookie costs ("the floor"), and the parts of
//! ours, each by itself. Called by `main`.

use crate::interleave::{Contender, Start};
use aead::inout::InOutBuf;
use aead::{AeadInOut, KeyInit};
use base64::engine::general_purpose::NO_PAD;
use base64::engine::{Engine, Simd};
use base64_simd::URL_SAFE_NO_PAD as BASE64URL;
use chacha20poly1305::XChaCha20Poly1305;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, Tag, UnboundKey};
use sealed_session::{Sessions, Suite};
use sealed_session_benches::Payload;
use std::hint::black_box;
use xaes_256_gcm::Xaes256Gcm;

/// Version, key id, nonce and tag.
const HEADER: usize = 5 + 24;
const TAG: usize = 16;
const AAD: &[u8] = b"\x01kkkk\x13\x00__Host-Http-session";

/// The bytes that our cookie for this data seals, in number: claims and data.
fn plaintext<T: Payload>(data: &T) -> Vec<u8> {
    let sessions = Sessions::<T>::new(crate::ours::ring(Suite::Xaes256Gcm)).unwrap();
    let envelope =
        BASE64URL.decode_to_vec(sessions.seal(data).expect("it fits")).expect("it is base64url");
    envelope[HEADER..envelope.len() - TAG].to_vec()
}

fn key() -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &[7; 32]).expect("32 bytes"))
}

fn nonce() -> Nonce {
    Nonce::assume_unique_for_key([3; 12])
}

/// One copy of the plaintext, ring's AES-256-GCM in place, SIMD base64. No encoding, no randomness.
pub fn seal<T: Payload>(group: &mut Start<'_>, data: &T) {
    let (key, plaintext) = (key(), plaintext(data));
    // The shortest that AES-256-GCM can make of the data: a nonce, the data in postcard, a tag. No
    // key id, no time, no limits.
    let least =
        BASE64URL.encoded_length(12 + postcard::to_allocvec(data).expect("it encodes").len() + TAG);
    group.add(
        Contender::new("floor", move || {
            let mut envelope = Vec::with_capacity(HEADER + plaintext.len() + TAG);
            envelope.resize(HEADER, 0);
            envelope.extend_from_slice(black_box(&plaintext));
            let tag = key
                .seal_in_place_separate_tag(nonce(), Aad::from(AAD), &mut envelope[HEADER..])
                .expect("it is short");
            envelope.extend_from_slice(tag.as_ref());
            BASE64URL.encode_to_string(&envelope)
        })
        .characters(least),
    );
}

pub fn open<T: Payload>(group: &mut Start<'_>, data: &T) {
    let (key, plaintext) = (key(), plaintext(data));
    let mut envelope = [vec![0; HEADER], plaintext].concat();
    let tag = key
        .seal_in_place_separate_tag(nonce(), Aad::from(AAD), &mut envelope[HEADER..])
        .expect("it is short");
    envelope.extend_from_slice(tag.as_ref());
    let value = BASE64URL.encode_to_string(&envelope);
    group.add(Contender::new("floor", move || {
        let mut envelope = BASE64URL.decode_to_vec(black_box(&value)).expect("it is base64url");
        key.open_in_place(nonce(), Aad::from(AAD), &mut envelope[HEADER..])
            .expect("it is authentic");
        envelope
    }));
}

/// The parts of sealing a struct.
pub fn seal_parts<T: Payload>(group: &mut Start<'_>, data: &T) {
    let (plain, typed) = (plaintext(data), data.clone());
    group.add(Contender::new("part: postcard", move || {
        postcard::to_extend(black_box(&typed), Vec::with_capacity(64)).expect("it encodes")
    }));
    nonce_of_the_system(group);
    let (ring_key, mut buffer) = (key(), plain.clone());
    group.add(Contender::new("part: AEAD (ring, AES-256-GCM)", move || {
        ring_key
            .seal_in_place_separate_tag(nonce(), Aad::from(AAD), black_box(&mut buffer))
            .expect("it is short")
    }));
    let (xaes, mut buffer) = (Xaes256Gcm::new(&[7; 32].into()), plain.clone());
    group.add(Contender::new("part: XAES-256-GCM (RustCrypto)", move || {
        xaes.encrypt_inout_detached(
            &[3; 24].into(),
            AAD,
            InOutBuf::from(black_box(&mut buffer[..])),
        )
        .expect("it is short")
    }));
    let (xchacha, mut buffer) = (XChaCha20Poly1305::new(&[7; 32].into()), plain.clone());
    group.add(Contender::new("part: XChaCha20-Poly1305 (RustCrypto)", move || {
        xchacha
            .encrypt_inout_detached(
                &[3; 24].into(),
                AAD,
                InOutBuf::from(black_box(&mut buffer[..])),
            )
            .expect("it is short")
    }));
    let envelope = [vec![0; HEADER], plain, vec![0; TAG]].concat();
    let base64url = Simd::url_safe(NO_PAD);
    group.add(Contender::new("part: base64", move || base64url.encode(black_box(&envelope))));
}

/// The parts of opening a struct.
pub fn open_parts<T: Payload>(group: &mut Start<'_>, data: &T) {
    let plain = plaintext(data);
    let value = BASE64URL.encode_to_string([vec![0; HEADER], plain.clone(), vec![0; TAG]].concat());
    let base64url = Simd::url_safe(NO_PAD);
    group.add(Contender::new("part: base64", move || {
        base64url.decode(black_box(&value)).expect("it is base64url")
    }));
    let ring_key = key();
    let mut sealed = plain.clone();
    let tag = ring_key
        .seal_in_place_separate_tag(nonce(), Aad::from(AAD), &mut sealed)
        .expect("it is short");
    // Opening works in place: each time on the same sealed bytes, which are copied there.
    let (tag, mut buffer) =
        (<[u8; TAG]>::try_from(tag.as_ref()).expect("16 bytes"), sealed.clone());
    group.add(Contender::new("part: AEAD (ring, AES-256-GCM)", move || {
        buffer.copy_from_slice(&sealed);
        ring_key
            .open_in_place_separate_tag(
                nonce(),
                Aad::from(AAD),
                Tag::from(tag),
                black_box(&mut buffer),
                0..,
            )
            .expect("it is authentic")
            .len()
    }));
    group.add(opening("part: XAES-256-GCM (RustCrypto)", Xaes256Gcm::new(&[7; 32].into()), &plain));
    group.add(opening(
        "part: XChaCha20-Poly1305 (RustCrypto)",
        XChaCha20Poly1305::new(&[7; 32].into()),
        &plain,
    ));
    let encoded = postcard::to_allocvec(data).expect("it encodes");
    group.add(Contender::new("part: postcard", move || {
        postcard::from_bytes::<T>(black_box(&encoded)).expect("it decodes")
    }));
}

fn opening<'a, C>(name: &str, cipher: C, plain: &[u8]) -> Contender<'a>
where
    C: AeadInOut<NonceSize = aead::consts::U24, TagSize = aead::consts::U16> + 'a,
{
    let mut sealed = plain.to_vec();
    let tag = cipher
        .encrypt_inout_detached(&[3; 24].into(), AAD, InOutBuf::from(&mut sealed[..]))
        .expect("it is short");
    let mut buffer = sealed.clone();
    Contender::new(name, move || {
        buffer.copy_from_slice(&sealed);
        cipher
            .decrypt_inout_detached(
                &[3; 24].into(),
                AAD,
                InOutBuf::from(black_box(&mut buffer[..])),
                &tag,
            )
            .expect("it is authentic");
    })
}

/// The operating system's share of every seal, ours and the peers' alike.
pub fn nonce_of_the_system(group: &mut Start<'_>) {
    group.add(Contender::new("part: nonce (getrandom, 24 bytes)", || {
        let mut nonce = [0; 24];
        getrandom::fill(&mut nonce).expect("the system has randomness");
        nonce
    }));
}
