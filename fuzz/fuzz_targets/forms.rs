//! Whatever a server sealed behind the claims, compressed or not and padded or not, is read as zlib
//! reads it: the same bytes, or none. Never do more than 65,536 bytes come out, and nothing panics.
//! What the crate compresses and pads itself, zlib reads too.
#![no_main]

#[path = "../../tests/spec/reference.rs"]
#[allow(dead_code)]
mod reference;

use chacha20poly1305::XChaCha20Poly1305;
use chacha20poly1305::aead::inout::InOutBuf;
use chacha20poly1305::aead::{AeadInOut, KeyInit};
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use sealed_session::clock::ManualClock;
use sealed_session::inspect::{Inspector, Verdict};
use sealed_session::{KeyRing, Reason, SessionError, Sessions};
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;
use std::time::{Duration, UNIX_EPOCH};

const NOW: u64 = 1_800_000_000;
const NAME: &str = "__Host-Http-session";
/// Bytes that may come out of a stream.
const INFLATED: usize = 65_536;
const COMPRESSED: u8 = 1;
const PADDED: u8 = 4;
/// Bytes of a plaintext for which a value has at most 14,000 characters.
const PLAINTEXT: usize = 10_400;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Visit {
    note: String,
}

#[derive(Arbitrary, Debug)]
struct Sealed {
    compressed: bool,
    padded: bool,
    data: Data,
    padding: Padding,
    /// What the crate writes itself.
    note: String,
    times: u8,
    pad_to: u8,
}

#[derive(Arbitrary, Debug)]
enum Data {
    Any(Vec<u8>),
    /// A stream of text that repeats itself, and what becomes of its bytes.
    Stream {
        text: Vec<u8>,
        times: u16,
        level: u8,
        changes: Vec<(u16, u8)>,
        cut: u8,
        more: u8,
    },
}

#[derive(Arbitrary, Debug)]
enum Padding {
    Right { zeros: u16 },
    Any(Vec<u8>),
}

struct Fixed {
    ring: KeyRing,
    key: reference::Key,
    clock: ManualClock,
    sessions: Sessions<Visit>,
}

static FIXED: LazyLock<Fixed> = LazyLock::new(|| {
    let key = reference::Key::new(reference::published(1), reference::Suite::XChaCha);
    let ring = KeyRing::danger_from_published(&key.text()).expect("a ring");
    let clock = ManualClock::at(Duration::from_secs(NOW));
    let builder = Sessions::builder(ring.clone()).clock(clock.clone());
    Fixed { sessions: builder.build().expect("sessions"), ring, key, clock }
});

fuzz_target!(|sealed: Sealed| {
    read(&sealed);
    written(&sealed);
});

fn read(sealed: &Sealed) {
    let padding = match &sealed.padding {
        _ if !sealed.padded => Vec::new(),
        Padding::Right { zeros } => [&[0x80][..], &vec![0; usize::from(zeros % 2_000)]].concat(),
        Padding::Any(bytes) => bytes.clone(),
    };
    let flags = u8::from(sealed.compressed) * COMPRESSED | u8::from(sealed.padded) * PADDED;
    let body = [sealed.data.bytes(), padding].concat();
    if body.len() > PLAINTEXT {
        return;
    }
    let data = if sealed.padded { without_padding(&body) } else { Some(&body[..]) };
    let expected =
        data.and_then(|data| if sealed.compressed { inflated(data) } else { Some(data.to_vec()) });

    let value = seal(flags, &body);
    let inspector = Inspector::new().ring(&FIXED.ring).at(UNIX_EPOCH + Duration::from_secs(NOW));
    let inspection = inspector.inspect(&value);
    assert!(matches!(inspection.verdict.as_str(), "ok" | "undecodable"));
    let opens = inspection.verdict == Verdict::Opens;
    let found = inspection.contents.filter(|_| opens).map(|contents| contents.data);
    assert!(found.as_ref().is_none_or(|data| data.len() <= INFLATED));
    assert_eq!(found, expected);
    let decoded = expected.as_deref().map(postcard::take_from_bytes::<Visit>);
    match (FIXED.sessions.open(&value), decoded) {
        (Ok(visit), Some(Ok((expected, [])))) => assert_eq!(visit, expected),
        (Err(error), None | Some(Err(_) | Ok((_, [_, ..])))) => {
            assert_eq!(error.reason(), Reason::Undecodable);
        }
        (opened, _) => panic!("{opened:?}, but {expected:?}"),
    }
}

/// A session that the crate compresses and pads.
fn written(sealed: &Sealed) {
    let visit = Visit { note: sealed.note.repeat(usize::from(sealed.times)) };
    let builder = Sessions::builder(FIXED.ring.clone()).clock(FIXED.clock.clone());
    let builder = builder.max_cookies(4).max_cookie_bytes(14_000).compress(true);
    let pad_to = usize::from(sealed.pad_to) * 4;
    let builder = if pad_to > 0 { builder.pad_to(pad_to) } else { builder };
    let value = match builder.build().expect("sessions").seal(&visit) {
        Ok(value) => value,
        Err(SessionError::TooLarge { needed, allowed, .. }) => return assert!(needed > allowed),
        Err(error) => panic!("{error}"),
    };
    // Every server reads what one writes.
    assert_eq!(FIXED.sessions.open(&value).expect("what was written"), visit);
    let plaintext = open(&value);
    assert!(pad_to == 0 || plaintext.len() % pad_to == 0);
    let claims = claims().len();
    let (flags, body) = (plaintext[0], &plaintext[1 + claims..]);
    assert_eq!(flags & PADDED != 0, pad_to > 0);
    let data = if pad_to > 0 { without_padding(body).expect("padding") } else { body };
    let plain = postcard::to_allocvec(&visit).expect("encoded");
    if flags & COMPRESSED == 0 {
        assert_eq!(data, plain);
    } else {
        assert!(data.len() < plain.len());
        assert_eq!(inflated(data), Some(plain));
    }
}

impl Data {
    fn bytes(&self) -> Vec<u8> {
        let Self::Stream { text, times, level, changes, cut, more } = self else {
            let Self::Any(bytes) = self else { unreachable!() };
            return bytes.clone();
        };
        let text = text.repeat(usize::from(*times));
        let text = &text[..text.len().min(200_000)];
        let mut stream = Vec::with_capacity(text.len() + 1_000);
        let status = Compress::new(Compression::new(u32::from(level % 10)), false).compress_vec(
            text,
            &mut stream,
            FlushCompress::Finish,
        );
        assert!(matches!(status, Ok(Status::StreamEnd)));
        for (at, byte) in changes.iter().take(4) {
            let at = usize::from(*at) % stream.len();
            stream[at] ^= byte;
        }
        stream.truncate(stream.len() - usize::from(cut % 4).min(stream.len()));
        stream.resize(stream.len() + usize::from(more % 4), 0);
        stream
    }
}

/// What comes out of the stream, if it takes all bytes.
fn inflated(stream: &[u8]) -> Option<Vec<u8>> {
    let mut out = vec![0; INFLATED + 1];
    let mut zlib = Decompress::new(false);
    let status = zlib.decompress(stream, &mut out, FlushDecompress::Finish);
    let length = usize::try_from(zlib.total_out()).expect("it fits");
    let is_whole = matches!(status, Ok(Status::StreamEnd))
        && zlib.total_in() == stream.len() as u64
        && length <= INFLATED;
    out.truncate(length);
    is_whole.then_some(out)
}

fn without_padding(body: &[u8]) -> Option<&[u8]> {
    let zeros = body.iter().rev().take_while(|byte| **byte == 0).count();
    body[..body.len() - zeros].strip_suffix(&[0x80])
}

fn claims() -> Vec<u8> {
    reference::Claims::new(NOW, FIXED.sessions.shape()).encode()
}

fn seal(flags: u8, body: &[u8]) -> String {
    let aad = reference::aad(&reference::header(&FIXED.key), NAME, b"");
    let plaintext = [&[flags][..], &claims(), body].concat();
    reference::value(&reference::envelope(&FIXED.key, &[7; 24], &aad, &plaintext))
}

fn open(value: &str) -> Vec<u8> {
    let envelope = data_encoding::BASE64URL_NOPAD.decode(value.as_bytes()).expect("base64url");
    let aad = reference::aad(&envelope, NAME, b"");
    let nonce: [u8; 24] = envelope[5..29].try_into().expect("a nonce");
    let (ciphertext, tag) = envelope[29..].split_last_chunk::<16>().expect("a tag");
    let mut buffer = ciphertext.to_vec();
    XChaCha20Poly1305::new(&FIXED.key.aead.into())
        .decrypt_inout_detached((&nonce).into(), &aad, InOutBuf::from(&mut buffer[..]), tag.into())
        .expect("its own seal");
    buffer
}
