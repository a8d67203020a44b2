//! Non-interference: two histories that differ only in what happens inside a private session look the same, byte for byte,
//! to everybody outside it, then and afterwards.

use proptest::prelude::*;

use super::meeting::*;
use super::random::{Step, meetings, resolved, steps};
use crate::{Action, Actor, ChatRecipient, ParticipantId, Publication};

/// What members do that is theirs alone.
fn hidden() -> impl Strategy<Value = Vec<(usize, Action)>> {
    let action = prop_oneof![
        any::<bool>().prop_map(|on| Action::SetMicrophone { on }),
        any::<bool>().prop_map(|on| Action::SetCamera { on }),
        any::<bool>().prop_map(|on| Action::SetScreen { on }),
        any::<bool>().prop_map(|raised| Action::RaiseHand { raised }),
        ("[a-z]{1,8}", any::<bool>()).prop_map(|(text, to_all)| Action::Say {
            to: if to_all { ChatRecipient::Everyone } else { ChatRecipient::Mediator },
            text,
        }),
    ];
    proptest::collection::vec((0_usize..8, action), 1..40)
}

fn outsiders_learn(meeting: &Meeting, outsiders: &[ParticipantId]) -> Vec<(String, Vec<Publication>)> {
    let audience = meeting.state.audience();
    let received_by = |who: &ParticipantId| {
        audience.receivers.iter().filter(|(_, receivers)| receivers.contains(who)).map(|(sent, _)| *sent).collect()
    };
    outsiders.iter().map(|who| (meeting.learnt_by(*who), received_by(who))).collect()
}

/// Leaves out what members do: only outsiders, the service and the system go on.
fn is_of_outsiders(step: Step, outsiders: &[ParticipantId]) -> bool {
    match step {
        Step::Acts { who, .. } => outsiders.contains(&who),
        Step::Repeats { .. } => false,
        Step::Arrives { .. }
        | Step::ComesWithAnOldInvitation { .. }
        | Step::Loses { .. }
        | Step::Restarts
        | Step::IsInvited { .. }
        | Step::IsRevoked { .. } => true,
    }
}

proptest! {
    #![proptest_config(meetings())]

    #[test]
    fn outsiders_cannot_tell_what_happens_in_a_private_session(
        by_assistant in any::<bool>(),
        with_representative in any::<bool>(),
        hidden in hidden(),
        afterwards in steps(),
    ) {
        let mut quiet = Meeting::with(&[ANNA, BEN, REPRESENTATIVE, ASSISTANT, OBSERVER, OFFICER]);
        for who in [ANNA, BEN, MEDIATOR] {
            quiet.does(who, Action::SetMicrophone { on: true });
            quiet.says(who, "joint");
        }
        let mediator = if by_assistant { ASSISTANT } else { MEDIATOR };
        let guests = if with_representative { vec![ANNA, REPRESENTATIVE] } else { vec![ANNA] };
        quiet.goes_private(mediator, 1, &guests);
        let members = [vec![mediator], guests].concat();
        let outsiders: Vec<_> = EVERYBODY.into_iter().filter(|who| !members.contains(who)).collect();

        let mut busy = quiet.clone();
        for (member, action) in hidden {
            let who = members[member % members.len()];
            let _ = busy.tries(Actor::Person(who), action);
            quiet.time_passes();
            prop_assert_eq!(outsiders_learn(&busy, &outsiders), outsiders_learn(&quiet, &outsiders));
        }

        for (number, step) in afterwards.into_iter().enumerate() {
            if !is_of_outsiders(step, &outsiders) {
                continue;
            }
            let asked = |meeting: &Meeting| resolved(step, meeting, 5_000 + number as u128);
            let (Some((actor, action)), Some((other_actor, other_action))) = (asked(&quiet), asked(&busy)) else { continue };
            prop_assert_eq!(format!("{action:?}"), format!("{other_action:?}"));
            let (in_quiet, in_busy) = (quiet.tries(actor, action), busy.tries(other_actor, other_action));
            prop_assert_eq!(in_quiet.err(), in_busy.err(), "nor does an answer tell");
            prop_assert_eq!(outsiders_learn(&busy, &outsiders), outsiders_learn(&quiet, &outsiders));
        }
    }
}

#[test]
fn as_control_the_same_words_in_the_joint_session_are_learnt() {
    let mut quiet = Meeting::with(&[ANNA, BEN]);
    let mut busy = quiet.clone();
    busy.says(ANNA, "words");
    quiet.time_passes();
    assert_ne!(outsiders_learn(&busy, &[BEN]), outsiders_learn(&quiet, &[BEN]));
}
