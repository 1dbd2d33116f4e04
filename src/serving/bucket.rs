//! From a visitor's id to a number in [0, 1), and from weights to ranges of it: GrowthBook's algorithm, version 2.
//!
//! <https://docs.growthbook.io/lib/build-your-own>; the tests hold it against the cases that GrowthBook publishes for
//! implementers.

/// 32-bit FNV-1a over UTF-16 code units, as GrowthBook's JavaScript computes it with `charCodeAt`.
pub fn fnv1a_32(text: &str) -> u32 {
    text.encode_utf16().fold(0x811c_9dc5, |hash, unit| (hash ^ u32::from(unit)).wrapping_mul(0x0100_0193))
}

/// Where an id falls under a seed, a multiple of 1/10,000 in [0, 1). Hashing twice takes the bias out of the first pass.
pub fn bucket(seed: &str, id: &str) -> f64 {
    let once = fnv1a_32(&format!("{seed}{id}"));
    f64::from(fnv1a_32(&once.to_string()) % 10_000) / 10_000.0
}

/// The range [start, end) of each arm, for `arms` arms of these weights of which only the share `coverage` is enrolled.
///
/// Coverage trims each arm's own range, so raising it never moves a visitor from one arm to another. Weights of the
/// wrong number, or whose sum is further than 0.01 from 1, count as equal; coverage is cut down to [0, 1].
pub fn bucket_ranges(arms: usize, coverage: f64, weights: Option<&[f64]>) -> Vec<(f64, f64)> {
    let coverage = if coverage.is_nan() { 0.0 } else { coverage.clamp(0.0, 1.0) };
    let usable = weights.filter(|weights| {
        let sum: f64 = weights.iter().sum();
        weights.len() == arms && (0.99..=1.01).contains(&sum)
    });
    let equal = vec![1.0 / arms as f64; arms];
    let mut start = 0.0;
    usable
        .unwrap_or(&equal)
        .iter()
        .map(|weight| {
            let range = (start, start + coverage * weight);
            start += weight;
            range
        })
        .collect()
}

/// The arm whose range holds the bucket; none if it falls between the ranges.
pub fn choose(bucket: f64, ranges: &[(f64, f64)]) -> Option<usize> {
    ranges.iter().position(|&(start, end)| start <= bucket && bucket < end)
}
