//! Chance without randomness: every number is derived from the seed and the names of what it is for, so that adding
//! a resource does not reshuffle the others.

/// A number from a seed and some names, evenly spread.
pub(super) fn number(seed: u64, names: &[&str]) -> u64 {
    let mut hash = seed ^ 0xcbf2_9ce4_8422_2325;
    for name in names {
        for byte in name.bytes().chain([0xff]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    // The finaliser of splitmix64: FNV alone leaves the high bits poor.
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

/// True in `per_thousand` of 1000 cases.
pub(super) fn happens(per_thousand: u32, seed: u64, names: &[&str]) -> bool {
    number(seed, names) % 1000 < u64::from(per_thousand)
}

/// `digits` hexadecimal digits.
pub(super) fn hex(seed: u64, names: &[&str], digits: usize) -> String {
    let more = [names, &["more"]].concat();
    let text = format!("{:016x}{:016x}", number(seed, names), number(seed, &more));
    text.chars().take(digits).collect()
}
