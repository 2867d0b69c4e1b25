//! Memory that held a secret is wiped before it is given back: an allocator looks through every
//! block that is freed.
#![cfg(all(feature = "aes", feature = "chacha"))]

use hkdf::Hkdf;
use sealed_session::keys::Key;
use sealed_session::{KeyRing, Map, Sessions, Suite};
use sha2::Sha256;
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;
use zeroize::Zeroizing;

static SECRETS: OnceLock<Vec<[u8; 32]>> = OnceLock::new();
static LOOKING: AtomicBool = AtomicBool::new(false);
static FOUND: AtomicUsize = AtomicUsize::new(0);

struct Looking;

// SAFETY: it hands everything to the system's allocator, and reads a block only while that is still
// allocated.
unsafe impl GlobalAlloc for Looking {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are those of `System`. Zeroed, so that every byte may be
        // read later.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        if LOOKING.load(Ordering::Relaxed) {
            // SAFETY: the block is the caller's until the call below, and was written as a whole
            // when it was allocated.
            let block = unsafe { std::slice::from_raw_parts(pointer, layout.size()) };
            let secrets = SECRETS.get().map_or(&[][..], Vec::as_slice);
            let hits = block
                .windows(32)
                .filter(|window| secrets.iter().any(|secret| secret == window))
                .count();
            FOUND.fetch_add(hits, Ordering::Relaxed);
        }
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Looking = Looking;

/// A key's secret as text and as bytes, and the key of the cipher.
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
fn no_block_that_is_freed_holds_a_secret() {
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

    // The look itself sees one.
    let left_behind = Box::new(SECRETS.get().unwrap()[0]);
    LOOKING.store(true, Ordering::Relaxed);
    drop(left_behind);
    LOOKING.store(false, Ordering::Relaxed);
    assert_eq!(FOUND.load(Ordering::Relaxed), 1);
}
