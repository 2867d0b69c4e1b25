//! Strict base64url without padding (RFC 4648 §5): each value has exactly one encoding. Padding,
//! characters outside the alphabet and non-zero spare bits are refused.

use base64::engine::Engine;
use base64::engine::general_purpose::NO_PAD;
use std::sync::LazyLock;

// The instruction set is detected once per process.
#[cfg(any(target_arch = "x86_64", all(target_arch = "aarch64", target_feature = "neon")))]
static ENGINE: LazyLock<base64::engine::Simd> =
    LazyLock::new(|| base64::engine::Simd::url_safe(NO_PAD));
#[cfg(not(any(target_arch = "x86_64", all(target_arch = "aarch64", target_feature = "neon"))))]
static ENGINE: LazyLock<base64::engine::GeneralPurpose> =
    LazyLock::new(|| base64::engine::GeneralPurpose::new(&base64::alphabet::URL_SAFE, NO_PAD));

/// The text is not base64url, or not the one valid encoding of its bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NotBase64url;

/// Returns the number of characters that encode `bytes` bytes.
pub(crate) fn encoded_len(bytes: usize) -> usize {
    bytes / 3 * 4 + (bytes % 3 * 4).div_ceil(3)
}

/// Returns an upper bound for the bytes that `characters` characters decode to.
pub(crate) fn decoded_len_estimate(characters: usize) -> usize {
    base64::decoded_len_estimate(characters)
}

/// Appends the encoding of `bytes` to `out`. Leaves no copy outside `out` if `out` has room.
pub(crate) fn encode_append(bytes: &[u8], out: &mut String) {
    let mut text = std::mem::take(out).into_bytes();
    let start = text.len();
    text.resize(start + encoded_len(bytes.len()), 0);
    if ENGINE.encode_slice(bytes, &mut text[start..]).is_err() {
        unreachable!("the slice is as long as the text, which is the only condition");
    }
    let Ok(text) = String::from_utf8(text) else {
        unreachable!("what follows the old text is ASCII")
    };
    *out = text;
}

/// Appends the bytes of `text` to `out`. After an error, the bytes that were added are meaningless.
pub(crate) fn decode_append(text: &[u8], out: &mut Vec<u8>) -> Result<(), NotBase64url> {
    ENGINE.decode_vec(text, out).map_err(|_| NotBase64url)
}

/// Decodes a text of exactly `out.len()` bytes. Leaves no copy outside `out`. After an error, the
/// bytes of `out` are meaningless.
pub(crate) fn decode_exact(text: &[u8], out: &mut [u8]) -> Result<(), NotBase64url> {
    match ENGINE.decode_slice(text, out) {
        Ok(length) if length == out.len() => Ok(()),
        _ => Err(NotBase64url),
    }
}
