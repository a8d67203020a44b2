//! Where a tenant's webhooks go.

use thiserror::Error;
use url::{Host, Url};

use super::webhook::WebhookSecret;

/// A receiver, from the operator's settings.
#[derive(Clone, Debug)]
pub struct Destination {
    url: Url,
    secret: WebhookSecret,
    may_be_private: bool,
}

impl Destination {
    /// Takes an address. `private_hosts` are the hosts that the operator allows on loopback and private addresses and
    /// without TLS (`private_webhook_hosts`), written as in the address.
    ///
    /// # Errors
    /// [`BadDestination`]: the address is not one that a result may be sent to.
    pub fn new(url: &str, secret: WebhookSecret, private_hosts: &[String]) -> Result<Self, BadDestination> {
        let url = Url::parse(url).map_err(|_| BadDestination::NoAddress)?;
        let host = url.host_str().ok_or(BadDestination::NoAddress)?;
        let may_be_private = private_hosts.iter().any(|allowed| allowed.eq_ignore_ascii_case(host));
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return Err(BadDestination::Secrets);
        }
        match url.scheme() {
            "https" => {}
            "http" if may_be_private => {}
            _ => return Err(BadDestination::NotConfidential),
        }
        Ok(Self { url, secret, may_be_private })
    }

    pub(super) const fn url(&self) -> &Url {
        &self.url
    }

    pub(super) fn host(&self) -> Option<Host<&str>> {
        self.url.host()
    }

    pub(super) const fn secret(&self) -> &WebhookSecret {
        &self.secret
    }

    /// Whether the operator allows this host to be on a private address.
    pub(super) const fn may_be_private(&self) -> bool {
        self.may_be_private
    }
}

/// Why an address cannot be a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadDestination {
    /// It is no address with a host.
    #[error("the webhook address is not a URL with a host; write https://HOST/PATH")]
    NoAddress,
    /// It has a user name, a password or a fragment.
    #[error("the webhook address holds a user name, password or fragment; leave them out, webhooks are signed")]
    Secrets,
    /// Neither TLS nor allowed without.
    #[error("results are confidential: use https, or list the host in private_webhook_hosts")]
    NotConfidential,
}
