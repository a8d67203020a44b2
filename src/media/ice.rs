//! ICE for a server that everybody can reach (ICE-lite, RFC 8445): it answers connectivity checks and never sends any.
//! Checks come in, answers go out, and what the rest learns is which remote addresses belong to the connection, and which
//! of them carries its media. No address belongs to anybody before an integrity-checked request came from it.

use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};

use crate::limits::{ICE_CONSENT, ICE_PAIRS_MAX};
use crate::stun::BindingRequest;

/// Bytes of a user fragment we make: 96 bits, so that it cannot be guessed.
pub(crate) const USER_FRAGMENT_BYTES: usize = 16;
const PASSWORD_BYTES: usize = 32;

/// Our side's user fragment: it leads a check to its connection.
pub(crate) type UserFragment = [u8; USER_FRAGMENT_BYTES];

/// One way to a peer: its address, and ours that it reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Path {
    pub(crate) remote: SocketAddr,
    /// The local address a datagram arrived at, where the kernel tells; answers leave from it.
    pub(crate) local: Option<IpAddr>,
}

/// Short-term credentials of our side.
#[derive(Clone)]
pub(crate) struct Credentials {
    user_fragment: UserFragment,
    password: [u8; PASSWORD_BYTES],
    key: hmac::Key,
}

impl Credentials {
    /// Fresh, unguessable credentials; `None` if the system has no randomness.
    pub(crate) fn generate(random: &SystemRandom) -> Option<Credentials> {
        let user_fragment = random_text(random)?;
        let password = random_text(random)?;
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &password);
        Some(Credentials { user_fragment, password, key })
    }

    pub(crate) fn user_fragment(&self) -> UserFragment {
        self.user_fragment
    }

    pub(crate) fn user_fragment_text(&self) -> String {
        String::from_utf8_lossy(&self.user_fragment).into_owned()
    }

    pub(crate) fn password_text(&self) -> String {
        String::from_utf8_lossy(&self.password).into_owned()
    }
}

/// `N` characters of ICE's alphabet, six random bits each.
fn random_text<const N: usize>(random: &SystemRandom) -> Option<[u8; N]> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = [0_u8; N];
    random.fill(&mut bytes).ok()?;
    Some(bytes.map(|byte| ALPHABET[usize::from(byte & 63)]))
}

/// What a check changed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Checked {
    /// The answer, always due.
    pub(crate) answer: Vec<u8>,
    /// The address passed: it belongs to this connection from now on.
    pub(crate) validated: bool,
    /// An address that had to give way to it.
    pub(crate) displaced: Option<SocketAddr>,
    /// A user fragment that leads here no longer: the peer took the new credentials into use.
    pub(crate) retired: Option<UserFragment>,
    /// The peer chose this path for its media.
    pub(crate) selected: bool,
}

/// The ICE agent of one connection.
pub(crate) struct IceAgent {
    local: Credentials,
    /// Credentials from before an ICE restart; good until the new ones are nominated (RFC 8445, 9).
    previous: Option<Credentials>,
    pairs: Vec<Pair>,
    selected: Option<Path>,
}

struct Pair {
    path: Path,
    checked_at: Instant,
}

impl IceAgent {
    pub(crate) fn new(local: Credentials) -> IceAgent {
        IceAgent { local, previous: None, pairs: Vec::new(), selected: None }
    }

    pub(crate) fn local(&self) -> &Credentials {
        &self.local
    }

    /// Begins an ICE restart. Returns the user fragment that no longer leads here, if there was one in waiting.
    pub(crate) fn restart(&mut self, fresh: Credentials) -> Option<UserFragment> {
        let before = std::mem::replace(&mut self.local, fresh);
        self.previous.replace(before).map(|forgotten| forgotten.user_fragment)
    }

    /// User fragments that lead to this agent.
    pub(crate) fn user_fragments(&self) -> impl Iterator<Item = UserFragment> {
        std::iter::once(self.local.user_fragment).chain(self.previous.as_ref().map(|before| before.user_fragment))
    }

    /// Handles a check that came along `path`; `None`, and no answer, if its integrity is not proven.
    pub(crate) fn check(&mut self, now: Instant, path: Path, request: &BindingRequest<'_>) -> Option<Checked> {
        let key = self.credentials_of(request)?.key.clone();
        if !request.unknown_attributes().is_empty() {
            return Some(Checked { answer: request.unknown_attribute_error(&key), ..Checked::default() });
        }
        if request.controlled {
            return Some(Checked { answer: request.role_conflict(&key), ..Checked::default() });
        }
        let displaced = self.note_pair(now, path);
        // An old user fragment keeps the old path alive but cannot choose a new one.
        let current = request.local_user() == Some(&self.local.user_fragment[..]);
        let selected = request.use_candidate && (current || self.selected.is_none());
        let mut retired = None;
        if selected {
            self.selected = Some(path);
            if current {
                retired = self.previous.take().map(|before| before.user_fragment);
            }
        }
        Some(Checked { answer: request.success(path.remote, &key), validated: true, displaced, retired, selected })
    }

    /// The path media takes, once the peer has chosen one.
    pub(crate) fn selected(&self) -> Option<Path> {
        self.selected
    }

    /// When this address last passed a check.
    pub(crate) fn checked_at(&self, remote: SocketAddr) -> Option<Instant> {
        self.pairs.iter().find(|pair| pair.path.remote == remote).map(|pair| pair.checked_at)
    }

    /// Addresses that belong to this connection.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = SocketAddr> {
        self.pairs.iter().map(|pair| pair.path.remote)
    }

    /// Forgets pairs whose consent ended and hands their addresses to `gone`. Returns whether the selected path was among
    /// them: then the connection is cut off until the peer chooses again.
    pub(crate) fn expire(&mut self, now: Instant, mut gone: impl FnMut(SocketAddr)) -> bool {
        self.pairs.retain(|pair| {
            let alive = now.saturating_duration_since(pair.checked_at) < ICE_CONSENT;
            if !alive {
                gone(pair.path.remote);
            }
            alive
        });
        let lost = self.selected.is_some_and(|path| self.checked_at(path.remote).is_none());
        if lost {
            self.selected = None;
        }
        lost
    }

    fn credentials_of(&self, request: &BindingRequest<'_>) -> Option<&Credentials> {
        let user = request.local_user()?;
        std::iter::once(&self.local)
            .chain(self.previous.as_ref())
            .find(|credentials| credentials.user_fragment == user)
            .filter(|credentials| request.is_from_holder_of(&credentials.key))
    }

    fn note_pair(&mut self, now: Instant, path: Path) -> Option<SocketAddr> {
        if let Some(pair) = self.pairs.iter_mut().find(|pair| pair.path.remote == path.remote) {
            *pair = Pair { path, checked_at: now };
            return None;
        }
        let mut displaced = None;
        if self.pairs.len() >= ICE_PAIRS_MAX {
            let selected = self.selected.map(|selected| selected.remote);
            let stalest = (0..self.pairs.len())
                .filter(|at| Some(self.pairs[*at].path.remote) != selected)
                .min_by_key(|at| self.pairs[*at].checked_at);
            displaced = stalest.map(|at| self.pairs.swap_remove(at).path.remote);
        }
        self.pairs.push(Pair { path, checked_at: now });
        displaced
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::stun::tests::{CONTROLLED, CONTROLLING, NOMINATION, request};

    fn agent() -> IceAgent {
        IceAgent::new(Credentials::generate(&SystemRandom::new()).unwrap())
    }

    fn path(port: u16) -> Path {
        Path { remote: SocketAddr::from(([127, 0, 0, 1], port)), local: None }
    }

    fn send(
        agent: &mut IceAgent,
        of: &Credentials,
        now: Instant,
        port: u16,
        attributes: &[(u16, &[u8])],
    ) -> Option<Checked> {
        let username = format!("{}:peer", of.user_fragment_text());
        let datagram = request(&username, &of.password_text(), attributes);
        agent.check(now, path(port), &BindingRequest::parse(&datagram).unwrap())
    }

    #[test]
    fn a_check_with_a_wrong_password_gets_no_answer_and_no_address() {
        let mut agent = agent();
        let datagram = request(&format!("{}:peer", agent.local().user_fragment_text()), "guess", &[CONTROLLING]);
        assert_eq!(agent.check(Instant::now(), path(1), &BindingRequest::parse(&datagram).unwrap()), None);
        assert_eq!(agent.addresses().count(), 0);
    }

    #[test]
    fn media_moves_only_on_use_candidate() {
        let (mut agent, now) = (agent(), Instant::now());
        let ours = agent.local().clone();
        let checked = send(&mut agent, &ours, now, 1, &[CONTROLLING]).unwrap();
        assert!(checked.validated && !checked.selected);
        assert_eq!(agent.selected(), None);
        assert!(send(&mut agent, &ours, now, 2, &[CONTROLLING, NOMINATION]).unwrap().selected);
        assert_eq!(agent.selected(), Some(path(2)));
    }

    #[test]
    fn role_conflict_gets_487_and_unknown_attributes_get_420_and_neither_validates() {
        let (mut agent, now) = (agent(), Instant::now());
        let ours = agent.local().clone();
        let conflict = send(&mut agent, &ours, now, 1, &[CONTROLLED]).unwrap();
        assert!(conflict.answer.windows(4).any(|bytes| bytes == [0, 0, 4, 87]) && !conflict.validated);
        let unknown = send(&mut agent, &ours, now, 1, &[(0x0077, b"what")]).unwrap();
        assert!(unknown.answer.windows(4).any(|bytes| bytes == [0, 0, 4, 20]) && !unknown.validated);
        assert_eq!(agent.addresses().count(), 0);
    }

    #[test]
    fn consent_expires_without_checks_and_returns_with_them() {
        let (mut agent, now) = (agent(), Instant::now());
        let ours = agent.local().clone();
        send(&mut agent, &ours, now, 1, &[CONTROLLING, NOMINATION]);
        assert!(!agent.expire(now + ICE_CONSENT.mul_f32(0.999), |_| {}));
        let mut gone = Vec::new();
        assert!(agent.expire(now + ICE_CONSENT, |address| gone.push(address)));
        assert_eq!((gone, agent.selected()), (vec![path(1).remote], None));
        assert!(send(&mut agent, &ours, now + ICE_CONSENT, 1, &[CONTROLLING, NOMINATION]).unwrap().selected);
    }

    #[test]
    fn after_a_restart_old_credentials_keep_the_old_path_until_the_new_one_is_chosen() {
        let (mut agent, now) = (agent(), Instant::now());
        let old = agent.local().clone();
        send(&mut agent, &old, now, 1, &[CONTROLLING, NOMINATION]);
        let new = Credentials::generate(&SystemRandom::new()).unwrap();
        assert_eq!(agent.restart(new.clone()), None);
        assert!(send(&mut agent, &old, now, 1, &[CONTROLLING]).unwrap().validated);
        assert!(!send(&mut agent, &old, now, 3, &[CONTROLLING, NOMINATION]).unwrap().selected);
        assert!(send(&mut agent, &new, now, 2, &[CONTROLLING, NOMINATION]).unwrap().selected);
        assert_eq!(agent.selected(), Some(path(2)));
        assert_eq!(send(&mut agent, &old, now, 1, &[CONTROLLING, NOMINATION]), None);
    }

    #[test]
    fn a_peer_that_checks_from_ever_new_addresses_keeps_bounded_state_and_its_selected_path() {
        let (mut agent, now) = (agent(), Instant::now());
        let ours = agent.local().clone();
        send(&mut agent, &ours, now, 1, &[CONTROLLING, NOMINATION]);
        for port in 2..100 {
            send(&mut agent, &ours, now + Duration::from_millis(u64::from(port)), port, &[CONTROLLING]);
        }
        assert_eq!(agent.addresses().count(), ICE_PAIRS_MAX);
        assert!(agent.checked_at(path(1).remote).is_some());
    }
}
