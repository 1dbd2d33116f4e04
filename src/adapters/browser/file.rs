//! A user's file as a stream, in the worker.

use std::io::{Error, Read};

use js_sys::Uint8Array;
use wasm_bindgen::JsValue;
use web_sys::{DomException, File, FileReaderSync};

/// How many bytes are asked of the browser at once: memory does not grow with the file.
const CHUNK: usize = 1 << 20;

/// Reads a file piece by piece. Only a worker may: a page would stand still meanwhile.
pub struct FileStream {
    file: File,
    reader: FileReaderSync,
    /// Where the next piece starts, in bytes.
    at: f64,
    chunk: Vec<u8>,
    /// How many bytes of the chunk were given out.
    taken: usize,
}

impl FileStream {
    /// A stream of the file from its start.
    ///
    /// # Errors
    /// Where this is no worker.
    pub fn open(file: File) -> Result<Self, Error> {
        let reader = FileReaderSync::new().map_err(|error| failed(&error))?;
        Ok(Self { file, reader, at: 0.0, chunk: Vec::new(), taken: 0 })
    }

    fn fill(&mut self) -> Result<(), Error> {
        let end = (self.at + CHUNK as f64).min(self.file.size());
        self.taken = 0;
        self.chunk.clear();
        if end <= self.at {
            return Ok(());
        }
        let slice = self.file.slice_with_f64_and_f64(self.at, end).map_err(|error| failed(&error))?;
        let buffer = self.reader.read_as_array_buffer(&slice).map_err(|error| failed(&error))?;
        let bytes = Uint8Array::new(&buffer);
        self.chunk.resize(bytes.length() as usize, 0);
        bytes.copy_to(&mut self.chunk);
        self.at = end;
        Ok(())
    }
}

impl Read for FileStream {
    fn read(&mut self, into: &mut [u8]) -> Result<usize, Error> {
        if self.taken == self.chunk.len() {
            self.fill()?;
        }
        let rest = &self.chunk[self.taken..];
        let count = rest.len().min(into.len());
        into[..count].copy_from_slice(&rest[..count]);
        self.taken += count;
        Ok(count)
    }
}

/// What the browser says: a file that was changed or taken away since it was picked cannot be read any more.
fn failed(error: &JsValue) -> Error {
    use wasm_bindgen::JsCast;
    let told = error.dyn_ref::<DomException>().map(|error| format!("{} ({})", error.message(), error.name()));
    Error::other(told.unwrap_or_else(|| format!("{error:?}")))
}
