//! Memory that held a secret is wiped before it is freed (docs/rules.md §4): the allocator searches
//! every freed block.

use hkdf::Hkdf;
use sealed_session::keys::Key;
use sealed_session::{KeyRing, Map, Sessions, Suite};
use sha2::Sha256;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;
use zeroize::Zeroizing;

static SECRETS: OnceLock<Vec<[u8; 32]>> = OnceLock::new();
static LOOKING: AtomicBool = AtomicBool::new(false);
static FOUND: AtomicUsize = AtomicUsize::new(0);

/// Counts the secrets in a block that is about to be freed.
pub fn inspect(block: &[u8]) {
    if LOOKING.load(Ordering::Relaxed) {
        let secrets = SECRETS.get().map_or(&[][..], Vec::as_slice);
        let hits = block
            .windows(32)
            .filter(|window| secrets.iter().any(|secret| secret == window))
            .count();
        FOUND.fetch_add(hits, Ordering::Relaxed);
    }
}

/// A key's secret as text and as bytes, and the cipher's key.
fn secrets_of(key: &Key) -> [[u8; 32]; 3] {
    let text = key.expose_secret();
    let mut secret = [0; 32];
    let encoded = text.rsplit('.').next().unwrap();
    data_encoding::BASE64URL_NOPAD.decode_mut(encoded.as_bytes(), &mut secret).unwrap();
    let mut aead_key = [0; 32];
    let info = [b"sealed-session v1 ", key.suite().name().as_bytes()];
    Hkdf::<Sha256>::new(None, &secret).expand_multi_info(&info, &mut aead_key).unwrap();
    [encoded.as_bytes()[..32].try_into().unwrap(), secret, aead_key]
}

#[test]
fn no_freed_block_holds_a_secret() {
    let keys: Vec<Key> = (0..9)
        .map(|n| Key::generate([Suite::Xaes256Gcm, Suite::XChaCha20Poly1305][n % 2]).unwrap())
        .collect();
    let text = Zeroizing::new(
        keys.iter().map(|key| key.expose_secret().to_string() + "\n").collect::<String>(),
    );
    SECRETS.set(keys.iter().flat_map(secrets_of).collect()).unwrap();
    #[cfg(not(target_family = "wasm"))]
    let path = {
        let path =
            std::env::temp_dir().join(format!("sealed-session-wiped-{}", std::process::id()));
        std::fs::write(&path, &*text).unwrap();
        path
    };

    LOOKING.store(true, Ordering::Relaxed);
    let ring: KeyRing = text.parse().unwrap();
    let sessions = Sessions::<Map>::new(ring.clone()).unwrap();
    let value = sessions.seal(&Map::new()).unwrap();
    sessions.open(&value).unwrap();
    assert_eq!(ring.expose_secrets().lines().count(), 9);
    #[cfg(not(target_family = "wasm"))]
    {
        let file = sealed_session::KeyFile::watch(&path).unwrap();
        std::fs::write(&path, text.lines().next().unwrap()).unwrap();
        file.reload().unwrap();
        assert_eq!(file.ring().keys().len(), 1);
        std::fs::remove_file(&path).unwrap();
    }
    drop((sessions, ring, keys));
    LOOKING.store(false, Ordering::Relaxed);
    assert_eq!(FOUND.load(Ordering::Relaxed), 0);

    // The search does find a secret that was not wiped.
    let left_behind = Box::new(SECRETS.get().unwrap()[0]);
    LOOKING.store(true, Ordering::Relaxed);
    drop(left_behind);
    LOOKING.store(false, Ordering::Relaxed);
    assert_eq!(FOUND.load(Ordering::Relaxed), 1);
}
