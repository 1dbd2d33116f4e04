//! Folders that are dropped or chosen, as the browser's two old interfaces give them.

use linelogic::adapters::browser::{chosen_folder, dropped_folder};
use linelogic::flows::exchange::archive::Bounds;
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{File, FileSystemDirectoryEntry};

// A page cannot make an entry of its own: only a person's drop does. These answer as Chromium's do.
#[wasm_bindgen(inline_js = "
const GIVEN = 2;
export function dropped(path, tree) {
    const entry = (path, content) => typeof content === 'object' ? folder(path, content) : {
        fullPath: path, isDirectory: false, isFile: true,
        file(done, failed) {
            if (content === 'gone') failed(new DOMException('It is gone.', 'NotFoundError'));
            else done(new File([content], path.split('/').pop()));
        },
    };
    const folder = (path, children) => ({
        fullPath: path, name: path.split('/').pop(), isDirectory: true, isFile: false,
        createReader() {
            const left = Object.entries(children).map(([name, content]) => entry(`${path}/${name}`, content));
            return { readEntries: (done) => setTimeout(() => done(left.splice(0, GIVEN))) };
        },
    });
    return folder(path, JSON.parse(tree));
}
export function chosen(path, content) {
    const file = new File([content], path.split('/').pop());
    Object.defineProperty(file, 'webkitRelativePath', { value: path });
    return file;
}
")]
extern "C" {
    /// A folder with what is in it, as a drop gives it: two entries at a time.
    fn dropped(path: &str, tree: &str) -> FileSystemDirectoryEntry;
    /// A file of a folder that was chosen.
    fn chosen(path: &str, content: &str) -> File;
}

fn entry(path: &str, content: &str) -> (String, Vec<u8>) {
    (path.to_owned(), content.as_bytes().to_vec())
}

#[wasm_bindgen_test]
async fn a_dropped_folder_is_walked_to_its_end_however_few_entries_are_given_at_a_time() {
    let tree =
        r#"{ "7": { "meta.yaml": "m", "run": { "a": "1", "b": "2", "c": "3", "d": "4", "e": "5" }, "none": {} } }"#;
    let found = dropped_folder(dropped("/mlruns", tree), Bounds::default()).await.unwrap();
    let run = ["a", "b", "c", "d", "e"].iter().zip(["1", "2", "3", "4", "5"]);
    let mut expected: Vec<_> = run.map(|(name, content)| entry(&format!("mlruns/7/run/{name}"), content)).collect();
    expected.insert(0, entry("mlruns/7/meta.yaml", "m"));
    assert_eq!(found, expected);
}

#[wasm_bindgen_test]
async fn a_dropped_folder_that_is_too_large_or_cannot_be_read_is_refused_with_the_path() {
    let told =
        async |tree: &str, bounds| dropped_folder(dropped("/mlruns", tree), bounds).await.unwrap_err().to_string();
    let small = Bounds { entries: 4, file: 3, total: 5, ratio: 1 };
    assert_eq!(told(r#"{ "a": "1234" }"#, small).await, "mlruns/a: expected at most 3 bytes, found 4 bytes");
    assert!(told(r#"{ "a": "123", "b": "123" }"#, small).await.contains("the whole: expected at most 5 bytes"));
    let many = told(r#"{ "a": "", "b": "", "c": "", "d": "" }"#, small).await;
    assert!(many.contains("at most 4 files and folders"), "{many}");
    let gone = told(r#"{ "7": { "meta.yaml": "gone" } }"#, Bounds::default()).await;
    assert_eq!(gone, "mlruns/7/meta.yaml could not be read: It is gone. (NotFoundError)");
}

#[wasm_bindgen_test]
async fn a_chosen_folder_comes_with_the_paths_of_its_files() {
    let files = || vec![chosen("mlruns/7/meta.yaml", "m"), chosen("mlruns/7/a", "1")];
    let found = chosen_folder(files(), Bounds::default()).await.unwrap();
    assert_eq!(found, [entry("mlruns/7/a", "1"), entry("mlruns/7/meta.yaml", "m")]);
    let twice = files().into_iter().chain(files()).collect();
    let refused = chosen_folder(twice, Bounds::default()).await.unwrap_err().to_string();
    assert!(refused.contains("mlruns/7/meta.yaml") && refused.contains("twice"), "{refused}");
}
