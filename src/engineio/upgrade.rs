//! The upgrade: from polling to WebSocket, without losing a packet.
//!
//! ```text
//!   client                              server
//!     │  GET ?transport=websocket&sid=…   │  a candidate: polling goes on
//!     ├──────────────── 2probe ──────────►│
//!     │◄─────────────── 3probe ───────────┤  it works in both directions
//!     │◄─ 6 (on the waiting GET) ─────────┤  let go of polling
//!     ├──────────────── 5 ───────────────►│  from here on, WebSocket
//! ```
//!
//! A candidate that fails at any of this is dropped, and the session goes on as it was.
//!
//! Core file. Spec: Engine.IO v4, "Upgrade".

/// How often a candidate may be probed. Once is enough; whoever goes on asking is not upgrading.
pub const MAX_PROBES: u8 = 16;

/// Where a session stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Stage {
    /// On polling, with nothing in sight.
    Polling,
    /// On polling, with a WebSocket that has not said anything yet.
    Candidate,
    /// On polling, with a WebSocket that was probed and answered.
    Probed,
    /// On WebSocket, for good.
    WebSocket,
}

/// What can happen to it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Input {
    /// A WebSocket was opened with this session's name.
    Opened,
    /// The candidate sent `2probe`, no more than [`MAX_PROBES`] times.
    Probe,
    /// The candidate sent `5`.
    Upgrade,
    /// The candidate sent anything else.
    Other,
    /// The candidate was closed, or took too long.
    Lost,
}

/// What to do about it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Action {
    /// Watch the candidate's time.
    StartTimer,
    /// Close the WebSocket that was just opened.
    RefuseNewcomer,
    /// Send `3probe`, and let go of the waiting `GET`.
    AnswerProbe,
    /// Close the candidate and stay on polling.
    DropCandidate,
    /// Make the candidate the transport.
    Switch,
}

impl Stage {
    /// The next stage, and what to do on the way there.
    ///
    /// |             | `Opened`                      | `Probe`                 | `Upgrade`             | `Other`                    | `Lost`                     |
    /// |-------------|-------------------------------|-------------------------|-----------------------|----------------------------|----------------------------|
    /// | `Polling`   | `Candidate`, `StartTimer`     |                         |                       |                            |                            |
    /// | `Candidate` | `Candidate`, `RefuseNewcomer` | `Probed`, `AnswerProbe` | `WebSocket`, `Switch` | `Polling`, `DropCandidate` | `Polling`, `DropCandidate` |
    /// | `Probed`    | `Probed`, `RefuseNewcomer`    | `Probed`, `AnswerProbe` | `WebSocket`, `Switch` | `Polling`, `DropCandidate` | `Polling`, `DropCandidate` |
    /// | `WebSocket` | `WebSocket`, `RefuseNewcomer` |                         |                       |                            |                            |
    ///
    /// An empty cell cannot happen, for want of a candidate, and is `None`. A test holds this
    /// table to the code.
    pub fn step(self, input: Input) -> Option<(Self, Action)> {
        use Action::{AnswerProbe, DropCandidate, RefuseNewcomer, StartTimer, Switch};
        use Input::{Lost, Opened, Other, Probe, Upgrade};
        use Stage::{Candidate, Polling, Probed, WebSocket};

        Some(match (self, input) {
            (Polling, Opened) => (Candidate, StartTimer),
            // [EIO4-WS-3] "A client MUST NOT open more than one WebSocket connection per
            // session. Should it happen, the server MUST close the WebSocket connection."
            (Candidate | Probed | WebSocket, Opened) => (self, RefuseNewcomer),

            (Candidate | Probed, Probe) => (Probed, AnswerProbe),
            // Not in the specification: a `5` without a probe. There are clients that skip
            // it, and the reference server lets them.
            (Candidate | Probed, Upgrade) => (WebSocket, Switch),
            (Candidate | Probed, Other | Lost) => (Polling, DropCandidate),

            (Polling | WebSocket, Probe | Upgrade | Other | Lost) => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Input::*;
    use super::Stage;
    use super::Stage::{Candidate, Polling, Probed, WebSocket};

    /// This fails, and prints the right row, whenever the table and the code differ.
    #[test]
    fn the_documented_table_is_true() {
        let squeeze = |text: &str| text.split_whitespace().collect::<String>();
        let source = squeeze(include_str!("upgrade.rs"));
        for stage in [Polling, Candidate, Probed, WebSocket] {
            let cells =
                [Opened, Probe, Upgrade, Other, Lost].map(|input| match stage.step(input) {
                    Some((next, action)) => format!("`{next:?}`, `{action:?}`"),
                    None => String::new(),
                });
            let row = format!("/// | `{stage:?}` | {} |", cells.join(" | "));
            assert!(source.contains(&squeeze(&row)), "the table should have the row\n{row}");
        }
    }

    /// "open a WebSocket connection with the same session ID; send a ping packet with the string
    /// `probe`; … send a upgrade packet"
    #[test]
    fn the_three_steps_of_the_specification_lead_to_websocket() {
        let mut stage = Polling;
        for input in [Opened, Probe, Upgrade] {
            stage = stage.step(input).unwrap().0;
        }
        assert_eq!(stage, WebSocket);
    }

    #[test]
    fn after_a_failure_another_candidate_may_succeed() {
        let mut stage: Stage = Polling;
        for input in [Opened, Probe, Lost, Opened, Other, Opened, Probe, Upgrade] {
            stage = stage.step(input).unwrap().0;
        }
        assert_eq!(stage, WebSocket);
    }
}
