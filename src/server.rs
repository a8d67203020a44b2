//! One server from start to stop: the house opens, rooms sit, results leave; on SIGTERM or SIGINT everybody is told, what
//! is durable stays, and the process ends.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::docket::Docket;
use crate::house::{House, HouseError};
use crate::settings::Settings;
use crate::{http, outbox, rooms};

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// A part of it.
    #[error(transparent)]
    House(#[from] HouseError),
    /// The address is not to be had.
    #[error("cannot listen on {address}: {error}; is another server running there?")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why.
        error: std::io::Error,
    },
    /// The case services' keys.
    #[error("the settings of the case services do not hold: {0}")]
    Services(String),
    /// Signals cannot be waited for.
    #[error("signals cannot be received: {0}")]
    Signals(std::io::Error),
}

/// Runs a server until SIGTERM or SIGINT.
///
/// # Errors
/// [`ServerError`], naming what to mend.
pub async fn run_until_signal(settings: Settings) -> Result<(), ServerError> {
    run(settings, stop_on_signal()?).await
}

/// Turns true when the process is asked to end.
///
/// # Errors
/// [`ServerError::Signals`].
pub fn stop_on_signal() -> Result<watch::Receiver<bool>, ServerError> {
    let mut terminate = signal(SignalKind::terminate()).map_err(ServerError::Signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(ServerError::Signals)?;
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        // Nobody left to tell is as good as told.
        let _ = stop.send(true);
    });
    Ok(stopped)
}

/// Runs a server until told to stop.
///
/// # Errors
/// [`ServerError`], naming what to mend.
pub async fn run(settings: Settings, mut stop: watch::Receiver<bool>) -> Result<(), ServerError> {
    let address = settings.listen;
    let listener = TcpListener::bind(address).await.map_err(|error| ServerError::Listen { address, error })?;
    let (house, media_events) = House::open(settings).await?;
    let docket = Arc::new(Docket::new(Arc::clone(&house)));
    let api = rooms::router(Arc::clone(&docket)).map_err(|error| ServerError::Services(error.to_string()))?;
    let outbox =
        outbox::run(Arc::clone(&docket), stop.clone()).map_err(|error| ServerError::Services(error.to_string()))?;
    let dispatching = tokio::spawn(Docket::dispatch(Arc::clone(&house), media_events));
    let delivering = tokio::spawn(outbox);
    tracing::info!(%address, "serving");

    let serving = tokio::spawn(http::serve::serve(listener, http::router(Arc::clone(&docket), api), stop.clone()));
    // Only an end of the channel is an error, and that is a stop as well.
    let _ = stop.wait_for(|stop| *stop).await;
    tracing::info!("stopping");
    docket.stop().await;
    for (task, name) in [(serving, "serving"), (delivering, "delivering")] {
        if task.await.is_err() {
            tracing::error!(name, "a part of the server had failed");
        }
    }
    dispatching.abort();
    house.store.clone().close().await;
    tracing::info!("stopped");
    Ok(())
}
