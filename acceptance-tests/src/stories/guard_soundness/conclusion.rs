//! What became of a change, judged by what the API server says: what was written by what it took, what was refused by what it would have taken.

use crate::failure::{Failure, Outcome, expect};

use super::{
    change::Request,
    stage::Stage,
    tally::Tally,
    truth::Truth,
    verdict::{Harm, Moments},
    writer::{Acts, Made, Order, Writer},
};

/// An acknowledgement may bring up a finding that was not the gravest before.
const MOST_ACKNOWLEDGED: usize = 4;

impl Stage<'_, '_> {
    /// Judges what became of the change: what was written by what it took, what was refused by what it would have taken.
    pub(super) fn conclude(
        &mut self,
        before: &Truth,
        made: &[Made],
        writer: &mut Writer,
        tally: &mut Tally,
    ) -> Outcome {
        *tally.worlds.entry(self.kind).or_default() += 1;
        let said: String = made.iter().map(|made| made.said.as_str()).collect();
        let refused: Vec<Request> = self
            .change
            .requests
            .iter()
            .zip(made)
            .filter(|(_, made)| made.is_refused_by_the_guard())
            .map(|(request, _)| request.clone())
            .collect();
        let is_written = made.iter().any(|made| made.is_written);
        let mut now = before.clone();
        if is_written {
            self.settle()?;
            now = self.ask_after()?;
            self.judge_written(before, &now, &said, tally)?;
        }
        if refused.is_empty() {
            tally.not_made += usize::from(!is_written);
            return self.expect_refused(None, &said);
        }
        self.make_nevertheless(&refused, &said, writer, tally)?;
        self.settle()?;
        let then = self.ask_after()?;
        self.judge_refused(&now, &then, &said, tally)
    }

    fn judge_written(
        &self,
        before: &Truth,
        after: &Truth,
        said: &str,
        tally: &mut Tally,
    ) -> Outcome {
        let moments = self.moments(before, after);
        let harm = moments.harm();
        if harm.is_empty() {
            tally.written += 1;
            tally.reductions += usize::from(moments.reduces_somebody());
            return Ok(());
        }
        for harm in &harm {
            let is_allowed = *harm == Harm::LastAdmin
                && moments.acts_beside_the_rules()
                && said.contains(harm.finding());
            let is_unread = *harm != Harm::ActingIdentity && self.world.hidden.is_named_in(said);
            let text = || {
                format!(
                    "{harm:?} is taken by what was written\nsaid: {said}\nbefore: {before:#?}\nafter: {after:#?}"
                )
            };
            expect(is_allowed || is_unread, text())?;
            tally.allowed += usize::from(is_allowed);
            tally.unread += usize::from(!is_allowed);
        }
        Ok(())
    }

    /// Where a rule is tried: that what it keeps would have gone, alone, and that the refusal says so.
    fn expect_refused(&self, harm: Option<&[Harm]>, said: &str) -> Outcome {
        let Some((rule, kept)) = &self.is_about else {
            return Ok(());
        };
        let is_refused = harm == Some(std::slice::from_ref(kept)) && said.contains(kept.finding());
        let text = format!("{rule:?} keeps {kept:?}, refused is {harm:?}: {said}");
        expect(is_refused, text)
    }

    fn judge_refused(
        &self,
        before: &Truth,
        after: &Truth,
        said: &str,
        tally: &mut Tally,
    ) -> Outcome {
        let moments = self.moments(before, after);
        let harm = moments.harm();
        self.expect_refused(Some(&harm), said)?;
        let is_grave = |harm: &&Harm| **harm != Harm::LastAdmin || !moments.acts_beside_the_rules();
        if let Some(grave) = harm.iter().find(is_grave) {
            *tally.refused.entry(grave.finding()).or_default() += 1;
            return Ok(());
        }
        if self.world.hidden.is_named_in(said) {
            tally.unread += 1;
            return Ok(());
        }
        tally.reductions += 1;
        println!(
            "  world {} is refused and takes nothing that must stay",
            self.number
        );
        tally.false_refusals.push(format!(
            "world {}: {said}\nbefore: {before:#?}\nafter: {after:#?}\n{}",
            self.number,
            self.described()
        ));
        Ok(())
    }

    /// What was refused is made: acknowledged, or by somebody whom nothing is asked.
    fn make_nevertheless(
        &mut self,
        refused: &[Request],
        said: &str,
        writer: &mut Writer,
        tally: &mut Tally,
    ) -> Outcome {
        if self.acknowledges && self.is_made_acknowledged(refused, said, writer)? {
            tally.acknowledged += 1;
            return Ok(());
        }
        let acts = Acts::ByCertificate(self.judge.cast.runner.clone());
        let order = Order {
            guard: "off",
            ..self.order(&acts, refused)?
        };
        let made = writer.make(self.cloud, order)?;
        let errors: String = made
            .iter()
            .filter(|made| !made.is_written)
            .map(|made| made.said.as_str())
            .collect();
        expect(
            errors.is_empty(),
            format!("refused without a guard: {errors}"),
        )
    }

    fn is_made_acknowledged(
        &self,
        refused: &[Request],
        said: &str,
        writer: &mut Writer,
    ) -> Outcome<bool> {
        let mut acknowledgements = acknowledgements_in(said);
        for _ in 0..MOST_ACKNOWLEDGED {
            let acts = self.acts()?;
            let order = Order {
                acknowledgements: &acknowledgements,
                ..self.order(&acts, refused)?
            };
            let made = writer.make(self.cloud, order)?;
            if made.iter().all(|made| made.is_written) {
                return Ok(true);
            }
            let more: String = made.iter().map(|made| made.said.as_str()).collect();
            let more = acknowledgements_in(&more);
            if more.is_empty() {
                return Err(Failure::new(format!(
                    "acknowledged by {acknowledgements}, and refused: {made:?}"
                )));
            }
            // Some of several may be written by now; only what was refused is asked for again.
            if made.iter().any(|made| made.is_written) {
                return Ok(false);
            }
            acknowledgements = format!("{acknowledgements},{more}");
        }
        Err(Failure::new(format!(
            "acknowledged by {acknowledgements}, and refused"
        )))
    }

    fn moments<'m>(&'m self, before: &'m Truth, after: &'m Truth) -> Moments<'m> {
        Moments {
            world: &self.world,
            cast: self.judge.cast,
            before,
            after,
        }
    }
}

/// What a refusal says to be set if it is meant.
fn acknowledgements_in(said: &str) -> String {
    let words = said
        .split_whitespace()
        .filter_map(|word| word.strip_prefix("EKSAUTH_LOCKOUT_ACK="));
    let found: Vec<&str> = words.collect();
    found.join(",")
}
