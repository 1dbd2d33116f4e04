//! A browser over the built site: chromedriver on a free port, the site served under a sub-path, waits by
//! test id, and the browser's console.

use std::env;
use std::error::Error;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use linelogic::xtask::project::PublicUrl;
use linelogic::xtask::server::Running;
use thirtyfour::prelude::*;

/// What a test returns: any failure with its words.
pub type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// How long a test waits for something to appear.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// How often it looks.
const EVERY: Duration = Duration::from_millis(100);

/// The browser's flags, as in `webdriver.json`.
pub const FLAGS: [&str; 10] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
];

/// A chromedriver that ends with the test.
struct Chromedriver {
    child: Child,
    address: String,
}

impl Chromedriver {
    /// Starts it on a free port, which it names in its output.
    fn start() -> Outcome<Self> {
        let program = env::var_os("CHROMEDRIVER").unwrap_or_else(|| "chromedriver".into());
        let mut child = Command::new(&program)
            .args(["--port=0", "--log-level=SEVERE"])
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot start {}: {error}", program.display()))?;
        let stdout = child.stdout.take().ok_or("chromedriver has no output")?;
        let mut started = Self { child, address: String::new() };
        let mut lines = BufReader::new(stdout).lines();
        for line in lines.by_ref() {
            if let Some((_, port)) = line?.split_once("started successfully on port ") {
                started.address = format!("http://127.0.0.1:{}", port.trim_end_matches('.'));
                // Nobody reads further: a full pipe must not stop it.
                std::thread::spawn(move || lines.for_each(drop));
                return Ok(started);
            }
        }
        Err("chromedriver ended before it listened".into())
    }
}

impl Drop for Chromedriver {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One browser with an empty profile that looks at the built site.
pub struct Visit {
    /// The browser.
    pub driver: WebDriver,
    site: Running,
    chromedriver: Chromedriver,
    allowed: Vec<String>,
}

impl Visit {
    /// Serves `dist/` as GitHub Pages would and opens a browser.
    pub async fn open() -> Outcome<Self> {
        let dist = dist()?;
        let site = Running::start(&dist, &PublicUrl::of_repository()).await?;
        let chromedriver = Chromedriver::start()?;
        let mut wanted = DesiredCapabilities::chrome();
        for flag in FLAGS {
            wanted.add_arg(flag)?;
        }
        if let Some(chrome) = env::var_os("CHROME") {
            wanted.set_binary(&chrome.to_string_lossy())?;
        }
        wanted.set("goog:loggingPrefs", serde_json::json!({ "browser": "ALL" }))?;
        let driver = WebDriver::new(&chromedriver.address, wanted).await?;
        Ok(Self { driver, site, chromedriver, allowed: Vec::new() })
    }

    /// Leaves the page for one of another origin, so that the browser starts the next one in a process of its own.
    #[allow(dead_code)]
    pub async fn leave(&self) -> Outcome {
        self.driver.goto(self.site.address.replace("127.0.0.1", "localhost") + "about").await?;
        Ok(())
    }

    /// The memory of the browser's greatest page in megabytes, its files not counted; none where the system does not tell.
    #[allow(dead_code)]
    pub fn memory(&self) -> Option<f64> {
        let read = |process: &str, file: &str| std::fs::read_to_string(format!("/proc/{process}/{file}")).ok();
        // The second field after the program's name, which may have spaces in it, is the parent.
        let parent = |process: &str| {
            let stat = read(process, "stat")?;
            stat.rsplit_once(')')?.1.split_whitespace().nth(1).map(str::to_owned)
        };
        let driver = self.chromedriver.child.id().to_string();
        let is_ours = |process: &String| {
            std::iter::successors(Some(process.clone()), |process| parent(process)).any(|process| process == driver)
        };
        let all = std::fs::read_dir("/proc").ok()?;
        let processes = all.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let pages = processes
            .filter(|process| read(process, "cmdline").is_some_and(|line| line.contains("--type=renderer")))
            .filter(is_ours);
        let kilobytes = |process: String| {
            let status = read(&process, "status")?;
            let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"))?;
            line.trim().split(' ').next()?.parse::<f64>().ok()
        };
        pages.filter_map(kilobytes).max_by(f64::total_cmp).map(|most| most * 1024.0 / 1e6)
    }

    /// Opens a path of the site by its address, as from a bookmark.
    pub async fn go(&mut self, path: &str) -> Outcome {
        let address = format!("{}{path}", self.site.address);
        // A static host answers a deep link with the page and status 404, which the console notes.
        self.allowed.push(format!("{address} - Failed to load resource: the server responded with a status of 404"));
        self.driver.goto(&address).await?;
        Ok(())
    }

    /// Reloads the page.
    #[allow(dead_code)]
    pub async fn reload(&mut self) -> Outcome {
        let address = self.driver.current_url().await?;
        self.allowed.push(format!("{address} - Failed to load resource: the server responded with a status of 404"));
        self.driver.refresh().await?;
        Ok(())
    }

    /// The element with this test id, once it is there.
    pub async fn see(&self, testid: &str) -> Outcome<WebElement> {
        self.see_css(&format!("[data-testid='{testid}']"), PATIENCE).await
    }

    /// The element that matches, once it is there.
    pub async fn see_css(&self, css: &str, patience: Duration) -> Outcome<WebElement> {
        match self.driver.query(By::Css(css)).wait(patience, EVERY).first().await {
            Ok(element) => Ok(element),
            Err(error) => Err(format!("{css} did not appear: {error}\n{}", self.state().await).into()),
        }
    }

    /// How many elements match now.
    #[allow(dead_code)]
    pub async fn count(&self, css: &str) -> Outcome<usize> {
        Ok(self.driver.find_all(By::Css(css)).await?.len())
    }

    /// The texts of all that match now.
    #[allow(dead_code)]
    pub async fn texts(&self, css: &str) -> Outcome<Vec<String>> {
        let script = "return [...document.querySelectorAll(arguments[0])].map(e => e.textContent.trim())";
        Ok(self.driver.execute(script, vec![css.into()]).await?.convert()?)
    }

    /// Clicks what has this test id, wherever on the page it is.
    #[allow(dead_code)]
    pub async fn click(&self, testid: &str) -> Outcome {
        let element = self.see(testid).await?;
        element.scroll_into_view().await?;
        element.wait_until().clickable().await?;
        element.click().await?;
        Ok(())
    }

    /// What the page shows and the console said, for the message of a failure.
    async fn state(&self) -> String {
        let address = self.driver.current_url().await.map(|url| url.to_string()).unwrap_or_default();
        let script = "return document.body.innerText.slice(0, 2000)";
        let text = match self.driver.execute(script, vec![]).await {
            Ok(text) => text.convert::<String>().unwrap_or_default(),
            Err(error) => error.to_string(),
        };
        let console = self.console().await.unwrap_or_default().join("\n");
        format!("at {address} the page says:\n{text}\n\nand the console:\n{console}")
    }

    async fn console(&self) -> Outcome<Vec<String>> {
        let entries = self.driver.browser_log().await?;
        Ok(entries.into_iter().map(|entry| format!("{} {}", entry.level, entry.message)).collect())
    }

    /// Fails if the console has an error or a warning besides the status of deep links.
    pub async fn expect_quiet_console(&self) -> Outcome {
        let loud = |line: &String| line.starts_with("SEVERE") || line.starts_with("WARNING");
        let known = |line: &String| self.allowed.iter().any(|allowed| line.contains(allowed));
        let faults: Vec<String> = self.console().await?.into_iter().filter(|line| loud(line) && !known(line)).collect();
        if faults.is_empty() { Ok(()) } else { Err(format!("the console says:\n{}", faults.join("\n")).into()) }
    }

    /// Closes the browser.
    pub async fn close(self) -> Outcome {
        self.driver.quit().await?;
        drop(self.chromedriver);
        Ok(())
    }
}

/// The built site: `LINELOGIC_DIST` or `dist/`.
fn dist() -> Outcome<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("dist");
    let dist = env::var_os("LINELOGIC_DIST").map_or(here, PathBuf::from);
    if dist.join("index.html").is_file() {
        return Ok(dist);
    }
    Err(format!("{} has no site: run `cargo xtask build --public-url /linelogic/` first", dist.display()).into())
}
