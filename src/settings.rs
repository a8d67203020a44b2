//! How a server is set up: a TOML file, with environment variables `ACCORD_…` (`__` between levels) on top.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use accord_case_service::authentication::ServiceSettings;
use accord_media::MediaSettings;
use accord_protocol::IceServer;
use accord_room::TenantId;
use config::{Config, ConfigError, Environment, File};
use serde::Deserialize;

/// Settings of one server.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where HTTP and websockets are served; behind a proxy that ends TLS, a loopback address.
    #[serde(default = "default_listen")]
    pub listen: SocketAddr,
    /// How people reach it: scheme, host and port, without a path. Invitation links begin with it, and websockets are
    /// taken from this origin alone.
    pub public_origin: String,
    /// The folder of everything that is kept.
    #[serde(default = "default_data")]
    pub data: PathBuf,
    /// The media plane.
    #[serde(default)]
    pub media: MediaPart,
    /// ICE servers that people are given, beside the media plane's own addresses.
    #[serde(default)]
    pub ice: Vec<IcePart>,
    /// The case services that may call, and the organisations they act for.
    #[serde(default)]
    pub services: Vec<ServiceSettings>,
    /// Where each organisation's results go.
    #[serde(default)]
    pub webhooks: Vec<WebhookPart>,
    /// Hosts of webhooks that may be on a private or loopback network.
    #[serde(default)]
    pub private_webhook_hosts: Vec<String>,
}

/// The media plane's part.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MediaPart {
    /// UDP address and first port; each further shard takes the next port.
    pub listen: SocketAddr,
    /// Addresses that browsers reach it at; empty if that is the address listened on.
    pub announced: Vec<IpAddr>,
    /// Threads; 0 is one for each core.
    pub shards: usize,
}

impl Default for MediaPart {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 8081)), announced: Vec::new(), shards: 0 }
    }
}

/// An ICE server.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IcePart {
    /// Its addresses.
    pub urls: Vec<String>,
}

/// Where an organisation's results go.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookPart {
    /// The organisation.
    pub tenant: TenantId,
    /// The address that results are posted to.
    pub url: String,
    /// The secret that they are signed with, `whsec_…` (Standard Webhooks).
    pub secret: String,
}

impl Settings {
    /// Reads the settings.
    ///
    /// # Errors
    /// [`ConfigError`], naming the field.
    pub fn read(file: Option<&Path>) -> Result<Self, ConfigError> {
        let mut builder = Config::builder();
        if let Some(file) = file {
            builder = builder.add_source(File::from(file));
        }
        builder
            .add_source(Environment::with_prefix("ACCORD").prefix_separator("_").separator("__"))
            .build()?
            .try_deserialize()
    }

    /// The media plane's settings.
    pub fn media(&self) -> MediaSettings {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        MediaSettings {
            bind: self.media.listen,
            announced: self.media.announced.clone(),
            shards: if self.media.shards == 0 { cores } else { self.media.shards },
        }
    }

    /// ICE servers as clients take them.
    pub fn ice_servers(&self) -> Vec<IceServer> {
        let server = |part: &IcePart| IceServer { urls: part.urls.clone(), username: None, credential: None };
        self.ice.iter().map(server).collect()
    }
}

fn default_listen() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 8080))
}

fn default_data() -> PathBuf {
    PathBuf::from("data")
}
