//! A static server that behaves as GitHub Pages does for a project's site: under a sub-path, with gzip,
//! content types with a charset, `404.html` with status 404 for what is not there, and no special headers.
//!
//! One difference: Pages lets browsers keep a file for ten minutes; here they always ask again, so that a
//! new build is seen at once.

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Redirect, Response};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tower_http::compression::CompressionLayer;
use tower_http::services::{ServeDir, ServeFile};

use super::project::PublicUrl;

/// How many ports above the wanted one are tried.
const PORTS_TRIED: u16 = 50;

/// The service for a built site in `dist` under this path.
pub fn app(dist: &Path, public_url: &PublicUrl) -> Router {
    let files = ServeDir::new(dist).not_found_service(ServeFile::new(dist.join("404.html")));
    let pages = dist.to_owned();
    let base = public_url.as_str().trim_end_matches('/').to_owned();
    let site = if base.is_empty() {
        Router::new().fallback_service(files)
    } else {
        let start = public_url.to_string();
        Router::new().nest_service(&base, files).fallback(move || outside(start.clone()))
    };
    site.layer(middleware::map_response(name_charset)).layer(CompressionLayer::new()).layer(middleware::from_fn(
        move |request: Request, next: Next| {
            let (pages, base) = (pages.clone(), base.clone());
            async move {
                match folder_address(request.uri().path(), &pages, &base) {
                    Some(to) => Redirect::permanent(&to).into_response(),
                    None => next.run(name_page(request, &pages, &base)).await,
                }
            }
        },
    ))
}

/// The address of a folder when its last slash is missing. The service of files knows nothing of the site's path, and would
/// lead out of it.
fn folder_address(path: &str, dist: &Path, base: &str) -> Option<String> {
    let is_folder = match page_of(path, base) {
        Some(page) => !dist.join(format!("{page}.html")).is_file() && dist.join(page).is_dir(),
        None => !base.is_empty() && path == base,
    };
    is_folder.then(|| format!("{path}/"))
}

/// What an address names within the site, if it can be the name of a page.
fn page_of<'a>(path: &'a str, base: &str) -> Option<&'a str> {
    let plain = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    path.strip_prefix(base)?.strip_prefix('/').filter(|page| page.split('/').all(plain))
}

/// Pages answers `/lab/data` with `lab/data.html`, without a redirect.
fn name_page(mut request: Request, dist: &Path, base: &str) -> Request {
    let path = request.uri().path().to_owned();
    if let Some(page) = page_of(&path, base)
        && dist.join(format!("{page}.html")).is_file()
        && let Ok(uri) = format!("{path}.html").parse()
    {
        *request.uri_mut() = uri;
    }
    request
}

/// What lies outside the site's path belongs to another site of the same host.
async fn outside(start: String) -> Response {
    (StatusCode::NOT_FOUND, format!("Nothing is here: the site starts at {start}\n")).into_response()
}

/// Adds the charset to text types and forbids stale copies.
async fn name_charset(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    let Some(kind) = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()) else { return response };
    let is_text = kind.starts_with("text/") || kind == "application/json" || kind == "image/svg+xml";
    if is_text
        && !kind.contains("charset")
        && let Ok(value) = HeaderValue::from_str(&format!("{kind}; charset=utf-8"))
    {
        headers.insert(header::CONTENT_TYPE, value);
    }
    response
}

/// Listens on this machine only, on the wanted port or the next free one above it; 0 takes any.
pub async fn listen(port: u16) -> io::Result<TcpListener> {
    let mut last = None;
    for port in port..=port.saturating_add(PORTS_TRIED) {
        match TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => last = Some(error),
            outcome => return outcome,
        }
    }
    Err(last.unwrap_or_else(|| io::ErrorKind::AddrInUse.into()))
}

/// Serves until `stop` is ready.
pub async fn serve(
    listener: TcpListener,
    app: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    axum::serve(listener, app).with_graceful_shutdown(stop).await
}

/// A server that runs in the background of a test until it is dropped.
pub struct Running {
    /// The site's address, such as `http://127.0.0.1:41234/linelogic/`.
    pub address: String,
    task: JoinHandle<io::Result<()>>,
}

impl Running {
    /// Starts a server on a free port.
    pub async fn start(dist: &Path, public_url: &PublicUrl) -> io::Result<Self> {
        let listener = listen(0).await?;
        let address = format!("http://{}{public_url}", listener.local_addr()?);
        let task = tokio::spawn(serve(listener, app(dist, public_url), std::future::pending()));
        Ok(Self { address, task })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_told_with_its_last_slash_and_within_the_site() -> io::Result<()> {
        let dist = tempfile::tempdir()?;
        std::fs::create_dir_all(dist.path().join("lab"))?;
        std::fs::create_dir_all(dist.path().join("both"))?;
        std::fs::write(dist.path().join("both.html"), "")?;
        let told = |path: &str, base: &str| folder_address(path, dist.path(), base);
        assert_eq!(told("/linelogic", "/linelogic").as_deref(), Some("/linelogic/"));
        assert_eq!(told("/linelogic/lab", "/linelogic").as_deref(), Some("/linelogic/lab/"));
        assert_eq!(told("/lab", "").as_deref(), Some("/lab/"));
        for path in ["/linelogic/", "/linelogic/lab/", "/linelogic/both", "/linelogic/none", "/linelogic/..", "/lab"] {
            assert_eq!(told(path, "/linelogic"), None, "{path}");
        }
        assert_eq!(told("", ""), None);
        Ok(())
    }
}
