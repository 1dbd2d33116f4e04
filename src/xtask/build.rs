//! Builds the release site: data, Trunk, then what Trunk leaves to be done.
//!
//! Trunk builds with relative addresses, so its output is the same for every path; only the `<base>` of
//! `index.html` says where the site is served. It is written at the end, together with a content security
//! policy that knows the inline scripts by their digests, the lab's pages (the same page with the lab's module in
//! place of the fans'), `404.html` for deep links and `.nojekyll`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use sha2::{Digest as _, Sha256};

use super::process::{self, cargo, command, say, step};
use super::project::{Project, PublicUrl, shown};
use super::stamp::{self, Inputs};
use super::{budget, data, tools};

/// What Trunk writes for `--public-url ./`.
const BASE: &str = "<base href=\"./\">";

/// Where the page says what the worker's program is.
const PROGRAM_MARK: &str = "<!-- worker-program -->";

/// Stands for the address of the module that the page starts.
const ADDRESS_MARK: &str = "program-address";

/// The lab's files as Trunk names them: the glue script and the module.
const LAB_FILES: [&str; 2] = ["lab.js", "lab_bg.wasm"];

/// How the names of the lab's styles begin.
const LAB_STYLES: [&str; 2] = ["/07-lab-widgets-", "/08-lab-pages-"];

/// The lab's pages, each of which is a file under `lab/`.
const LAB_PAGES: [&str; 10] =
    ["index", "data", "features", "training", "runs", "compare", "models", "model", "monitoring", "storage"];

/// Where the policy goes. A meta element cannot carry `frame-ancestors`.
const POLICY_MARK: &str = "<!-- content-security-policy -->";

/// `cargo xtask build`.
pub fn run(project: &Project, public_url: &PublicUrl) -> Result<()> {
    site(project, public_url)?;
    step("byte budget", || budget::check(&project.dist()))?;
    say(&format!("{} is ready to be uploaded and served under {public_url}", shown(project, &project.dist())));
    Ok(())
}

/// Leaves the site for this path in `dist/`; makes again only what has changed.
pub fn site(project: &Project, public_url: &PublicUrl) -> Result<()> {
    let tools = step("tools: wasm target, Trunk, wasm-bindgen", || tools::ensure(project))?;
    step("data of the site", || data::make(project))?;
    step("release site", || trunk(project, &tools))?;
    step("dist", || assemble(&trunk_output(project), &project.dist(), public_url))
}

fn trunk_output(project: &Project) -> PathBuf {
    project.scratch().join("site")
}

/// Runs Trunk unless neither its inputs nor its output have changed.
fn trunk(project: &Project, tools: &tools::Tools) -> Result<()> {
    let output = trunk_output(project);
    let digest = || -> Result<String> {
        let mut inputs = Inputs::default().word(&tools.versions);
        let sources = ["Cargo.toml", "Cargo.lock", "rust-toolchain.toml", "Trunk.toml", "index.html"];
        for path in sources.into_iter().chain([".cargo", "src", "style", "public"]) {
            inputs = inputs.path(&project.root, path)?;
        }
        Ok(inputs.path(&output, "")?.digest())
    };
    if stamp::holds(project, "site", &digest()?) {
        say("    the site is up to date");
        return Ok(());
    }
    // Trunk.toml says offline, so the crates must be there.
    run_fetch(project)?;
    if output.exists() {
        fs::remove_dir_all(&output).with_context(|| format!("cannot clear {}", output.display()))?;
    }
    process::run(
        command(project, "trunk")
            .args(["build", "--release", "--public-url", "./", "--dist"])
            .arg(&output)
            .env("PATH", &tools.path)
            .env("TRUNK_SKIP_VERSION_CHECK", "true")
            // Trunk 0.21 stops at any value of it but `true` and `false`.
            .env_remove("NO_COLOR"),
        "mend the errors above",
    )?;
    stamp::set(project, "site", &digest()?)
}

fn run_fetch(project: &Project) -> Result<()> {
    process::run(
        cargo(project).args(["fetch", "--quiet", "--locked"]),
        "the crates come from crates.io: is there a network?",
    )
}

/// Turns Trunk's output into what is uploaded for this path.
pub fn assemble(output: &Path, dist: &Path, public_url: &PublicUrl) -> Result<()> {
    let path = output.join("index.html");
    let html = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let lab = Program::lab(output)?;
    let html = html
        .replace(PROGRAM_MARK, &format!("<meta name=\"linelogic-worker\" content=\"{} {}\">", lab.glue, lab.module));
    let fans = Program::fans(output)?;
    let html = fans.started_early(&html)?;
    let lab_html = finish_html(&fans.replaced_by(&lab, &html)?, public_url)?;
    let html = finish_html(&without_lab_styles(&html)?, public_url)?;
    if dist.exists() {
        fs::remove_dir_all(dist).with_context(|| format!("cannot clear {}", dist.display()))?;
    }
    for file in stamp::files_under(output)? {
        let target = dist.join(lab.hashed(file.strip_prefix(output)?));
        fs::create_dir_all(target.parent().unwrap_or(dist))?;
        fs::copy(&file, &target).with_context(|| format!("cannot write {}", target.display()))?;
    }
    fs::write(dist.join("index.html"), &html)?;
    // GitHub Pages answers every unknown path with this page: the router in it knows the deep links.
    fs::write(dist.join("404.html"), &html)?;
    // A known address is a file of its own, so that it is answered with status 200.
    fs::write(dist.join("about.html"), &html)?;
    fs::create_dir_all(dist.join("lab"))?;
    for page in LAB_PAGES {
        fs::write(dist.join("lab").join(format!("{page}.html")), &lab_html)?;
    }
    fs::write(dist.join(".nojekyll"), "")?;
    Ok(())
}

/// A module with its glue script, as their files are called.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Program {
    glue: String,
    module: String,
}

impl Program {
    /// The fans' program, whose files Trunk names with a hash.
    fn fans(output: &Path) -> Result<Self> {
        let names = stamp::files_under(output)?;
        let named = |end: &str| {
            let of = |path: &PathBuf| path.strip_prefix(output).ok().map(|name| name.to_string_lossy().into_owned());
            let found = names.iter().filter_map(of).find(|name| name.starts_with("fans-") && name.ends_with(end));
            found.with_context(|| format!("Trunk left no fans-….{end} in {}", output.display()))
        };
        Ok(Self { glue: named(".js")?, module: named("_bg.wasm")? })
    }

    /// The lab's program. Trunk names a worker's files without a hash, and caches would outlive them: they get one here.
    fn lab(output: &Path) -> Result<Self> {
        let mut hasher = Sha256::new();
        for name in LAB_FILES {
            let path = output.join(name);
            hasher.update(fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?);
        }
        let hash: String = hasher.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { glue: format!("lab-{hash}.js"), module: format!("lab-{hash}_bg.wasm") })
    }

    /// Where a file of Trunk's output goes.
    fn hashed(&self, file: &Path) -> PathBuf {
        match file.to_str() {
            Some(name) if name == LAB_FILES[0] => self.glue.clone().into(),
            Some(name) if name == LAB_FILES[1] => self.module.clone().into(),
            _ => file.to_path_buf(),
        }
    }

    /// A page that starts this program as Trunk has it, made to start it with the module that its first script asks for.
    fn started_early(&self, html: &str) -> Result<String> {
        let module = format!("./{}", self.module);
        let start = format!("module_or_path: '{module}'");
        let preload = format!("<link rel=\"preload\" href=\"{module}\"");
        let whole = |link: &str| html[html.find(link)?..].split_inclusive('>').next();
        let (Some(preload), 1, 1) = (whole(&preload), html.matches(&start).count(), html.matches(ADDRESS_MARK).count())
        else {
            bail!("Trunk's index.html does not start and preload {module}, or its first script does not ask for it");
        };
        // The browser would load it twice.
        let html = html.replace(preload, "");
        Ok(html.replace(&start, "module_or_path: globalThis.linelogicProgram").replace(ADDRESS_MARK, &module))
    }

    /// A page that starts this program, made to start another.
    fn replaced_by(&self, other: &Program, html: &str) -> Result<String> {
        if !(html.contains(&self.glue) && html.contains(&self.module)) {
            bail!("Trunk's index.html does not start {} with {}", self.glue, self.module);
        }
        Ok(html.replace(&self.glue, &other.glue).replace(&self.module, &other.module))
    }
}

/// The fans' page without the styles that only the lab's pages need.
fn without_lab_styles(html: &str) -> Result<String> {
    let is_lab = |line: &&str| line.contains("rel=\"stylesheet\"") && LAB_STYLES.iter().any(|name| line.contains(name));
    let found = html.lines().filter(is_lab).count();
    if found != LAB_STYLES.len() {
        bail!("Trunk's index.html has {found} lines with the lab's styles, expected {}", LAB_STYLES.len());
    }
    Ok(html.lines().filter(|line| !is_lab(line)).map(|line| format!("{line}\n")).collect())
}

/// Writes the base address and the content security policy into the page.
fn finish_html(html: &str, public_url: &PublicUrl) -> Result<String> {
    for mark in [BASE, POLICY_MARK] {
        if html.matches(mark).count() != 1 {
            bail!("Trunk's index.html has {mark:?} {} times, expected once", html.matches(mark).count());
        }
    }
    let hashes: String = inline_scripts(html).iter().map(|script| format!(" {}", source_hash(script))).collect();
    // Leptos sets style attributes, so inline styles stay allowed; `wasm-unsafe-eval` is what WebAssembly needs.
    let policy = format!(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'self'; \
         script-src 'self' 'wasm-unsafe-eval'{hashes}; style-src 'self' 'unsafe-inline'; \
         img-src 'self' data: blob:; object-src 'none'; base-uri 'self'; form-action 'none'\">"
    );
    Ok(html.replace(BASE, &format!("<base href=\"{public_url}\">")).replace(POLICY_MARK, &policy))
}

/// The texts of the scripts without a `src`.
fn inline_scripts(html: &str) -> Vec<&str> {
    let mut scripts = Vec::new();
    let mut rest = html;
    while let Some(start) = rest.find("<script") {
        rest = &rest[start..];
        let (Some(open), Some(close)) = (rest.find('>'), rest.find("</script>")) else { break };
        if !rest[..open].contains("src=") {
            scripts.push(&rest[open + 1..close]);
        }
        rest = &rest[close..];
    }
    scripts
}

/// A script's digest as a content security policy names it.
fn source_hash(script: &str) -> String {
    format!("'sha256-{}'", base64::engine::general_purpose::STANDARD.encode(Sha256::digest(script)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "<head><base href=\"./\"><!-- content-security-policy --><!-- worker-program -->\
                        \n<link rel=\"stylesheet\" href=\"./07-lab-widgets-1.css\"/>\
                        \n<link rel=\"stylesheet\" href=\"./08-lab-pages-1.css\"/>\n<script src=\"./fans-1.js\"></script>\
                        <script>alert('Hello, world.');</script></head>";

    /// What else is in a page as Trunk leaves it.
    const START: &str = "<script>fetch(\"program-address\")</script>\n\
                         <script type=\"module\">await init({ module_or_path: './fans-1_bg.wasm' });</script>\n\
                         <link rel=\"preload\" href=\"./fans-1_bg.wasm\" as=\"fetch\"></head>";

    #[test]
    fn the_page_gets_its_base_and_a_policy_that_knows_its_inline_script() -> Result<()> {
        let public_url = "/linelogic/".parse().map_err(anyhow::Error::msg)?;
        let html = finish_html(PAGE, &public_url)?;
        assert!(html.contains("<base href=\"/linelogic/\">"), "{html}");
        // The example of the Content Security Policy specification.
        assert!(html.contains("'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='"), "{html}");
        assert_eq!(html.matches("'sha256-").count(), 1);
        Ok(())
    }

    #[test]
    fn a_page_without_a_base_is_refused() {
        let public_url: Result<PublicUrl, String> = "/".parse();
        assert!(public_url.is_ok_and(|url| finish_html("<head></head>", &url).is_err()));
    }

    #[test]
    fn a_build_is_assembled_with_what_github_pages_wants() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let (output, dist) = (folder.path().join("out"), folder.path().join("dist"));
        fs::create_dir_all(output.join("data"))?;
        fs::create_dir_all(&dist)?;
        fs::write(dist.join("stale.js"), "")?;
        fs::write(output.join("index.html"), PAGE.replace("</head>", START))?;
        fs::write(output.join("data/index.json"), "{}")?;
        for name in ["fans-1.js", "fans-1_bg.wasm", "lab.js", "lab_bg.wasm"] {
            fs::write(output.join(name), name)?;
        }
        assemble(&output, &dist, &"/x".parse().map_err(anyhow::Error::msg)?)?;
        assert_eq!(fs::read(dist.join("404.html"))?, fs::read(dist.join("index.html"))?);
        assert!(dist.join(".nojekyll").is_file() && dist.join("data/index.json").is_file());
        assert!(!dist.join("stale.js").exists() && !dist.join("lab.js").exists());
        let lab = Program::lab(&output)?;
        assert_eq!(fs::read(dist.join(&lab.module))?, b"lab_bg.wasm");
        let (fans_page, lab_page) =
            (fs::read_to_string(dist.join("index.html"))?, fs::read_to_string(dist.join("lab/models.html"))?);
        assert!(fans_page.contains("fans-1.js") && !lab_page.contains("fans-1"));
        for style in LAB_STYLES {
            assert!(!fans_page.contains(style) && lab_page.contains(style), "the lab's styles are the lab's alone");
        }
        assert!(lab_page.contains(&format!("<script src=\"./{}\">", lab.glue)), "{lab_page}");
        assert!(fans_page.contains("fetch(\"./fans-1_bg.wasm\")"), "{fans_page}");
        assert!(lab_page.contains(&format!("fetch(\"./{}\")", lab.module)), "{lab_page}");
        for page in [fans_page, lab_page] {
            assert!(page.contains("module_or_path: globalThis.linelogicProgram"), "{page}");
            assert!(!page.contains("preload"), "{page}");
            assert!(page.contains(&format!("content=\"{} {}\"", lab.glue, lab.module)), "{page}");
        }
        Ok(())
    }
}
