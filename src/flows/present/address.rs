//! What stands behind the `?` of an address, so that a view can be sent.

/// Pairs of a query in their order, decoded; what cannot be decoded is taken as it is.
pub fn pairs(query: &str) -> Vec<(String, String)> {
    let query = query.strip_prefix('?').unwrap_or(query);
    let pair = |part: &str| {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        (decoded(key), decoded(value))
    };
    query.split('&').filter(|part| !part.is_empty()).map(pair).collect()
}

/// A query of these pairs, with its `?`; empty without pairs.
pub fn query(pairs: &[(&str, String)]) -> String {
    let mut text = String::new();
    for (key, value) in pairs {
        text.push(if text.is_empty() { '?' } else { '&' });
        encode(key, &mut text);
        text.push('=');
        encode(value, &mut text);
    }
    text
}

/// Names of a list, parted by commas: no name of a run's parts has one.
pub fn list(value: &str) -> Vec<String> {
    value.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn encode(text: &str, into: &mut String) {
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z'
            | b'A'..=b'Z'
            | b'0'..=b'9'
            | b'-'
            | b'_'
            | b'.'
            | b'~'
            | b','
            | b':'
            | b'/'
            | b'@'
            | b'!'
            | b'('
            | b')'
            | b'*'
            | b'$' => into.push(char::from(byte)),
            b' ' => into.push('+'),
            _ => into.push_str(&format!("%{byte:02X}")),
        }
    }
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = |at: usize| after.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        match (first, hex(0), hex(1)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push((high * 16 + low) as u8);
                rest = &after[2..];
            }
            (b'+', ..) => {
                bytes.push(b' ');
                rest = after;
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let filter = "metrics.loss < 0.6 AND params.\"a b\" LIKE '50%+é&=?#' ";
        let text = query(&[("filter", filter.to_owned()), ("columns", "metrics.a,tags.b".to_owned())]);
        assert!(text.starts_with("?filter=metrics.loss+%3C+0.6+AND"), "{text}");
        assert!(text.ends_with("&columns=metrics.a,tags.b"), "{text}");
        let read = pairs(&text);
        assert_eq!(read[0], ("filter".to_owned(), filter.to_owned()));
        assert_eq!(list(&read[1].1), ["metrics.a", "tags.b"]);
        assert_eq!(query(&[]), "");
    }

    #[test]
    fn what_was_cut_off_or_typed_by_hand_is_no_error() {
        let read = pairs("a=50%&b&=c&&d=%C3%A9%2");
        let expected = [("a", "50%"), ("b", ""), ("", "c"), ("d", "é%2")];
        assert_eq!(read, expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
        assert_eq!(list(" a,,b ,"), ["a", "b"]);
    }
}
