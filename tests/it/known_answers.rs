//! SPEC §4: the primitives give the answers that their standards print. These are the same crates,
//! versions and features that the crate uses, called as in `src/crypto/suite.rs` and
//! `src/keys/key.rs`.
//!
//! | primitive | standard | cases |
//! | --- | --- | --- |
//! | XAES-256-GCM | c2sp.org/XAES-256-GCM | both printed vectors, the accumulated test over 10,000 messages |
//! | XChaCha20-Poly1305 | draft-irtf-cfrg-xchacha-03, A.3.1 | the printed vector, and Project Wycheproof's |
//! | HKDF-SHA256 | RFC 5869, A.1 to A.3 | all three, and Project Wycheproof's |

use hkdf::Hkdf;
use sha2::Sha256;
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// Calls an AEAD crate as `src/crypto/suite.rs` does.
macro_rules! aead {
    ($name:ident, $cipher:ty, $library:ident) => {
        mod $name {
            use $library::aead::{AeadInOut, KeyInit, inout::InOutBuf};

            pub fn seal(key: &[u8; 32], nonce: &[u8; 24], aad: &[u8], plaintext: &[u8]) -> Vec<u8> {
                let mut buffer = plaintext.to_vec();
                let cipher = <$cipher>::new(key.into());
                let tag = cipher
                    .encrypt_inout_detached(nonce.into(), aad, InOutBuf::from(&mut buffer[..]))
                    .expect("sealed");
                buffer.extend_from_slice(&tag);
                buffer
            }

            pub fn open(
                key: &[u8; 32],
                nonce: &[u8; 24],
                aad: &[u8],
                sealed: &[u8],
            ) -> Option<Vec<u8>> {
                let (ciphertext, tag) = sealed.split_last_chunk::<16>()?;
                let mut buffer = ciphertext.to_vec();
                let cipher = <$cipher>::new(key.into());
                cipher
                    .decrypt_inout_detached(
                        nonce.into(),
                        aad,
                        InOutBuf::from(&mut buffer[..]),
                        tag.into(),
                    )
                    .ok()?;
                Some(buffer)
            }
        }
    };
}

aead!(xaes, xaes_256_gcm::Xaes256Gcm, xaes_256_gcm);
aead!(xchacha, chacha20poly1305::XChaCha20Poly1305, chacha20poly1305);

fn bytes(hex: &str) -> Vec<u8> {
    if hex == "-" { Vec::new() } else { hex::decode(hex).expect("hexadecimal") }
}

fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.try_into().expect("the length that the primitive takes")
}

const XAES: &str = include_str!("../vectors/c2sp/xaes256gcm.txt");

#[test]
fn xaes_256_gcm_gives_the_vectors_of_c2sp() {
    // The first derives its subkey without reduction of the doubled block, the second with it.
    let mut count = 0;
    for case in cases(XAES).filter(|case| case[0] != "accumulated") {
        let [key, nonce, aad, plaintext, sealed] = case[..] else {
            panic!("five columns: {case:?}")
        };
        let (key, nonce, aad) = (array(&bytes(key)), array(&bytes(nonce)), bytes(aad));
        let (plaintext, sealed) = (bytes(plaintext), bytes(sealed));
        assert_eq!(xaes::seal(&key, &nonce, &aad, &plaintext), sealed);
        assert_eq!(xaes::open(&key, &nonce, &aad, &sealed), Some(plaintext));
        for bit in 0..sealed.len() * 8 {
            let mut changed = sealed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(xaes::open(&key, &nonce, &aad, &changed), None, "bit {bit}");
        }
        count += 1;
    }
    assert_eq!(count, 2);
}

/// Keys, nonces, texts and associated data come from one SHAKE128 stream, and another hashes the
/// ciphertexts.
fn accumulated(iterations: u32) -> String {
    use shake::{ExtendableOutput, Shake128, Update, XofReader};
    let mut stream = Shake128::default().finalize_xof();
    let mut hash = Shake128::default();
    let short = |stream: &mut dyn XofReader| {
        let mut length = [0];
        stream.read(&mut length);
        let mut bytes = vec![0; usize::from(length[0])];
        stream.read(&mut bytes);
        bytes
    };
    for _ in 0..iterations {
        let (mut key, mut nonce) = ([0; 32], [0; 24]);
        stream.read(&mut key);
        stream.read(&mut nonce);
        let (plaintext, aad) = (short(&mut stream), short(&mut stream));
        let sealed = xaes::seal(&key, &nonce, &aad, &plaintext);
        assert_eq!(xaes::open(&key, &nonce, &aad, &sealed), Some(plaintext));
        hash.update(&sealed);
    }
    let mut digest = [0; 32];
    hash.finalize_xof().read(&mut digest);
    hex::encode(digest)
}

#[test]
#[cfg_attr(
    target_family = "wasm",
    ignore = "AES without instructions, not optimized: eleven seconds"
)]
fn xaes_256_gcm_gives_the_accumulated_hash_of_c2sp() {
    let case = cases(XAES).find(|case| case[0] == "accumulated").expect("the accumulated test");
    assert_eq!(accumulated(case[1].parse().expect("a number")), case[2]);
}

#[test]
fn xchacha20_poly1305_gives_the_vector_of_the_draft() {
    let plaintext =
        b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.";
    let key = array(&(0x80..=0x9f).collect::<Vec<u8>>());
    let nonce = array(&(0x40..=0x57).collect::<Vec<u8>>());
    let aad = bytes("50515253c0c1c2c3c4c5c6c7");
    let sealed = bytes(concat!(
        "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452",
        "2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff921f9664c97637da9768812f615c68b13b52e",
        "c0875924c1c7987947deafd8780acf49"
    ));
    assert_eq!(xchacha::seal(&key, &nonce, &aad, plaintext), sealed);
    assert_eq!(xchacha::open(&key, &nonce, &aad, &sealed).as_deref(), Some(&plaintext[..]));
}

fn cases(text: &str) -> impl Iterator<Item = Vec<&str>> {
    text.lines().filter(|line| !line.starts_with('#')).map(|line| line.split(' ').collect())
}

#[test]
fn xchacha20_poly1305_passes_wycheproof() {
    let (mut valid, mut invalid) = (0, 0);
    for case in cases(include_str!("../vectors/wycheproof/xchacha20poly1305.txt")) {
        let [result, key, nonce, aad, plaintext, sealed] = case[..] else {
            panic!("six columns: {case:?}")
        };
        let (key, nonce, aad) = (array(&bytes(key)), array(&bytes(nonce)), bytes(aad));
        match result {
            "valid" => {
                assert_eq!(xchacha::seal(&key, &nonce, &aad, &bytes(plaintext)), bytes(sealed));
                assert_eq!(
                    xchacha::open(&key, &nonce, &aad, &bytes(sealed)),
                    Some(bytes(plaintext))
                );
                valid += 1;
            }
            "invalid" => {
                assert_eq!(xchacha::open(&key, &nonce, &aad, &bytes(sealed)), None);
                invalid += 1;
            }
            other => panic!("an unknown result: {other}"),
        }
    }
    assert_eq!((valid, invalid), (127, 60));
}

fn hkdf(salt: &[u8], input: &[u8], info: &[u8], length: usize) -> Vec<u8> {
    let mut output = vec![0; length];
    // An empty salt and no salt are the same (RFC 5869 §2.2). The crate passes none.
    let salt = Some(salt).filter(|salt| !salt.is_empty());
    // The information is passed in two parts, as in `src/keys/key.rs`.
    let (first, second) = info.split_at(info.len() / 2);
    Hkdf::<Sha256>::new(salt, input)
        .expand_multi_info(&[first, second], &mut output)
        .expect("at most 8,160 bytes");
    output
}

#[test]
fn hkdf_sha256_gives_the_cases_of_rfc_5869() {
    let range = |from: u8, to: u8| (from..=to).collect::<Vec<u8>>();
    for (salt, input, info, output) in [
        (
            range(0, 0x0c),
            vec![0x0b; 22],
            range(0xf0, 0xf9),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
        ),
        (
            range(0x60, 0xaf),
            range(0, 0x4f),
            range(0xb0, 0xff),
            "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87",
        ),
        (
            Vec::new(),
            vec![0x0b; 22],
            Vec::new(),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
        ),
    ] {
        let output = bytes(output);
        assert_eq!(hkdf(&salt, &input, &info, output.len()), output);
    }
}

#[test]
fn hkdf_sha256_passes_wycheproof() {
    let mut count = 0;
    for case in cases(include_str!("../vectors/wycheproof/hkdf_sha256.txt")) {
        let [input, salt, info, output] = case[..] else { panic!("four columns: {case:?}") };
        let output = bytes(output);
        assert_eq!(hkdf(&bytes(salt), &bytes(input), &bytes(info), output.len()), output);
        count += 1;
    }
    assert_eq!(count, 97);
}
