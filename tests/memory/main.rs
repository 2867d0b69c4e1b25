//! What the crate does with memory, in a binary with an allocator of its own: how often it
//! allocates (`allocations`, `untouched`), and that it wipes secrets (`wiped`).

#[cfg(all(feature = "aes", feature = "shape", feature = "map", not(target_family = "wasm")))]
mod allocations;
mod untouched;
#[cfg(all(feature = "aes", feature = "chacha", feature = "map"))]
mod wiped;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static ALLOCATED: Cell<u64> = const { Cell::new(0) };
    static FREED: Cell<u64> = const { Cell::new(0) };
}

/// Counts the blocks of each thread, and shows each freed block to `wiped`.
struct Watching;

// SAFETY: it passes everything to the system's allocator, and reads a block only while that is
// still allocated.
unsafe impl GlobalAlloc for Watching {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATED.set(ALLOCATED.get() + 1);
        // SAFETY: the caller's promises are those of `System`. Zeroed, so that every byte may be
        // read later.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        FREED.set(FREED.get() + 1);
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
}

fn count(run: impl FnOnce()) -> Counted {
    let (allocated, freed) = (ALLOCATED.get(), FREED.get());
    run();
    let total = ALLOCATED.get() - allocated;
    let freed = FREED.get() - freed;
    Counted { total, kept: i64::try_from(total).unwrap() - i64::try_from(freed).unwrap() }
}
