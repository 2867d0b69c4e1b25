//! docs/moving-in.md and docs/moving-out.md, whose code is run here.
