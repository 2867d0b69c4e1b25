//! A key: 32 secret bytes and a suite. Key id and cipher are derived once per key, with HKDF-SHA256
//! (RFC 5869, empty salt):
//!
//! ```text
//! key id   = HKDF(info = "sealed-session v1 key id " ‖ SUITE)[..4]
//! AEAD key = HKDF(info = "sealed-session v1 " ‖ SUITE)[..32]
//! ```

use crate::base64url;
use crate::crypto::random;
use crate::crypto::random::RandomError;
use crate::crypto::suite::{Cipher, SECRET_LEN, Suite};
use crate::error::ring::KeyProblem;
use crate::limits;
use hkdf::Hkdf;
use sha2::{Digest, Sha256};
use std::fmt;
use std::sync::OnceLock;
use zeroize::{ZeroizeOnDrop, Zeroizing};

const PREFIX: &str = "ssk1.";

/// One key: 32 secret bytes for one [`Suite`]. Its memory is wiped when it is dropped. `Debug`
/// shows only the id.
///
/// ```
/// use sealed_session::Suite;
/// use sealed_session::keys::Key;
///
/// let key = Key::generate(Suite::Xaes256Gcm)?;
/// assert!(key.expose_secret().starts_with("ssk1.xaes256gcm."));
/// assert!(!format!("{key:?}").contains(&key.expose_secret()[16..]));
/// # Ok::<(), sealed_session::error::RandomError>(())
/// ```
pub struct Key {
    id: KeyId,
    suite: Suite,
    /// On the heap, like the cipher: a key that moves, as in a growing list, leaves no copy behind.
    secret: Box<Zeroizing<[u8; SECRET_LEN]>>,
    cipher: Option<Cipher>,
}

impl Key {
    /// Draws a new key from the operating system's random generator. On servers, choose
    /// [`Suite::Xaes256Gcm`].
    ///
    /// # Errors
    /// [`RandomError`] if the generator fails.
    pub fn generate(suite: Suite) -> Result<Self, RandomError> {
        loop {
            // The ring's parser would refuse a weak secret. One is drawn with a probability below
            // 2⁻⁵⁰; if so, draw again.
            if let Ok(key) =
                Self::from_secret(suite, Zeroizing::new(random::bytes()?), Published::Refused)
            {
                return Ok(key);
            }
        }
    }

    /// Returns the four public bytes that identify this key in a cookie.
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// Returns the suite that the key is for.
    pub fn suite(&self) -> Suite {
        self.suite
    }

    /// Returns the key as in a ring's text, `ssk1.<suite>.<43 characters>`: **the secret itself**.
    /// The text is wiped when dropped.
    pub fn expose_secret(&self) -> Zeroizing<String> {
        let mut text = String::with_capacity(PREFIX.len() + self.suite.token().len() + 1 + 43);
        text.push_str(PREFIX);
        text.push_str(self.suite.token());
        text.push('.');
        base64url::encode_append(&self.secret[..], &mut text);
        Zeroizing::new(text)
    }

    pub(crate) fn cipher(&self) -> Option<&Cipher> {
        self.cipher.as_ref()
    }

    pub(crate) fn secret_is(&self, other: &Self) -> bool {
        self.secret == other.secret
    }

    pub(crate) fn parse(token: &str, published: Published) -> Result<Self, KeyProblem> {
        let rest = token.strip_prefix(PREFIX).ok_or(KeyProblem::NotAKey)?;
        let (suite, secret) = rest.split_once('.').ok_or(KeyProblem::NotAKey)?;
        let suite = Suite::ALL
            .into_iter()
            .find(|known| known.token() == suite)
            .ok_or(KeyProblem::UnknownSuite)?;
        let mut bytes = Zeroizing::new([0; SECRET_LEN]);
        if secret.len() != 43 {
            return Err(KeyProblem::SecretLength);
        }
        if base64url::decode_exact(secret.as_bytes(), &mut bytes[..]).is_err() {
            return Err(KeyProblem::SecretAlphabet);
        }
        Self::from_secret(suite, bytes, published)
    }

    fn from_secret(
        suite: Suite,
        secret: Zeroizing<[u8; SECRET_LEN]>,
        published: Published,
    ) -> Result<Self, KeyProblem> {
        refuse_weak(&secret)?;
        if matches!(published, Published::Refused) && is_published(&secret) {
            return Err(KeyProblem::Published);
        }
        let hkdf = Hkdf::<Sha256>::new(None, &secret[..]);
        let mut id = [0; 4];
        let mut aead_key = Zeroizing::new([0; SECRET_LEN]);
        let expanded = hkdf
            .expand_multi_info(&[b"sealed-session v1 key id ", suite.name().as_bytes()], &mut id)
            .and_then(|()| {
                hkdf.expand_multi_info(
                    &[b"sealed-session v1 ", suite.name().as_bytes()],
                    &mut aead_key[..],
                )
            });
        if expanded.is_err() {
            unreachable!(
                "HKDF-SHA256 gives up to 8,160 bytes (RFC 5869 §2.3), and these are 4 and 32"
            );
        }
        let cipher = Cipher::new(suite, &aead_key);
        Ok(Self { id: KeyId(id), suite, secret: Box::new(secret), cipher })
    }
}

impl ZeroizeOnDrop for Key {}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("id", &self.id)
            .field("suite", &self.suite)
            .finish_non_exhaustive()
    }
}

/// Four public bytes, derived from a key's secret and suite, that identify the key in a cookie.
/// Prints as eight hexadecimal digits.
///
/// ```
/// use sealed_session::keys::KeyId;
///
/// assert_eq!(KeyId::from([0x86, 0x94, 0xfd, 0x5e]).to_string(), "8694fd5e");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId(pub(crate) [u8; 4]);

impl KeyId {
    /// Returns the bytes as in a cookie.
    pub fn to_bytes(self) -> [u8; 4] {
        self.0
    }
}

impl From<[u8; 4]> for KeyId {
    fn from(bytes: [u8; 4]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", u32::from_be_bytes(self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// Whether the secrets of this repository's vectors are accepted. Accept them only to test against
/// the vectors.
#[derive(Clone, Copy)]
pub(crate) enum Published {
    Refused,
    Accepted,
}

/// The number of secrets that this repository publishes. Number `n` is SHA-256 of `sealed-session
/// published secret n`, so each can be refused without being listed here.
const PUBLISHED: usize = 80;

/// Two secrets whose keys have the same id.
const OF_ONE_ID: [[u8; SECRET_LEN]; 2] = [
    [
        0xae, 0x73, 0x40, 0x8f, 0x14, 0x58, 0x90, 0x69, 0xb5, 0x14, 0xbe, 0xeb, 0x99, 0x46, 0x3a,
        0x4d, 0x06, 0x6f, 0xf4, 0xa4, 0x7c, 0xf0, 0xef, 0x71, 0xaf, 0x56, 0x8b, 0xc2, 0xd6, 0xc4,
        0x20, 0x2a,
    ],
    [
        0xae, 0xe3, 0x75, 0xcd, 0x67, 0xfd, 0x29, 0xa2, 0x98, 0xff, 0xe6, 0x68, 0x2f, 0x58, 0xd9,
        0x19, 0x9a, 0x12, 0x08, 0x31, 0xf8, 0xdf, 0x53, 0xb5, 0x65, 0x73, 0xcb, 0x05, 0xec, 0x0a,
        0xb2, 0xd4,
    ],
];

fn is_published(secret: &[u8; SECRET_LEN]) -> bool {
    // The vectors' own secrets at the limit of what is weak: one with 17 different bytes, and one
    // that is printable except for one byte.
    let numbered = || (0_u8..).zip(secret);
    let of_17 = numbered().all(|(n, byte)| *byte == 0xe0 + n % 17);
    let printable_but_for_one = numbered().all(|(n, byte)| *byte == 0x21 + n || n == 9);
    if of_17 || printable_but_for_one || OF_ONE_ID.contains(secret) {
        return true;
    }
    static SECRETS: OnceLock<[[u8; SECRET_LEN]; PUBLISHED]> = OnceLock::new();
    let nth = |n| Sha256::digest(format!("sealed-session published secret {n}")).into();
    SECRETS.get_or_init(|| std::array::from_fn(nth)).contains(secret)
}

fn refuse_weak(secret: &[u8; SECRET_LEN]) -> Result<(), KeyProblem> {
    let mut seen = [false; 256];
    for byte in secret {
        seen[usize::from(*byte)] = true;
    }
    let variety = seen.iter().filter(|seen| **seen).count();
    let printable = secret.iter().all(|byte| (0x20..0x7f).contains(byte));
    if printable || variety < limits::SECRET_VARIETY { Err(KeyProblem::Weak) } else { Ok(()) }
}
