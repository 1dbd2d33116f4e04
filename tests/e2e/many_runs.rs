//! Made-up runs in the browser's store, and the table of them in motion.
// Each of the test programs uses its part.
#![allow(dead_code)]

use std::time::Duration;

use thirtyfour::TimeoutConfiguration;

use crate::driver::{self, Outcome, Visit};

/// The rows of the table.
pub const ROWS: &str = "[data-testid='run-row']";

/// Writes made-up searches with their trials into the browser's store: so many runs in all, each with so many metrics, and
/// predictions for the first ones. The page must have been open before, and is to be reloaded.
const MAKE_UP: &str = r#"
    const [count, metrics, done] = arguments;
    const hex = (bytes) => [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const asked = (request) => new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
    });
    const make = async () => {
        const text = (shift) => {
            const lines = ["game_id,date,home,visitor,prob_home,home_won"];
            for (let at = 0; at < 400; at++) {
                const p = (at + 0.5) / 400;
                const said = Math.min(0.99, Math.max(0.01, p + shift * Math.sin(at)));
                lines.push(`g${at},2026-01-15,BOS,NYK,${said},${(at * 7919) % 400 < at}`);
            }
            return lines.join("\n") + "\n";
        };
        const blobs = [];
        for (const shift of [0, 0.05, 0.3]) {
            const content = text(shift);
            const digest = hex(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(content)));
            blobs.push({ digest, content, bytes: content.length });
        }
        const name = (await indexedDB.databases()).map((of) => of.name).find((of) => of.endsWith("store"));
        const database = await asked(indexedDB.open(name));
        const transaction = database.transaction(["documents", "meta"], "readwrite");
        const documents = transaction.objectStore("documents"), meta = transaction.objectStore("meta");
        const revision = (await asked(meta.get("revision"))) ?? 0;
        meta.put(revision + 1, "revision");
        const put = (kind, id, schema, body) =>
            documents.put(JSON.stringify({ key: `${kind}/${id}`, kind, schema, body }), `${kind}/${id}`);
        for (const { digest, content } of blobs) {
            put("artifact", digest, 1, { digest: `sha256:${digest}`, content: { text: content } });
        }
        const id = (at) => "f" + at.toString(16).padStart(31, "0");
        const names = ["log_loss", "brier", "accuracy", "auc"];
        for (let at = names.length; at < metrics; at++) names.push(`metric_${at}`);
        for (let at = 0; at < count; at++) {
            const search = at - (at % 100);
            const value = (of) => 0.6 + 0.1 * Math.abs(Math.sin(at * 12.9898 + of * 78.233));
            const of = at < blobs.length ? blobs[at] : undefined;
            const started = new Date(Date.UTC(2026, 0, 1) + at * 60000).toISOString();
            put("run", id(at), 2, {
                id: id(at),
                experiment: "made up",
                name: at === search ? `search ${at / 100}` : `trial ${at % 100} of search ${search / 100}`,
                status: "FINISHED",
                started_at: started,
                ended_at: new Date(Date.parse(started) + 1000 + at).toISOString(),
                params: { estimator: ["logistic_regression", "gradient_boosted_trees"][at % 2], C: String(0.001 * 2 ** (at % 12)),
                    max_depth: String(1 + (at % 3)), feature_set: ["default", "wide"][at % 2], as_of: "2026-01-01" },
                metrics: Object.fromEntries(names.map((name, of) => [name, name === "brier"
                    ? [0, 1, 2, 3].map((step) => ({ value: value(of) / (1 + step / 10), step }))
                    : [{ value: value(of), step: 0 }]])),
                tags: { seed: "7" },
                data_version: null, feature_version: null, model_digest: null,
                ...(at === search ? {} : { parent: id(search) }),
                artifacts: of ? [{ path: "predictions.csv", digest: `sha256:${of.digest}`, bytes: of.bytes }] : [],
            });
        }
        await new Promise((resolve, reject) => {
            transaction.oncomplete = resolve;
            transaction.onerror = transaction.onabort = () => reject(transaction.error);
        });
        database.close();
        return "made up";
    };
    make().then(done, (error) => done("failed: " + error));
"#;

/// Makes up runs and opens the page anew.
pub async fn with_made_up_runs(visit: &mut Visit, count: u32, metrics: u32) -> Outcome {
    visit.go("lab/runs").await?;
    visit.see_css(ROWS, driver::PATIENCE).await?;
    visit.driver.update_timeouts(TimeoutConfiguration::new(Some(Duration::from_secs(300)), None, None)).await?;
    let made: String = visit.driver.execute_async(MAKE_UP, vec![count.into(), metrics.into()]).await?.convert()?;
    if made != "made up" {
        return Err(made.into());
    }
    visit.reload().await
}

/// Scrolls the table by some rows a frame and gives the times between frames in milliseconds.
pub const SCROLL: &str = r#"
    const done = arguments[0];
    const frame = document.querySelector(".virtual");
    const seen = [];
    const step = (at) => {
        seen.push(at);
        frame.scrollTop += 140;
        if (seen.length < 180) requestAnimationFrame(step);
        else done(seen.slice(1).map((at, index) => at - seen[index]));
    };
    requestAnimationFrame(step);
"#;

/// Notes in every page that is opened from now on when the first rows were drawn, in milliseconds from the start of its
/// loading: when the frame after that in which they came into the page has begun.
pub const NOTE_FIRST_ROWS: &str = r#"
    const look = new MutationObserver(() => {
        if (!document.querySelector("[data-testid='run-row']")) return;
        look.disconnect();
        requestAnimationFrame(() => requestAnimationFrame(() => { window.first_rows = performance.now(); }));
    });
    look.observe(document, { childList: true, subtree: true });
"#;

/// Does something to the page and gives the time until the count or the order of the rows is another one and drawn, in
/// milliseconds: `filter` types a filter, `sort` sorts by a column.
pub const UNTIL_DRAWN: &str = r#"
    const [what, how, done] = arguments;
    const count = () => document.querySelector("[data-testid='runs-count']").textContent;
    const first = () => document.querySelector("[data-testid='run-row']")?.dataset.run;
    const state = () => count() + first();
    const before = state();
    const look = new MutationObserver(() => {
        if (state() === before || !first()) return;
        look.disconnect();
        requestAnimationFrame(() => {
            const drawn = new MessageChannel();
            drawn.port1.onmessage = () => done(performance.now() - start);
            drawn.port2.postMessage(0);
        });
    });
    look.observe(document.body, { childList: true, subtree: true, characterData: true, attributes: true });
    const start = performance.now();
    if (what === "filter") {
        const field = document.querySelector("[data-testid='filter']");
        field.value = how;
        field.dispatchEvent(new Event("input", { bubbles: true }));
    } else {
        document.querySelector(`th[data-column='${how}'] button`).click();
    }
"#;
