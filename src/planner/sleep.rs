//! How `down` chooses between parked and hibernated: by arithmetic, unless somebody said.

use std::time::Duration;

use rust_decimal::Decimal;

use crate::model::{
    Desired, LiveDatabase, NoteKind, Power, RefusalKind, ResourceKey, ResourceKind, SleepChoice, SleepCost, SleepMode,
    present,
};

use super::draft::Draft;
use super::power;
use super::situation::{Situation, key};

/// AWS starts a stopped instance again after seven days (`aws.md` 2.1).
const RESTART_AFTER: Duration = Duration::from_secs(7 * 24 * 3600);

/// What hibernating must save at least, in USD cents, to be worth the longer way up (a restore instead of a start).
const WORTH_CENTS: i64 = 10;

/// Chooses, and says why. What somebody said comes first: the flag, then the spec; then, when nobody said for how
/// long, an environment that sleeps goes on sleeping as it does.
pub(super) fn choose(s: &Situation, mode: SleepMode, idle: Option<Duration>, draft: &mut Draft) -> SleepChoice {
    let said_so = asked(mode, "--mode says so").or_else(|| asked(s.desired.sleep.mode, "the spec says so"));
    let choice = said_so
        .clone()
        .or_else(|| if idle.is_none() { as_it_sleeps(s) } else { None })
        .or_else(|| without_databases(s.desired))
        .unwrap_or_else(|| by_arithmetic(s.policy.sleep_cost.as_ref(), idle.or(s.desired.sleep.idle)));
    let sleeping = power::sleeping_databases(s.desired, s.live);
    if choice.power == Power::Parked && sleeping == Some(Power::Hibernated) {
        let text = "it cannot be parked: there is no database to stop, its data is in a snapshot; `up` first";
        draft.note(None, NoteKind::NotDone, text);
        return said(Power::Hibernated, "there is no database to stop".to_owned());
    }
    match unstoppable(s) {
        Some((key, live)) if choice.power == Power::Parked && said_so.is_some() => {
            let remedy = "`down --mode hibernate` now, or the same command when its storage has come to rest";
            draft.refuse(Some(key), RefusalKind::Impossible, live.unstoppable(), remedy);
            choice
        }
        Some((_, live)) if choice.power == Power::Parked => {
            let name = &live.identifier;
            said(Power::Hibernated, format!("AWS cannot stop {name} for hours: its storage has just been changed"))
        }
        _ => choice,
    }
}

/// A database of ours that cannot be stopped for hours.
fn unstoppable<'a>(s: &'a Situation) -> Option<(ResourceKey, &'a LiveDatabase)> {
    let ours = present(&s.live.databases).filter(|(name, _)| s.desired.databases.contains_key(*name));
    let mut optimizing = ours.filter(|(_, live)| s.desired.owns(&live.tags) && live.is_optimizing_storage());
    optimizing.next().map(|(name, live)| (key(ResourceKind::Database, name), live))
}

/// What `down --for` would choose for an environment that is up.
pub fn sleep_choice(desired: &Desired, cost: Option<&SleepCost>, idle: Duration) -> SleepChoice {
    asked(desired.sleep.mode, "the spec says so")
        .or_else(|| without_databases(desired))
        .unwrap_or_else(|| by_arithmetic(cost, Some(idle)))
}

fn asked(mode: SleepMode, why: &str) -> Option<SleepChoice> {
    match mode {
        SleepMode::Auto => None,
        SleepMode::Park => Some(said(Power::Parked, why.to_owned())),
        SleepMode::Hibernate => Some(said(Power::Hibernated, why.to_owned())),
    }
}

fn as_it_sleeps(s: &Situation) -> Option<SleepChoice> {
    let by_tags = power::remembered(s.desired, s.live).filter(|power| power.is_asleep());
    let sleeping = if s.desired.databases.is_empty() { None } else { power::sleeping_databases(s.desired, s.live) };
    match (sleeping, by_tags) {
        (Some(power), _) => Some(said(power, format!("its databases are {power} already"))),
        (None, Some(power)) => Some(said(power, format!("it was put to sleep {power} before, and stays so"))),
        (None, None) => None,
    }
}

fn without_databases(desired: &Desired) -> Option<SleepChoice> {
    let none = desired.databases.is_empty();
    none.then(|| said(Power::Parked, "it has no database that could be deleted".to_owned()))
}

fn by_arithmetic(cost: Option<&SleepCost>, idle: Option<Duration>) -> SleepChoice {
    let Some(idle) = idle else {
        let why =
            "nobody said for how long, which counts as more than 7 days: AWS would start a stopped database again";
        return said(Power::Hibernated, why.to_owned());
    };
    if idle >= RESTART_AFTER {
        let why = format!("{} is 7 days or more, after which AWS would start a stopped database again", days(idle));
        return said(Power::Hibernated, why);
    }
    let Some(cost) = cost else {
        let why = format!("{} is less than 7 days, and no prices are known for this region", days(idle));
        return said(Power::Parked, why);
    };
    let hours = Decimal::from(idle.as_secs()) / Decimal::from(3600);
    let parked = cost.parked_usd_per_hour * hours;
    let hibernated = cost.hibernated_usd_per_hour * hours;
    let saved = parked - hibernated;
    let figures =
        format!("parked costs {} USD for {}, hibernated {} USD", money(parked), days(idle), money(hibernated));
    if saved >= Decimal::new(WORTH_CENTS, 2) {
        said(Power::Hibernated, format!("{figures}: hibernating saves {} USD", money(saved)))
    } else {
        let least = money(Decimal::new(WORTH_CENTS, 2));
        said(Power::Parked, format!("{figures}: less than {least} USD apart, and a parked database wakes faster"))
    }
}

fn said(power: Power, why: String) -> SleepChoice {
    SleepChoice { power, why }
}

fn money(usd: Decimal) -> String {
    format!("{:.2}", usd.round_dp(2))
}

fn days(idle: Duration) -> String {
    let hours = idle.as_secs() / 3600;
    match (hours / 24, hours % 24) {
        (0, hours) => format!("{hours} h"),
        (days, 0) => format!("{days} d"),
        (days, hours) => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(days: u64, parked_cents: i64, expected: Power) {
        let cost = SleepCost {
            parked_usd_per_hour: Decimal::new(parked_cents, 2) / Decimal::from(24),
            hibernated_usd_per_hour: Decimal::ZERO,
        };
        let idle = Duration::from_secs(days * 24 * 3600);
        assert_eq!(by_arithmetic(Some(&cost), Some(idle)).power, expected, "{days} days at {parked_cents} cents a day");
    }

    #[test]
    fn a_week_or_more_hibernates() {
        check(7, 0, Power::Hibernated);
        check(6, 0, Power::Parked);
        assert_eq!(by_arithmetic(None, None).power, Power::Hibernated);
    }

    #[test]
    fn ten_cents_are_worth_the_longer_way_up() {
        check(1, 10, Power::Hibernated);
        check(1, 9, Power::Parked);
        check(3, 3, Power::Parked);
        check(3, 4, Power::Hibernated);
    }

    #[test]
    fn without_prices_a_short_sleep_is_parked() {
        assert_eq!(by_arithmetic(None, Some(Duration::from_secs(3600))).power, Power::Parked);
    }
}
