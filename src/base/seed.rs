//! Chance as a value: the same seed gives the same draws on every machine.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng as _, SeedableRng};
use serde::{Deserialize, Serialize};

use super::{Digest, math};

/// Where all chance of a computation comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seed(pub u64);

impl Seed {
    /// A seed for a named part, independent of every other part's, so that adding a draw in one
    /// place does not move the draws of another.
    pub fn child(self, label: &str) -> Seed {
        let mut bytes = self.0.to_be_bytes().to_vec();
        bytes.extend_from_slice(label.as_bytes());
        Seed(Digest::of_bytes(&bytes).prefix_u64())
    }

    /// A stream of draws.
    pub fn rng(self) -> Rng {
        Rng(ChaCha8Rng::seed_from_u64(self.0))
    }
}

/// A stream of draws from a [`Seed`].
#[derive(Debug, Clone)]
pub struct Rng(ChaCha8Rng);

impl Rng {
    /// Uniform on [0, 1) with 53 bits.
    pub fn uniform(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// Normal with this mean and standard deviation (Box and Muller 1958, one of the pair).
    pub fn normal(&mut self, mean: f64, sd: f64) -> f64 {
        let radius = math::sqrt(-2.0 * math::ln(1.0 - self.uniform()));
        mean + sd * radius * math::cos(std::f64::consts::TAU * self.uniform())
    }

    /// Uniform on 0..n without bias (Lemire's multiply and reject).
    ///
    /// # Panics
    /// If `n` is zero.
    pub fn below(&mut self, n: usize) -> usize {
        assert!(n > 0, "a draw below zero has no value");
        let n = n as u64;
        let threshold = n.wrapping_neg() % n;
        loop {
            let wide = u128::from(self.0.next_u64()) * u128::from(n);
            if wide as u64 >= threshold {
                return (wide >> 64) as usize;
            }
        }
    }

    /// Puts the slice in a random order (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_draws_the_same_on_every_machine() {
        let mut rng = Seed(7).child("games").rng();
        let drawn: Vec<u64> = (0..3).map(|_| rng.uniform().to_bits()).collect();
        let mut again = Seed(7).child("games").rng();
        assert_eq!(drawn, (0..3).map(|_| again.uniform().to_bits()).collect::<Vec<_>>());
        assert_ne!(drawn[0], Seed(7).child("teams").rng().uniform().to_bits());
    }

    #[test]
    fn normal_draws_have_their_mean_and_standard_deviation() {
        let mut rng = Seed(1).rng();
        let draws: Vec<f64> = (0..20_000).map(|_| rng.normal(3.0, 2.0)).collect();
        let mean = draws.iter().sum::<f64>() / draws.len() as f64;
        let variance = draws.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / draws.len() as f64;
        // Five standard errors of the mean and of the variance.
        assert!((mean - 3.0).abs() < 5.0 * 2.0 / 141.0, "{mean}");
        assert!((variance - 4.0).abs() < 5.0 * 4.0 * 1.415 / 141.0, "{variance}");
    }

    #[test]
    fn below_reaches_every_value_about_equally_often() {
        let mut rng = Seed(2).rng();
        let mut counts = [0; 7];
        for _ in 0..70_000 {
            counts[rng.below(7)] += 1;
        }
        assert!(counts.iter().all(|&count| (9_500..10_500).contains(&count)), "{counts:?}");
    }

    #[test]
    fn a_shuffle_keeps_every_item() {
        let mut items: Vec<u32> = (0..100).collect();
        Seed(3).rng().shuffle(&mut items);
        assert_ne!(items, (0..100).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..100).collect::<Vec<_>>());
    }
}
