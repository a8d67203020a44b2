//! An invitation's secret: made here, given out once inside a link, kept by the server only as a hash.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};
use url::Url;

/// 32 random bytes in base64url without padding, which open one person's place.
pub struct InvitationSecret(String);

impl InvitationSecret {
    /// A fresh one; `None` if the system gives no randomness.
    pub fn fresh() -> Option<Self> {
        let mut bytes = [0; SECRET_BYTES];
        SystemRandom::new().fill(&mut bytes).ok()?;
        Some(Self(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// What somebody presents in `hello`; `None` if it cannot be a secret.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        (bytes.len() == SECRET_BYTES).then(|| Self(text.to_owned()))
    }

    /// SHA-256 of the text: what is stored and looked up.
    pub fn hash(&self) -> [u8; 32] {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, self.0.as_bytes()).as_ref());
        hash
    }

    /// The link for its bearer. The secret stands in the fragment, which no browser sends to any server.
    pub fn link(&self, public_url: &Url) -> Url {
        let mut link = public_url.clone();
        link.set_path(&format!("{}/join", public_url.path().trim_end_matches('/')));
        link.set_query(None);
        link.set_fragment(Some(&self.0));
        link
    }
}

/// As many as nobody guesses.
const SECRET_BYTES: usize = 32;
