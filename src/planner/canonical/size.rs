//! CPU and memory of a task as people write them.

/// CPU units: `512`, `0.5 vCPU`, `.5 vcpu`. `None`: not a size.
pub(super) fn cpu_units(text: &str) -> Option<u64> {
    let text = text.trim().to_lowercase();
    match text.strip_suffix("vcpu") {
        Some(number) => scaled(number),
        None => text.parse().ok(),
    }
}

/// MiB: `2048`, `2GB`, `0.5 GB`. `None`: not a size.
pub(super) fn memory_mib(text: &str) -> Option<u64> {
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
