"""Golden values of the two-sample tests, from scipy.

    python -m venv V && V/bin/pip install scipy==1.17.1 numpy==2.4.6
    V/bin/python tests/reference/two_sample_scipy.py > tests/golden/two_sample_scipy.json

Samples are not stored: both sides draw them from the same 64-bit generator (splitmix64), with exact arithmetic.
"""

import json
import platform
import random
import sys
import warnings

import numpy
import scipy
from scipy import stats

MASK = (1 << 64) - 1


def splitmix(seed):
    state = seed
    while True:
        state = (state + 0x9E3779B97F4A7C15) & MASK
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        yield (z ^ (z >> 31)) >> 11


def sample(seed, n, levels, scale, shift):
    """n values u·scale + shift, with u in [0, 1), cut down to `levels` values if that is not 0."""
    draws = splitmix(seed)
    out = []
    for _ in range(n):
        u = next(draws) * 2.0**-53
        if levels:
            u = float(int(u * levels))
        out.append(u * scale + shift)
    return out


def ks_cases(rng):
    sizes = [(1, 1), (1, 2), (2, 1), (1, 7), (3, 3), (5, 4), (8, 8), (6, 9), (4, 12), (10, 1000), (3, 10000)]
    sizes += [(1000, 1000), (1000, 1001), (1001, 1000), (999, 1002), (1230, 610), (1312, 75), (2460, 1230)]
    sizes += [(3000, 2500), (4096, 4095), (5000, 5000), (10000, 10000), (10000, 9999), (9000, 10000)]
    sizes += [(10001, 10001), (10001, 3), (12, 10500), (150, 15000), (20000, 300), (30000, 25000), (11525, 1230)]
    sizes += [(rng.randint(1, 40), rng.randint(1, 40)) for _ in range(120)]
    sizes += [(rng.randint(41, 700), rng.randint(41, 700)) for _ in range(60)]
    sizes += [(rng.randint(10001, 30000), rng.randint(1, 400)) for _ in range(40)]
    for n, m in sizes:
        for levels in (0, rng.choice([2, 5, 12, 60])):
            near = 1.5 / min(n, m) ** 0.5
            for shift in (0.0, rng.uniform(0.0, near), rng.uniform(0.0, 0.5)) if n < 5000 else (rng.uniform(0, near),):
                a, b = rng.getrandbits(32), rng.getrandbits(32)
                shift = float(int(shift * levels)) if levels else shift
                reference = sample(a, n, levels, 1.0, 0.0)
                current = sample(b, m, levels, 1.0, shift)
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    result = stats.ks_2samp(reference, current)
                yield [a, n, b, m, levels, shift, float(result.statistic), float(result.pvalue)]


def kstwo_cases(rng):
    for n in (1, 2, 3, 5, 10, 40, 100, 139, 140, 141, 200, 1000, 5000, 9999, 50000, 100000, 100001, 1000000):
        fractions = [0.4 / n, 0.7 / n, 1.0 / n, 1.3 / n, 2.5 / n, 0.5, 0.6, 0.9, 1 - 0.5 / n, 1.0]
        fractions += [z / n**0.5 for z in (0.2, 0.4, 0.6, 0.8, 0.86, 0.9, 1.1, 1.4, 1.5, 1.9, 2.05, 3.0, 5.0, 19.0)]
        for d in fractions:
            d = min(d, 1.0)
            yield [n, d, float(stats.kstwo.sf(d, n))]


def chisquare_cases(rng):
    for _ in range(200):
        k = rng.randint(2, 40)
        top = rng.choice([3, 20, 500, 100000])
        reference = [rng.randint(1, top) for _ in range(k)]
        current = [rng.randint(0, top) for _ in range(k)]
        if rng.random() < 0.5:
            current = [max(0, round(r * rng.uniform(0.8, 1.2))) for r in reference]
        if sum(current) == 0:
            current[0] = 1
        factor = sum(current) / sum(reference)
        result = stats.chisquare(current, [r * factor for r in reference])
        yield [reference, current, float(result.statistic), float(result.pvalue)]


def chi2_cases():
    for df in (1, 2, 3, 4, 7, 10, 29, 100, 365, 1000, 20000):
        for factor in (1e-6, 0.01, 0.3, 0.7, 0.95, 1.0, 1.001, 1.05, 1.3, 2.0, 5.0, 20.0):
            yield [df * factor, df, float(stats.chi2.sf(df * factor, df))]


def main():
    rng = random.Random(20_150)
    document = {
        "tool": f"scipy {scipy.__version__}, numpy {numpy.__version__}, Python {platform.python_version()}",
        "command": "python tests/reference/two_sample_scipy.py > tests/golden/two_sample_scipy.json",
        "ks_fields": "reference seed, n, current seed, m, levels, shift of current, statistic, p-value",
        "ks": list(ks_cases(rng)),
        "kstwo_fields": "n, d, survival function",
        "kstwo": list(kstwo_cases(rng)),
        "chisquare_fields": "reference counts, current counts, statistic, p-value",
        "chisquare": list(chisquare_cases(rng)),
        "chi2_fields": "statistic, degrees of freedom, survival function",
        "chi2": list(chi2_cases()),
    }
    lines = []
    for key, value in document.items():
        if isinstance(value, list):
            rows = ",\n".join(json.dumps(row) for row in value)
            lines.append(f"{json.dumps(key)}: [\n{rows}\n]")
        else:
            lines.append(f"{json.dumps(key)}: {json.dumps(value)}")
    sys.stdout.write("{\n" + ",\n".join(lines) + "\n}\n")


main()
