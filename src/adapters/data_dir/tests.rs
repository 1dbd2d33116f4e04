//! What a folder holds after an ingest, a crash, a full disk, another writer, and an older version.

use std::sync::{Mutex, OnceLock};

use super::disk::{Disk, RealDisk};
use super::*;
use crate::base::{Instant, Seed};
use crate::data::{InputRef, Manifest, Origin};
use crate::flows::ingest::{Ingested, Input, ingest};

fn demo(seed: u64, at: i64) -> Ingested {
    let now = Instant::from_timestamp(at, 0).unwrap();
    ingest(Input::Demo(Seed(seed)), now, &mut |_| true).unwrap()
}

/// A small set of a source: so many games of each of two seasons, with a lineage.
fn small(source: &str, games: usize, at: i64) -> Ingested {
    static ALL: OnceLock<Ingested> = OnceLock::new();
    let mut ingested = ALL.get_or_init(|| demo(1, 0)).clone();
    ingested.manifest.ingested_at = Instant::from_timestamp(at, 0).unwrap();
    let of = |season: u16| {
        ingested.log.games().iter().filter(move |game| game.season == season).take(games).cloned().collect::<Vec<_>>()
    };
    let log = GameLog::new([of(2020), of(2021)].concat());
    let bytes = format!("{source} {games}");
    ingested.manifest = Manifest {
        digest: Digest::of_json(&log.games()).unwrap(),
        source: source.to_owned(),
        inputs: vec![InputRef {
            name: source.to_owned(),
            bytes: bytes.len() as u64,
            digest: Digest::of_bytes(bytes.as_bytes()),
            rows: log.games().len() as u64,
        }],
        ..ingested.manifest
    };
    ingested.lineage =
        Lineage::new((0..log.games().len() as u64).map(|at| Origin { input: 0, rows: vec![at + 2] }).collect());
    ingested.log = log;
    ingested
}

fn folder() -> (tempfile::TempDir, DataDir) {
    let temporary = tempfile::tempdir().unwrap();
    let data = DataDir::new(temporary.path().join("data"));
    (temporary, data)
}

fn names(data: &DataDir) -> Vec<String> {
    let entries = fs::read_dir(data.root()).into_iter().flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).filter(|name| name != ".lock").collect();
    names.sort();
    names
}

#[track_caller]
fn fine(data: &DataDir) {
    assert_eq!(data.verify().unwrap().problems, Vec::<String>::new());
}

/// A disk that does so many operations and then fails: once, as a full disk of which something is freed, or from then
/// on, as one that a killed process cannot write to any more. A write that fails leaves half of its bytes.
#[derive(Debug)]
struct Failing {
    left: Mutex<Option<usize>>,
    for_ever: bool,
}

impl Failing {
    fn folder(root: &Path, left: usize, for_ever: bool) -> (DataDir, Arc<Failing>) {
        let disk = Arc::new(Self { left: Mutex::new(Some(left)), for_ever });
        (DataDir { root: root.to_owned(), disk: disk.clone() }, disk)
    }

    fn fails(&self) -> bool {
        let mut left = self.left.lock().unwrap();
        match *left {
            Some(0) => {
                if !self.for_ever {
                    *left = None;
                }
                true
            }
            Some(some) => {
                *left = Some(some - 1);
                false
            }
            None => false,
        }
    }

    /// Whether it has failed yet.
    fn failed(&self) -> bool {
        matches!(*self.left.lock().unwrap(), None | Some(0))
    }
}

impl Disk for Failing {
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        if self.fails() {
            RealDisk.write(path, &bytes[..bytes.len() / 2])?;
            return Err(io::ErrorKind::StorageFull.into());
        }
        RealDisk.write(path, bytes)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        if self.fails() { Err(io::ErrorKind::StorageFull.into()) } else { RealDisk.rename(from, to) }
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        if self.fails() { Err(io::ErrorKind::Other.into()) } else { RealDisk.remove(path) }
    }
}

#[test]
fn what_was_written_is_read_again() {
    let (_temporary, data) = folder();
    assert!(matches!(data.index(), Err(DataDirError::Empty(_))));
    let ingested = demo(1, 0);
    let (change, index) = data.write(&ingested).unwrap();
    assert_eq!(change, Change::Written);
    let (read, log) = data.load().unwrap();
    assert_eq!((read, &log), (index.clone(), &ingested.log));
    fine(&data);
    let mut expected: Vec<String> = index.files.iter().map(|file| file.path.clone()).collect();
    expected.extend([INDEX.to_owned(), CHAIN.to_owned()]);
    expected.sort();
    assert_eq!(names(&data), expected, "nothing but the index, the chain and what the index lists");
    for file in &index.files {
        assert!(file.path.contains(&file.digest.short()), "{} is named by its content", file.path);
    }
}

#[test]
fn the_same_content_again_is_recorded_and_changes_nothing() {
    let (_temporary, data) = folder();
    let (_, index) = data.write(&demo(1, 0)).unwrap();
    let bytes = fs::read(data.root().join(INDEX)).unwrap();
    let stamp = |name: &str| fs::metadata(data.root().join(name)).unwrap().modified().unwrap();
    let before = stamp(&index.files[0].path);
    assert_eq!(data.write(&demo(1, 60)).unwrap().0, Change::Unchanged);
    assert_eq!(fs::read(data.root().join(INDEX)).unwrap(), bytes);
    assert_eq!(stamp(&index.files[0].path), before);
    let chain = data.chain().unwrap();
    let changes: Vec<Change> = chain.entries().iter().map(|entry| entry.change).collect();
    assert_eq!(changes, [Change::Written, Change::Unchanged]);
    assert_eq!(chain.entries()[1].manifest.previous, Some(chain.entries()[0].manifest.seal()));
    fine(&data);
}

#[test]
fn other_content_is_a_new_revision_and_the_former_one_can_still_be_read() {
    let (_temporary, data) = folder();
    let sets = [small("csv:a", 3, 0), small("csv:a", 4, 1), small("csv:b", 5, 2), small("csv:a", 3, 3)];
    for set in &sets {
        assert_eq!(data.write(set).unwrap().0, Change::Written);
        fine(&data);
    }
    let chain = data.chain().unwrap();
    let revisions: Vec<u32> = chain.entries().iter().map(|entry| entry.manifest.revision).collect();
    assert_eq!(revisions, [1, 2, 1, 3]);
    for (entry, set) in chain.entries().iter().zip(&sets) {
        let index = data.revision(&chain, entry).unwrap();
        assert_eq!(data.games(&index).unwrap(), set.log);
        assert_eq!(data.lineage(&index).unwrap().as_ref(), Some(&set.lineage));
    }
    assert_eq!(data.verify().unwrap().revisions, 4);
}

#[test]
fn a_changed_file_is_refused_by_name_and_repaired_by_the_next_ingest() {
    let (_temporary, data) = folder();
    let (_, index) = data.write(&small("csv:a", 3, 0)).unwrap();
    for file in &index.files {
        let path = data.root().join(&file.path);
        let mut bytes = fs::read(&path).unwrap();
        let at = bytes.len() / 2;
        bytes[at] ^= 1;
        fs::write(&path, bytes).unwrap();
        let message = data.read_verified(file).unwrap_err().to_string();
        assert!(message.contains(&file.path) && message.contains("expected sha256:"), "{message}");
        assert_eq!(data.verify().unwrap().problems.len(), 1);
        assert_eq!(data.write(&small("csv:a", 3, 60)).unwrap().0, Change::Written);
        fine(&data);
    }
    let chain = data.chain().unwrap();
    assert!(chain.entries().iter().all(|entry| entry.manifest.revision == 1), "it is the same content still");
}

#[test]
fn a_damaged_or_lost_index_is_repaired_and_no_file_is_swept_on_a_guess() {
    for damage in [&b"{"[..], b""] {
        let (_temporary, data) = folder();
        data.write(&small("csv:a", 3, 0)).unwrap();
        let held = names(&data);
        match damage {
            b"" => fs::remove_file(data.root().join(INDEX)).unwrap(),
            _ => fs::write(data.root().join(INDEX), damage).unwrap(),
        }
        // Another set in its place: the first one's files stay, although no index names them any more.
        data.write(&small("csv:a", 4, 1)).unwrap();
        data.write(&small("csv:a", 5, 2)).unwrap();
        assert!(held.iter().all(|name| names(&data).contains(name)));
        let problems = data.verify().unwrap().problems;
        assert!(problems.len() == 1 && problems[0].contains("revision 1 of csv:a"), "{problems:?}");
        // The same content again brings it back.
        data.write(&small("csv:a", 3, 3)).unwrap();
        fine(&data);
    }
}

#[test]
fn an_index_that_leads_out_of_the_folder_is_refused() {
    let (_temporary, data) = folder();
    let (_, mut index) = data.write(&small("csv:a", 3, 0)).unwrap();
    index.files[0].path = "../elsewhere.json".to_owned();
    fs::write(data.root().join(INDEX), serde_json::to_vec(&index).unwrap()).unwrap();
    assert!(data.load().unwrap_err().to_string().contains("without folders"));
}

#[test]
fn a_folder_of_a_newer_version_is_neither_read_nor_written() {
    let (_temporary, data) = folder();
    let (_, mut index) = data.write(&small("csv:a", 3, 0)).unwrap();
    index.schema = INDEX_SCHEMA + 1;
    fs::write(data.root().join(INDEX), serde_json::to_vec(&index).unwrap()).unwrap();
    let before = names(&data);
    assert!(matches!(data.load(), Err(DataDirError::Newer { .. })));
    assert!(matches!(data.write(&small("csv:a", 4, 1)), Err(DataDirError::Newer { .. })));
    assert_eq!(names(&data), before);
}

/// Lets each operation of an ingest fail in turn. After each the folder must be whole and hold one of the two states.
fn fails_at_every_operation(for_ever: bool) -> usize {
    let (old, new) = (small("csv:a", 3, 0), small("csv:a", 4, 60));
    for at in 0.. {
        let (_temporary, data) = folder();
        data.write(&old).unwrap();
        let (held, held_chain) = (names(&data), data.chain().unwrap());
        let (failing, disk) = Failing::folder(data.root(), at, for_ever);
        let outcome = failing.write(&new);
        if !disk.failed() {
            assert!(outcome.is_ok());
            return at;
        }
        fine(&data);
        let (index, log) = data.load().unwrap();
        match outcome {
            Ok(_) => assert_eq!((index.manifest.digest, &log), (new.manifest.digest, &new.log), "operation {at}"),
            Err(error) => {
                assert!(error.to_string().contains("make room"), "operation {at}: {error}");
                assert_eq!((index.manifest.digest, &log), (old.manifest.digest, &old.log), "operation {at}");
                assert_eq!(data.chain().unwrap(), held_chain, "operation {at}");
                let left: Vec<String> = names(&data).into_iter().filter(|name| !held.contains(name)).collect();
                let kept = kept_name(&held_chain.entries()[0].manifest.seal());
                // Where something is left that failed is swept at once, but for the index of the revision that is there.
                assert!(for_ever || left.iter().all(|name| *name == kept), "operation {at} left {left:?}");
            }
        }
        // The next ingest goes on from there and leaves nothing lying about.
        data.write(&new).unwrap();
        fine(&data);
        let chain = data.chain().unwrap();
        assert_eq!(chain.entries()[0], held_chain.entries()[0]);
        let mut known = data.referenced().unwrap();
        known.extend([INDEX.to_owned(), CHAIN.to_owned()]);
        assert!(names(&data).iter().all(|name| known.contains(name)), "operation {at} left {:?}", names(&data));
    }
    0
}

#[test]
fn a_write_that_fails_at_any_point_leaves_the_former_state() {
    assert!(fails_at_every_operation(false) >= 10);
}

#[test]
fn a_crash_at_any_point_leaves_the_former_state_or_the_new_one() {
    assert!(fails_at_every_operation(true) >= 10);
}

#[test]
fn a_crash_between_index_and_chain_is_completed_by_the_next_reader_and_the_next_writer() {
    let (_temporary, data) = folder();
    data.write(&small("csv:a", 3, 0)).unwrap();
    let before = fs::read(data.root().join(CHAIN)).unwrap();
    data.write(&small("csv:a", 4, 1)).unwrap();
    let whole = data.chain().unwrap();
    fs::write(data.root().join(CHAIN), &before).unwrap();
    assert_eq!(data.chain().unwrap(), whole);
    fine(&data);
    assert_eq!(fs::read(data.root().join(CHAIN)).unwrap(), before, "a reader writes nothing");
    data.write(&small("csv:a", 5, 2)).unwrap();
    assert_eq!(data.chain().unwrap().entries()[..2], *whole.entries());
    fine(&data);
}

#[test]
fn leftovers_are_swept_and_files_of_others_are_not() {
    let (_temporary, data) = folder();
    data.write(&small("csv:a", 3, 0)).unwrap();
    let ours = [".index.json.4711", "season-2020.0123456789ab.json", "index.0123456789ab.json", ".manifests.jsonl.1"];
    let others = ["store.jsonl", "notes.txt", "season-1999.json", ".gitignore"];
    for name in ours.iter().chain(&others) {
        fs::write(data.root().join(name), b"x").unwrap();
    }
    data.write(&small("csv:a", 3, 1)).unwrap();
    assert!(ours.iter().all(|name| !names(&data).contains(&(*name).to_owned())), "{:?}", names(&data));
    assert!(others.iter().all(|name| names(&data).contains(&(*name).to_owned())), "{:?}", names(&data));
}

#[test]
fn a_revision_that_was_pruned_says_so_and_the_chain_keeps_it() {
    let (_temporary, data) = folder();
    for (at, games) in [3, 4, 5, 6].into_iter().enumerate() {
        data.write(&small("csv:a", games, at as i64)).unwrap();
    }
    let chain = data.chain().unwrap();
    let pruned = data.prune(2).unwrap();
    let digests: Vec<Digest> = chain.entries().iter().map(|entry| entry.manifest.digest).collect();
    assert_eq!(pruned.revisions, digests[..2]);
    assert!(pruned.files > 0 && pruned.bytes > 0);
    assert_eq!(data.chain().unwrap(), chain);
    let message = data.revision(&chain, &chain.entries()[0]).unwrap_err().to_string();
    assert!(message.contains("csv:a") && message.contains("they were pruned"), "{message}");
    assert!(data.revision(&chain, &chain.entries()[2]).is_ok());
    fine(&data);
    assert_eq!((data.verify().unwrap().revisions, data.verify().unwrap().pruned), (2, 2));
    assert_eq!(data.prune(2).unwrap(), Pruned::default(), "there is nothing left to prune");
    // What was pruned comes back when it is ingested again.
    data.write(&small("csv:a", 3, 9)).unwrap();
    assert!(data.revision(&chain, &chain.entries()[0]).is_ok());
    fine(&data);
}

/// A copy of a folder that the first form's version wrote: a set, the same again, another one.
fn folder_of_the_first_form() -> (tempfile::TempDir, DataDir) {
    let (temporary, data) = folder();
    fs::create_dir(data.root()).unwrap();
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/folder-schema-1");
    for entry in fs::read_dir(fixture).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, data.root().join(path.file_name().unwrap())).unwrap();
    }
    (temporary, data)
}

#[test]
fn a_folder_of_the_first_form_is_read_verified_and_carried_on() {
    let (_temporary, data) = folder_of_the_first_form();
    let (index, log) = data.load().unwrap();
    assert_eq!((index.schema, log.games().len()), (1, 30));
    fine(&data);
    let old = names(&data);
    let old_bytes: Vec<Vec<u8>> = old.iter().map(|name| fs::read(data.root().join(name)).unwrap()).collect();
    assert_eq!(data.write(&small("csv:games.csv", 3, 0)).unwrap().0, Change::Written);
    fine(&data);
    let chain = data.chain().unwrap();
    let revisions: Vec<u32> = chain.entries().iter().map(|entry| entry.manifest.revision).collect();
    assert_eq!(revisions, [0, 0, 0, 3]);
    assert_eq!(chain.entries()[3].manifest.previous, Some(index.manifest.seal()));
    // What the old index named is a kept revision, and its files are as they were.
    assert_eq!(data.games(&data.revision(&chain, &chain.entries()[2]).unwrap()).unwrap(), log);
    for (name, bytes) in old.iter().zip(old_bytes).filter(|(name, _)| name.starts_with("season-")) {
        assert_eq!(fs::read(data.root().join(name)).unwrap(), bytes, "{name}");
    }
    let message = data.revision(&chain, &chain.entries()[0]).unwrap_err().to_string();
    assert!(message.contains("before revisions were kept"), "{message}");
    assert_eq!(data.prune(1).unwrap().files, 2);
    fine(&data);
}

#[test]
fn the_same_games_under_a_newer_contract_are_a_revision_and_then_change_nothing() {
    let (_temporary, data) = folder_of_the_first_form();
    let (index, log) = data.load().unwrap();
    let contracts = small("csv:games.csv", 3, 0).manifest.contracts;
    assert_ne!(index.manifest.contracts, contracts, "the fixture is of an older contract");
    let manifest = Manifest { contracts, ..index.manifest };
    let again = Ingested { log, manifest, lineage: Lineage::default(), ..small("csv:games.csv", 3, 0) };
    assert_eq!(data.write(&again).unwrap().0, Change::Written);
    assert_eq!(data.write(&again).unwrap().0, Change::Unchanged);
    let index = data.index().unwrap();
    assert_eq!((index.schema, index.manifest.digest), (INDEX_SCHEMA, again.manifest.digest));
    fine(&data);
}

#[test]
fn two_that_write_at_once_both_get_their_turn() {
    let (_temporary, data) = folder();
    data.write(&small("csv:a", 3, 0)).unwrap();
    std::thread::scope(|scope| {
        for games in 4..8 {
            let data = data.clone();
            scope.spawn(move || data.write(&small("csv:a", games, games as i64)).unwrap());
        }
    });
    assert_eq!(data.chain().unwrap().entries().len(), 5);
    fine(&data);
}

#[test]
fn a_listed_file_takes_the_place_of_its_kind() {
    let (_temporary, data) = folder();
    let contract = crate::data::ContractRef { id: "journal".into(), version: "1.0.0".into() };
    let file = |bytes: &[u8]| DataFile {
        path: "store.jsonl".into(),
        kind: "store".into(),
        season: None,
        bytes: bytes.len() as u64,
        rows: 1,
        digest: Digest::of_bytes(bytes),
        contract: contract.clone(),
        days: Vec::new(),
    };
    assert!(!data.list_file(file(b"1")).unwrap());
    data.write(&small("csv:a", 3, 0)).unwrap();
    for bytes in [b"1", b"2"] {
        fs::write(data.root().join("store.jsonl"), bytes).unwrap();
        assert!(data.list_file(file(bytes)).unwrap());
    }
    assert_eq!(data.index().unwrap().files.iter().filter(|file| file.kind == "store").count(), 1);
    fine(&data);
    // The journal is another one tomorrow, and no former revision speaks of it.
    data.write(&small("csv:a", 4, 1)).unwrap();
    fs::write(data.root().join("store.jsonl"), b"3").unwrap();
    fine(&data);
}

#[cfg(feature = "native")]
#[test]
fn the_current_season_is_small() {
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;
    let (_temporary, data) = folder();
    let (_, index) = data.write(&demo(1, 0)).unwrap();
    let newest = index.files.iter().rfind(|file| file.kind == "games").unwrap();
    let bytes = data.read_verified(newest).unwrap();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(6));
    encoder.write_all(&bytes).unwrap();
    let packed = encoder.finish().unwrap().len();
    assert!(packed <= 45_000, "{packed} bytes gzip of {}", bytes.len());
}
