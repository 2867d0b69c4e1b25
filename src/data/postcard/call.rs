//! The calls that a `Serialize` makes, one byte each. Two values that make the same calls and have
//! the same positional encoding are the same to serde. The bytes alone do not show it: an `i64` and
//! a `u64` may have the same bytes.

/// A call of one of a `Serializer`'s methods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Call {
    Bool,
    I8,
    I16,
    I32,
    I64,
    I128,
    U8,
    U16,
    U32,
    U64,
    U128,
    F32,
    F64,
    Char,
    Str,
    Bytes,
    None,
    Some,
    Unit,
    UnitStruct,
    Newtype,
    Seq,
    Tuple,
    Map,
    Struct,
    Variant,
    /// The end of a sequence, tuple, map or struct.
    End,
}
