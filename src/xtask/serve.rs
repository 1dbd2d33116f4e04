//! `cargo xtask serve`: from a clone to a site in the browser.

use anyhow::{Context as _, Result};

use super::build;
use super::process::say;
use super::project::{Project, PublicUrl};
use super::server;

/// Builds what is not up to date and serves it until it is interrupted.
pub fn run(project: &Project, port: u16, public_url: &PublicUrl) -> Result<()> {
    build::run(project, public_url)?;
    let runtime = tokio::runtime::Runtime::new().context("cannot start the server")?;
    runtime.block_on(async {
        let listener = server::listen(port)
            .await
            .with_context(|| format!("cannot listen on port {port} or one of the next: choose another with --port"))?;
        let address = listener.local_addr()?;
        if address.port() != port {
            say(&format!("port {port} is taken"));
        }
        say(&format!("\nLineLogic is at http://localhost:{}{public_url}  (Ctrl-C stops it)", address.port()));
        let stop = async {
            // Without a signal handler the process is simply killed, which is what Ctrl-C asks for.
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        let serving = server::serve(listener, server::app(&project.dist(), public_url), std::future::pending());
        tokio::select! {
            outcome = serving => outcome.context("the server stopped"),
            () = stop => Ok(()),
        }
    })
}
