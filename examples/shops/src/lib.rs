//! What the shops of every framework share.
