//! The task sizes that Fargate has, kept as data (`aws.md` 1.1, from the ECS developer guide).

/// One row: a CPU size and its memory sizes.
pub struct Row {
    /// CPU units.
    pub cpu: u32,
    /// Memory in MiB.
    pub memory: Sizes,
}

/// The memory sizes of one row, MiB.
pub enum Sizes {
    /// Exactly these.
    Only(&'static [u32]),
    /// From, to and the step between.
    Range(u32, u32, u32),
}

impl Sizes {
    /// Every size, ascending.
    pub fn all(&self) -> Vec<u32> {
        match *self {
            Self::Only(sizes) => sizes.to_vec(),
            Self::Range(from, to, step) => (from..=to).step_by(step as usize).collect(),
        }
    }
}

/// Every row, ascending. Rows above 8192 are newer than parts of the API's own documentation.
pub const TABLE: &[Row] = &[
    Row { cpu: 256, memory: Sizes::Only(&[512, 1024, 2048]) },
    Row { cpu: 512, memory: Sizes::Range(1024, 4096, 1024) },
    Row { cpu: 1024, memory: Sizes::Range(2048, 8192, 1024) },
    Row { cpu: 2048, memory: Sizes::Range(4096, 16384, 1024) },
    Row { cpu: 4096, memory: Sizes::Range(8192, 30720, 1024) },
    Row { cpu: 8192, memory: Sizes::Range(16384, 61440, 4096) },
    Row { cpu: 16384, memory: Sizes::Range(32768, 122_880, 8192) },
    Row { cpu: 32768, memory: Sizes::Only(&[61440, 122_880, 249_856]) },
];

/// The row of this CPU size.
pub fn row(cpu: u32) -> Option<&'static Row> {
    TABLE.iter().find(|row| row.cpu == cpu)
}

/// The sizes right below and right above; at the ends only one of them.
pub fn around(wanted: u32, sizes: &[u32]) -> (Option<u32>, Option<u32>) {
    let below = sizes.iter().copied().filter(|size| *size < wanted).max();
    let above = sizes.iter().copied().filter(|size| *size > wanted).min();
    (below, above)
}

/// The legal pairs nearest to a wanted one: for the CPU sizes below and above, the least memory that is enough, or
/// else the most that there is.
pub fn nearest_pairs(cpu: u32, memory: u32) -> Vec<(u32, u32)> {
    let sizes: Vec<u32> = TABLE.iter().map(|row| row.cpu).collect();
    let (below, above) = around(cpu, &sizes);
    let pair = |cpu: u32| {
        let sizes = row(cpu)?.memory.all();
        let memory = sizes.iter().copied().find(|size| *size >= memory).or(sizes.last().copied())?;
        Some((cpu, memory))
    };
    [below, above].into_iter().flatten().filter_map(pair).collect()
}

/// Is this a size that Fargate has?
pub fn is_pair(cpu: u64, memory: u64) -> bool {
    TABLE.iter().any(|row| u64::from(row.cpu) == cpu && row.memory.all().iter().any(|mib| u64::from(*mib) == memory))
}

/// CPU units: `512`, `0.5 vCPU`, `.5 vcpu`. `None`: not a size.
pub fn cpu_units(text: &str) -> Option<u64> {
    let text = text.trim().to_lowercase();
    match text.strip_suffix("vcpu") {
        Some(number) => scaled(number),
        None => text.parse().ok(),
    }
}

/// MiB: `2048`, `2GB`, `0.5 GB`. `None`: not a size.
pub fn memory_mib(text: &str) -> Option<u64> {
    let text = text.trim().to_lowercase();
    match text.strip_suffix("gb") {
        Some(number) => scaled(number),
        None => text.parse().ok(),
    }
}

/// A decimal number times 1024, when that is a whole number. Exact: no floating point.
fn scaled(number: &str) -> Option<u64> {
    let number = number.trim();
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || whole.len() + fraction.len() == 0 || fraction.len() > 9 || whole.len() > 9
    {
        return None;
    }
    let scale = 10u64.pow(u32::try_from(fraction.len()).ok()?);
    let total = format!("0{whole}{fraction}").parse::<u64>().ok()? * 1024;
    (total % scale == 0).then(|| total / scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_and_a_half_processors_lie_between_two_sizes() {
        assert_eq!(nearest_pairs(1536, 6144), [(1024, 6144), (2048, 6144)]);
        assert_eq!(nearest_pairs(128, 512), [(256, 512)]);
        assert_eq!(nearest_pairs(99_999, 512), [(32768, 61440)]);
    }

    #[test]
    fn every_row_has_ascending_sizes() {
        for row in TABLE {
            assert!(row.memory.all().is_sorted(), "{}", row.cpu);
        }
        assert_eq!(row(8192).map(|row| row.memory.all().len()), Some(12));
    }

    #[test]
    fn sizes_are_read_as_people_write_them() {
        for (text, units) in [("512", 512), ("1 vCPU", 1024), (".5 vCPU", 512), ("0.25vcpu", 256), ("16 vCPU", 16384)] {
            assert_eq!(cpu_units(text), Some(units), "{text}");
        }
        for (text, mib) in [("2048", 2048), ("0.5GB", 512), ("2 GB", 2048), ("30gb", 30720)] {
            assert_eq!(memory_mib(text), Some(mib), "{text}");
        }
        for text in ["", "vCPU", "1,5 vCPU", "-1", "1e3", ". vCPU", "9999999999 vCPU"] {
            assert_eq!(cpu_units(text), None, "{text}");
        }
    }
}
