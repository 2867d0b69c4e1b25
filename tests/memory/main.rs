//! What the crate does with memory, in a binary with an allocator of its own: how often it
//! allocates (`allocations`, `untouched`), how much for bad input (`bad_input`), and that it wipes
//! secrets (`wiped`).

#[cfg(not(target_family = "wasm"))]
#[path = "../support/mod.rs"]
mod support;

#[cfg(all(feature = "aes", feature = "shape", feature = "map", not(target_family = "wasm")))]
mod allocations;
#[cfg(not(target_family = "wasm"))]
mod bad_input;
mod untouched;
#[cfg(all(feature = "aes", feature = "chacha", feature = "map"))]
mod wiped;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static ALLOCATED: Cell<u64> = const { Cell::new(0) };
    static FREED: Cell<u64> = const { Cell::new(0) };
    static BYTES: Cell<usize> = const { Cell::new(0) };
    /// Bytes that are allocated now. Other threads may free a block, so it can be negative.
    static LIVE: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

/// Counts the blocks of each thread and their bytes, and shows each freed block to `wiped`. A block
/// that grows counts as another one.
struct Watching;

// SAFETY: it passes everything to the system's allocator, and reads a block only while that is
// still allocated.
unsafe impl GlobalAlloc for Watching {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATED.set(ALLOCATED.get() + 1);
        BYTES.set(BYTES.get() + layout.size());
        LIVE.set(LIVE.get() + layout.size().cast_signed());
        PEAK.set(PEAK.get().max(LIVE.get()));
        // SAFETY: the caller's promises are those of `System`. Zeroed, so that every byte may be
        // read later.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        FREED.set(FREED.get() + 1);
        LIVE.set(LIVE.get() - layout.size().cast_signed());
        #[cfg(all(feature = "aes", feature = "chacha", feature = "map"))]
        // SAFETY: the block is the caller's until the call below, and was written as a whole when
        // it was allocated.
        wiped::inspect(unsafe { std::slice::from_raw_parts(pointer, layout.size()) });
        // SAFETY: the caller's promises are those of `System`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Watching = Watching;

/// The blocks that this thread allocates during a call.
struct Counted {
    total: u64,
    /// Those that are still allocated at its end, less older ones that it freed.
    #[allow(dead_code, reason = "without `map`, nothing reads it")]
    kept: i64,
    /// Bytes of all blocks.
    #[allow(dead_code, reason = "nothing reads it on WebAssembly")]
    bytes: usize,
    /// The most bytes that are allocated at the same time, beyond those at its beginning.
    #[allow(dead_code, reason = "nothing reads it on WebAssembly")]
    peak: usize,
}

fn count(run: impl FnOnce()) -> Counted {
    let (allocated, freed) = (ALLOCATED.get(), FREED.get());
    let (bytes, live) = (BYTES.get(), LIVE.get());
    PEAK.set(live);
    run();
    let total = ALLOCATED.get() - allocated;
    let freed = FREED.get() - freed;
    Counted {
        total,
        kept: i64::try_from(total).unwrap() - i64::try_from(freed).unwrap(),
        bytes: BYTES.get() - bytes,
        peak: (PEAK.get() - live).cast_unsigned(),
    }
}
