//! The regions of AWS, as data.

/// Regions that are open (list of the public endpoints, November 2026), all partitions.
pub(super) const KNOWN: &[&str] = &[
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "cn-north-1",
    "cn-northwest-1",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-gov-east-1",
    "us-gov-west-1",
    "us-west-1",
    "us-west-2",
];

/// Is it one of them?
pub(super) fn is_known(region: &str) -> bool {
    KNOWN.contains(&region)
}

/// Could it be a region that opened after the list was made? Its area must be none that the list knows, or its
/// number one that the list does not reach: `us-east-22` is a slip, `xx-central-1` may be new.
pub(super) fn looks_new(region: &str) -> bool {
    let parts: Vec<&str> = region.split('-').collect();
    let [area, direction, number] = parts.as_slice() else { return false };
    let directions = ["central", "north", "south", "east", "west", "northeast", "southeast", "northwest", "southwest"];
    let is_new_area = !KNOWN.iter().any(|known| known.split('-').next() == Some(area));
    area.len() == 2
        && area.bytes().all(|byte| byte.is_ascii_lowercase())
        && directions.contains(direction)
        && matches!(number.parse::<u32>(), Ok(1..=9))
        && number.len() == 1
        && (is_new_area
            || !KNOWN.iter().any(|known| {
                known.rsplit_once('-').map(|(head, _)| head) == region.rsplit_once('-').map(|(head, _)| head)
            }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_no_new_region() {
        assert!(is_known("us-east-2"));
        assert!(!looks_new("us-east-7"));
        assert!(!looks_new("us-esat-2"));
        assert!(looks_new("nz-north-1"));
    }
}
