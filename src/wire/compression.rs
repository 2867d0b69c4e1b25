//! Compressed data: one raw DEFLATE stream (RFC 1951) with nothing after it, which inflates to at
//! most `limits::INFLATED` bytes.

use crate::limits;
use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};

/// See `benches/compression`.
const LEVEL: u8 = 5;

/// The bytes are not a stream, or more comes out of them than allowed.
pub(crate) struct NotInflatable;

/// Returns the data compressed, if that is shorter and can be read back.
pub(crate) fn deflate(data: &[u8]) -> Option<Vec<u8>> {
    if data.len() > limits::INFLATED {
        return None;
    }
    let compressed = compress_to_vec(data, LEVEL);
    (compressed.len() < data.len()).then_some(compressed)
}

/// Returns what comes out of a stream. Allocates at most about twice the limit.
pub(crate) fn inflate(stream: &[u8]) -> Result<Vec<u8>, NotInflatable> {
    // One byte more than allowed, so that a stream that ends at the limit is known to end.
    let most = limits::INFLATED + 1;
    let mut state = DecompressorOxide::new();
    let (mut read, mut written) = (0, 0);
    let mut out = vec![0; stream.len().saturating_mul(4).clamp(256, most)];
    loop {
        let (status, consumed, produced) = decompress(
            &mut state,
            &stream[read..],
            &mut out,
            written,
            TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF,
        );
        read += consumed;
        written += produced;
        match status {
            TINFLStatus::Done if read == stream.len() && written <= limits::INFLATED => {
                out.truncate(written);
                return Ok(out);
            }
            TINFLStatus::HasMoreOutput if out.len() < most => {
                out.resize(out.len().saturating_mul(2).min(most), 0);
            }
            _ => return Err(NotInflatable),
        }
    }
}
