//! Padding (ISO/IEC 7816-4): a byte `80` and zero or more bytes `00` at the end of a plaintext, so
//! that its length says less about the data.

/// The first byte of padding; all others are zero.
const FIRST: u8 = 0x80;

/// Returns the length of a plaintext of `length` bytes with its padding: the next multiple that has
/// room for the first byte of padding.
pub(crate) fn padded_len(length: usize, multiple: usize) -> usize {
    (length + 1).next_multiple_of(multiple.max(1))
}

/// Appends padding to what is in `plaintext` from `start` on.
pub(crate) fn pad(plaintext: &mut Vec<u8>, start: usize, multiple: usize) {
    let end = start + padded_len(plaintext.len() - start, multiple);
    plaintext.push(FIRST);
    plaintext.resize(end, 0);
}

/// Removes padding; `None` if there is none.
pub(crate) fn unpadded(bytes: &[u8]) -> Option<&[u8]> {
    let last = bytes.iter().rposition(|byte| *byte != 0)?;
    (bytes[last] == FIRST).then(|| &bytes[..last])
}
