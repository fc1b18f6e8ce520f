//! Wildcards as load balancers and people write them.

/// Does the text fit the pattern, in which `*` stands for anything and `?` for one character?
pub fn fits_wildcard(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut from) = (0, 0);
    // Where the last `*` stands, and how much of the text it has taken so far.
    let mut star: Option<(usize, usize)> = None;
    while from < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, from));
                at += 1;
            }
            Some(letter) if *letter == '?' || Some(letter) == text.get(from) => {
                at += 1;
                from += 1;
            }
            _ => match star {
                None => return false,
                Some((place, taken)) => {
                    star = Some((place, taken + 1));
                    at = place + 1;
                    from = taken + 1;
                }
            },
        }
    }
    pattern.get(at..).unwrap_or_default().iter().all(|letter| *letter == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_stand_for_anything_and_for_one() {
        assert!(fits_wildcard("*.example.com", "a.b.example.com"));
        assert!(!fits_wildcard("*.example.com", "example.com"));
        assert!(fits_wildcard("/api/?1*", "/api/v1/x"));
        assert!(fits_wildcard("*KEY*", "SECRET_KEY") && fits_wildcard("**", ""));
        assert!(!fits_wildcard("", "x") && !fits_wildcard("a?", "a"));
    }
}
