//! Server-sent events as the HTML standard parses them, out of pieces cut anywhere.

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Frame {
    /// The last `id` seen, this event's or an earlier one's.
    pub(crate) id: Option<String>,
    /// The name; empty without one.
    pub(crate) event: String,
    /// The data, its lines joined.
    pub(crate) data: String,
}

/// Collects pieces until they make an event.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    line: Vec<u8>,
    after_cr: bool,
    event: String,
    data: Option<String>,
    id: Option<String>,
}

impl Decoder {
    /// The events that this piece completes.
    pub(crate) fn push(&mut self, piece: &[u8]) -> Vec<Frame> {
        let mut frames = Vec::new();
        for byte in piece {
            let after_cr = std::mem::take(&mut self.after_cr);
            match byte {
                b'\n' if after_cr => {}
                b'\n' | b'\r' => {
                    self.after_cr = *byte == b'\r';
                    let line = std::mem::take(&mut self.line);
                    frames.extend(self.end_of_line(&String::from_utf8_lossy(&line)));
                }
                other => self.line.push(*other),
            }
        }
        frames
    }

    fn end_of_line(&mut self, line: &str) -> Option<Frame> {
        if line.is_empty() {
            let event = std::mem::take(&mut self.event);
            return self.data.take().map(|data| Frame { id: self.id.clone(), event, data });
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.event),
            "id" if !value.contains('\0') => self.id = Some(value.to_owned()),
            "data" => match &mut self.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => self.data = Some(value.to_owned()),
            },
            // comments (an empty field) and what is not ours
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &[u8] = b": ping\r\n\r\nid: 7\r\nevent: state\r\ndata: {\"a\":\r\ndata: 1}\r\n\r\nevent:reset\ndata\n\ndata: half";

    #[test]
    fn events_are_the_same_however_the_stream_is_cut() {
        let whole = Decoder::default().push(STREAM);
        assert_eq!(
            whole,
            [
                Frame { id: Some("7".into()), event: "state".into(), data: "{\"a\":\n1}".into() },
                Frame { id: Some("7".into()), event: "reset".into(), data: String::new() },
            ]
        );
        for size in 1..STREAM.len() {
            let mut decoder = Decoder::default();
            let cut: Vec<Frame> = STREAM.chunks(size).flat_map(|piece| decoder.push(piece)).collect();
            assert_eq!(cut, whole, "cut into pieces of {size}");
        }
    }
}
