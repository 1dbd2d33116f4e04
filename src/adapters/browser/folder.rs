//! Folders that a person drops on the page or chooses: all files of one, by their paths.

use gloo::file::futures::read_as_bytes;
use js_sys::{Array, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    DataTransfer, DomException, File, FileSystemDirectoryEntry, FileSystemDirectoryReader, FileSystemEntry,
    FileSystemFileEntry,
};

use crate::flows::exchange::Entry;
use crate::flows::exchange::archive::Bounds;
use crate::flows::exchange::error::ImportError;
use crate::flows::exchange::listing::Listing;

/// What was dropped.
#[derive(Debug, Default)]
pub struct Dropped {
    /// Files.
    pub files: Vec<File>,
    /// Folders.
    pub folders: Vec<FileSystemDirectoryEntry>,
}

impl Dropped {
    /// Takes what a drop holds. The browser gives it during the event and not afterwards.
    pub fn of(transfer: &DataTransfer) -> Self {
        let mut dropped = Self::default();
        let items = transfer.items();
        for item in (0..items.length()).filter_map(|at| items.get(at)).filter(|item| item.kind() == "file") {
            let entry = item.webkit_get_as_entry().ok().flatten();
            match entry.filter(FileSystemEntry::is_directory) {
                Some(folder) => dropped.folders.push(folder.unchecked_into()),
                None => dropped.files.extend(item.get_as_file().ok().flatten()),
            }
        }
        dropped
    }
}

/// All files of a dropped folder, within bounds: it is walked to its end first, and read then.
///
/// # Errors
/// Where a path leads elsewhere, where a bound is passed, and where the browser cannot read; each with the path.
pub async fn dropped_folder(folder: FileSystemDirectoryEntry, bounds: Bounds) -> Result<Vec<Entry>, ImportError> {
    let mut listing = Listing::new(bounds);
    let (mut found, mut open) = (Vec::new(), vec![folder]);
    while let Some(folder) = open.pop() {
        let place = listing.folder(&folder.full_path())?;
        let reader = folder.create_reader();
        // The browser gives some entries at a time, and none at the end.
        loop {
            let some = next_entries(&reader).await.map_err(|error| unread(&place, &error))?;
            if some.length() == 0 {
                break;
            }
            for entry in some.iter().map(JsCast::unchecked_into::<FileSystemEntry>) {
                if entry.is_directory() {
                    open.push(entry.unchecked_into());
                    continue;
                }
                let path = entry.full_path();
                let file = file_of(&entry.unchecked_into()).await.map_err(|error| unread(&path, &error))?;
                found.push((listing.file(&path, file.size() as u64)?, file));
            }
        }
    }
    read(found).await
}

/// All files of a chosen folder, within bounds. The browser gives each with its path.
///
/// # Errors
/// As [`dropped_folder`].
pub async fn chosen_folder(files: Vec<File>, bounds: Bounds) -> Result<Vec<Entry>, ImportError> {
    let mut listing = Listing::new(bounds);
    let found = files.into_iter().map(|file| Ok((listing.file(&relative_path(&file), file.size() as u64)?, file)));
    let found = found.collect::<Result<Vec<_>, ImportError>>()?;
    read(found).await
}

/// The path of a file below the chosen folder, that folder's name first; its name where the browser knows no other.
pub fn relative_path(file: &File) -> String {
    // `web_sys` does not have this property.
    let path = Reflect::get(file, &"webkitRelativePath".into()).ok().and_then(|path| path.as_string());
    path.filter(|path| !path.is_empty()).unwrap_or_else(|| file.name())
}

async fn read(mut found: Vec<(String, File)>) -> Result<Vec<Entry>, ImportError> {
    // A browser gives them in no order.
    found.sort_by(|a, b| a.0.cmp(&b.0));
    let mut entries = Vec::with_capacity(found.len());
    for (path, file) in found {
        match read_as_bytes(&file.into()).await {
            Ok(bytes) => entries.push((path, bytes)),
            Err(error) => return Err(ImportError::Unread { path, reason: error.to_string() }),
        }
    }
    Ok(entries)
}

async fn next_entries(reader: &FileSystemDirectoryReader) -> Result<Array, JsValue> {
    let asked = Promise::new(&mut |done, failed| {
        if let Err(error) = reader.read_entries_with_callback_and_callback(&done, &failed) {
            // Nobody listens to what this gives.
            let _ = failed.call1(&JsValue::UNDEFINED, &error);
        }
    });
    Ok(JsFuture::from(asked).await?.unchecked_into())
}

async fn file_of(entry: &FileSystemFileEntry) -> Result<File, JsValue> {
    let asked = Promise::new(&mut |done, failed| entry.file_with_callback_and_callback(&done, &failed));
    Ok(JsFuture::from(asked).await?.unchecked_into())
}

fn unread(path: &str, error: &JsValue) -> ImportError {
    let told = error.dyn_ref::<DomException>().map(|error| format!("{} ({})", error.message(), error.name()));
    let path = path.strip_prefix('/').unwrap_or(path).to_owned();
    ImportError::Unread { path, reason: told.unwrap_or_else(|| format!("{error:?}")) }
}
