//! The pure part of the lock: what the newest record of the chain means for somebody who wants the lease, or believes
//! to hold it.

use jiff::{SignedDuration, Timestamp};

use super::record::{Holder, Record};

/// How long a lease lasts unless renewed.
pub const LEASE: SignedDuration = SignedDuration::from_secs(120);
/// How far the clocks of two computers may differ: a lease counts as expired only this long after its end.
pub const SKEW: SignedDuration = SignedDuration::from_secs(30);

/// The newest record of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Newest {
    /// There is none.
    Nothing,
    /// It can be read.
    Readable {
        /// Its number.
        number: u64,
        /// What it says.
        record: Record,
    },
    /// It cannot be read.
    Unreadable {
        /// Its number.
        number: u64,
        /// How long ago it was written, by the store's clock.
        age: SignedDuration,
        /// Why it cannot be read.
        why: String,
    },
}

/// What the newest record means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The lease is free; whoever creates this number has it.
    Free {
        /// Next number.
        next: u64,
        /// Why it is free although the last record is no release: an expired lease, a dead process, garbage.
        because: Option<String>,
    },
    /// This run holds it.
    Mine {
        /// Number of the newest record.
        number: u64,
    },
    /// Somebody else holds it.
    Held {
        /// Number of the newest record.
        number: u64,
        /// Who; `None`: the record is unreadable.
        holder: Option<Box<Holder>>,
        /// Since when; `None`: unreadable.
        since: Option<Timestamp>,
        /// When it ends unless renewed; `None`: unreadable.
        expires: Option<Timestamp>,
        /// What is wrong with the record; `None`: nothing.
        damage: Option<String>,
    },
}

impl Newest {
    /// Number of the record; 0: there is none.
    pub(super) fn number(&self) -> u64 {
        match self {
            Self::Nothing => 0,
            Self::Readable { number, .. } | Self::Unreadable { number, .. } => *number,
        }
    }
}

/// Judges the newest record at `now` for somebody who wants the lease; `None`: for somebody who only looks. `is_dead`
/// says whether a holder's process has certainly ended.
pub(super) fn judge(
    newest: &Newest,
    me: Option<&Holder>,
    now: Timestamp,
    is_dead: impl Fn(&Holder) -> bool,
) -> Standing {
    match newest {
        Newest::Nothing => Standing::Free { next: 1, because: None },
        Newest::Unreadable { number, age, why } if *age > LEASE + SKEW => Standing::Free {
            next: number + 1,
            because: Some(format!("record {number} of the lock is unreadable ({why}) and too old to count")),
        },
        Newest::Unreadable { number, why, .. } => Standing::Held {
            number: *number,
            holder: None,
            since: None,
            expires: None,
            damage: Some(format!("record {number} of the lock is unreadable ({why})")),
        },
        Newest::Readable { number, record } => readable(*number, record, me, now, is_dead),
    }
}

fn readable(
    number: u64,
    record: &Record,
    me: Option<&Holder>,
    now: Timestamp,
    is_dead: impl Fn(&Holder) -> bool,
) -> Standing {
    let (Record::Held { holder, since, .. }, Some(expires)) = (record, record.expires()) else {
        return Standing::Free { next: number + 1, because: None };
    };
    if me.is_some_and(|me| me.is_same_as(holder)) {
        return Standing::Mine { number };
    }
    if expires.saturating_add(SKEW).is_ok_and(|end| now > end) {
        let because = Some(format!("the lease of {holder} expired at {expires}"));
        return Standing::Free { next: number + 1, because };
    }
    if is_dead(holder) {
        let because = Some(format!("{holder} has ended without releasing its lease"));
        return Standing::Free { next: number + 1, because };
    }
    Standing::Held {
        number,
        holder: Some(Box::new(holder.clone())),
        since: Some(*since),
        expires: Some(expires),
        damage: None,
    }
}

/// May a run that holds record `own`, which ends at `expires`, still write at `now` without asking the store?
pub(super) fn is_current(expires: Timestamp, now: Timestamp) -> bool {
    now < expires
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn holder(run: &str) -> Holder {
        Holder {
            run: run.to_owned(),
            owner: "anna".to_owned(),
            host: "laptop".to_owned(),
            process: 7,
            process_identity: None,
            command: "envctl up staging".to_owned(),
            ci: None,
            reason: None,
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).unwrap()
    }

    fn held(run: &str, written: i64) -> Record {
        Record::Held { holder: holder(run), since: at(written), written: at(written), expires: at(written) + LEASE }
    }

    fn check(record: Record, run: &str, now: i64) -> Standing {
        judge(&Newest::Readable { number: 5, record }, Some(&holder(run)), at(now), |_| false)
    }

    #[test]
    fn a_fresh_lease_is_held_and_an_expired_one_is_free_after_the_clocks_tolerance() {
        assert!(matches!(check(held("a", 0), "b", 0), Standing::Held { number: 5, .. }));
        assert!(matches!(check(held("a", 0), "b", 150), Standing::Held { .. }));
        assert!(matches!(check(held("a", 0), "b", 151), Standing::Free { next: 6, because: Some(_) }));
    }

    #[test]
    fn a_run_knows_its_own_lease_even_when_it_has_expired() {
        assert_eq!(check(held("a", 0), "a", 9_999), Standing::Mine { number: 5 });
    }

    #[test]
    fn a_lease_that_claims_years_is_believed_for_a_quarter_of_an_hour() {
        let Record::Held { holder, since, written, .. } = held("a", 0) else { unreachable!() };
        let greedy = Record::Held { holder, since, written, expires: Timestamp::MAX };
        assert!(matches!(check(greedy.clone(), "b", 15 * 60), Standing::Held { .. }));
        assert!(matches!(check(greedy, "b", 15 * 60 + 31), Standing::Free { .. }));
    }

    #[test]
    fn an_unreadable_record_counts_as_held_until_it_is_too_old() {
        let check = |age: i64| {
            let why = "garbage".to_owned();
            let newest = Newest::Unreadable { number: 3, age: SignedDuration::from_secs(age), why };
            judge(&newest, Some(&holder("b")), at(0), |_| false)
        };
        assert!(matches!(check(0), Standing::Held { holder: None, damage: Some(_), .. }));
        assert!(matches!(check(-500), Standing::Held { .. }));
        assert!(matches!(check(151), Standing::Free { next: 4, because: Some(_) }));
    }

    #[test]
    fn the_lease_of_a_process_that_has_ended_is_free_at_once() {
        let newest = Newest::Readable { number: 5, record: held("a", 0) };
        assert!(matches!(judge(&newest, Some(&holder("b")), at(1), |_| true), Standing::Free { next: 6, .. }));
    }

    #[test]
    fn garbage_is_no_record() {
        for garbage in ["", "{", "null", "[]", r#"{"state":"held"}"#, "\u{0}\u{0}", r#"{"state":"stolen"}"#] {
            assert!(Record::parse(garbage.as_bytes()).is_err(), "{garbage:?}");
        }
        let record = held("a", 0);
        assert_eq!(Record::parse(&record.to_bytes()), Ok(record));
    }

    /// The chain as both contenders of the model see it: create-if-absent, newest counts.
    #[derive(Default)]
    struct Chain(Vec<Record>);

    impl Chain {
        fn newest(&self) -> Newest {
            match self.0.last() {
                None => Newest::Nothing,
                Some(record) => Newest::Readable { number: self.0.len() as u64, record: record.clone() },
            }
        }

        fn create(&mut self, number: u64, record: Record) -> bool {
            let free = number == self.0.len() as u64 + 1;
            if free {
                self.0.push(record);
            }
            free
        }
    }

    #[derive(Clone, Default)]
    struct Contender {
        looked: Option<Standing>,
        expires: Option<Timestamp>,
        number: u64,
    }

    proptest! {
        /// Two contenders look, take, renew and release in any order, with clocks that differ by less than the
        /// tolerance, and may sleep for any time between looking and taking: never do both believe to hold the lease.
        #[test]
        fn two_contenders_never_both_hold(
            moves in proptest::collection::vec((0usize..2, 0u8..4, 0i64..200), 1..80),
            skew in -29i64..29,
        ) {
            let mut chain = Chain::default();
            let mut contenders = [Contender::default(), Contender::default()];
            let mut true_time = 0;
            for (who, what, passes) in moves {
                true_time += passes;
                let clock = |who: usize| at(true_time + if who == 1 { skew } else { 0 });
                let run = ["a", "b"][who];
                let now = clock(who);
                let record = held(run, now.as_second() - 1_700_000_000);
                let contender = &mut contenders[who];
                match what {
                    0 => contender.looked = Some(judge(&chain.newest(), Some(&holder(run)), now, |_| false)),
                    1 => if let Some(Standing::Free { next, .. }) = contender.looked.take()
                        && chain.create(next, record)
                    {
                        contender.expires = Some(now + LEASE);
                        contender.number = next;
                    },
                    2 => if contender.expires.is_some() {
                        contender.expires = None;
                        if chain.create(contender.number + 1, record) {
                            contender.expires = Some(now + LEASE);
                            contender.number += 1;
                        }
                    },
                    _ => if contender.expires.take().is_some() {
                        let written = now;
                        let number = contender.number + 1;
                        chain.create(number, Record::Released { holder: None, written, forced: None });
                    },
                }
                let holds = |who: usize| contenders[who].expires.is_some_and(|end| is_current(end, clock(who)));
                prop_assert!(!(holds(0) && holds(1)));
            }
        }
    }
}
