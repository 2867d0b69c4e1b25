//! Prints, as Markdown, what one call of each compressor allocates: the most at one time, in bytes,
//! and the number of allocations. Apart from the times, because counting takes some.

use allocation_counter::measure;
use sealed_session::Suite;
use sealed_session_compression::{codecs, sessions};

fn main() {
    let cases = sessions::all(Suite::Xaes256Gcm);
    let case = cases.iter().find(|case| case.name == "text 1 KB").expect("it is there");
    println!(
        "| {}, typed | compress: bytes | allocations | decompress: bytes | allocations |",
        case.name
    );
    println!("| --- | ---: | ---: | ---: | ---: |");
    for mut codec in codecs::all() {
        // A reused state has grown by then.
        let mut compressed = (codec.compress)(&case.data);
        drop((codec.decompress)(&compressed));
        let up = measure(|| compressed = (codec.compress)(&case.data));
        let down = measure(|| drop((codec.decompress)(&compressed)));
        let state = if codec.reuses { ", state reused" } else { "" };
        println!(
            "| {}{state} | {} | {} | {} | {} |",
            codec.name, up.bytes_max, up.count_total, down.bytes_max, down.count_total
        );
    }
    println!(
        "\nminiz_oxide makes its compressor on the stack: {} bytes.",
        size_of::<miniz_oxide::deflate::core::CompressorOxide>()
    );
}
