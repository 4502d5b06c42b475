//! Long answers, written piece by piece: rows are read in short steps while the caller takes what was written, so that
//! an answer holds some kilobytes here however long it is and however slowly it is read. Knows no route.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use axum::response::Response;
use hyper::body::{Body as HttpBody, Frame as HttpFrame};
use serde::Serialize;
use serde_json::{Map, Value};
use tokio::sync::mpsc;

use crate::api::answer::written;
use crate::api::failed::Failed;

/// A piece has so many bytes, and a step more.
const PIECE: usize = 64 * 1024;
/// Pieces that wait for the caller: one is made while another is sent.
const WAITING: usize = 1;

/// Entries of a list, step by step.
pub(in crate::api) trait Steps: Send + 'static {
    /// An entry.
    type Item: Serialize + Send + Sync;

    /// The next entries; none when there are no more.
    fn next(&mut self) -> impl Future<Output = Result<Vec<Self::Item>, Failed>> + Send;
}

/// What stands around the entries.
#[derive(Debug)]
pub(in crate::api) struct Frame {
    head: String,
    tail: String,
    pretty: bool,
}

impl Frame {
    /// An object whose first key holds the entries.
    pub(in crate::api) fn before(
        list: &str,
        keys: &impl Serialize,
        pretty: bool,
    ) -> Result<Frame, Failed> {
        let inner = inner(keys, pretty)?;
        let (head, tail) = match pretty {
            true => (format!("{{\n  \"{list}\": ["), format!(",\n{inner}\n}}\n")),
            false => (format!("{{\"{list}\":["), format!(",{inner}}}\n")),
        };
        Ok(Frame { head, tail, pretty })
    }

    /// An object whose last key holds the entries.
    pub(in crate::api) fn behind(
        keys: &Map<String, Value>,
        list: &str,
        pretty: bool,
    ) -> Result<Frame, Failed> {
        let inner = inner(keys, pretty)?;
        let comma = if keys.is_empty() { "" } else { "," };
        let (head, tail) = match pretty {
            true => (format!("{{\n{inner}{comma}\n  \"{list}\": ["), "\n}\n".to_owned()),
            false => (format!("{{{inner}{comma}\"{list}\":["), "}\n".to_owned()),
        };
        Ok(Frame { head, tail, pretty })
    }
}

/// The keys of an object as they stand between its braces.
fn inner(keys: &impl Serialize, pretty: bool) -> Result<String, Failed> {
    let text = json(keys, pretty)?;
    let braces = if pretty { ("{\n", "\n}") } else { ("{", "}") };
    let inner = text.strip_prefix(braces.0).and_then(|text| text.strip_suffix(braces.1));
    Ok(inner.unwrap_or_default().to_owned())
}

fn json(value: &impl Serialize, pretty: bool) -> Result<String, Failed> {
    let text = match pretty {
        true => serde_json::to_string_pretty(value),
        false => serde_json::to_string(value),
    };
    text.map_err(|_| Failed::bug())
}

/// Text that is not sent yet.
struct Writer {
    out: String,
    frame: Frame,
    any: bool,
}

impl Writer {
    fn new(frame: Frame) -> Writer {
        Writer { out: frame.head.clone(), frame, any: false }
    }

    fn add(&mut self, items: &[impl Serialize]) -> Result<(), Failed> {
        for item in items {
            if std::mem::replace(&mut self.any, true) {
                self.out.push(',');
            }
            let text = json(item, self.frame.pretty)?;
            if self.frame.pretty {
                self.out.push_str("\n    ");
                // A text in JSON has no line feed of its own.
                self.out.push_str(&text.replace('\n', "\n    "));
            } else {
                self.out.push_str(&text);
            }
        }
        Ok(())
    }

    fn end(mut self) -> Vec<u8> {
        self.out.push_str(if self.frame.pretty && self.any { "\n  ]" } else { "]" });
        self.out.push_str(&self.frame.tail);
        self.out.into_bytes()
    }
}

/// Answers with all entries. What fits into a piece is sent as a whole, with its length.
pub(in crate::api) async fn answer(
    frame: Frame,
    mut steps: impl Steps,
) -> Result<Response, Failed> {
    let mut writer = Writer::new(frame);
    while writer.out.len() < PIECE {
        let items = steps.next().await?;
        if items.is_empty() {
            return Ok(written(StatusCode::OK, Body::from(writer.end())));
        }
        writer.add(&items)?;
    }
    let (pieces, waiting) = mpsc::channel(WAITING);
    tokio::spawn(async move {
        if write(writer, steps, &pieces).await.is_err() {
            // The caller sees that the answer is not whole.
            let _ = pieces.send(Err(Broken)).await;
        }
    });
    Ok(written(StatusCode::OK, Body::new(Pieces(waiting))))
}

/// Writes until the end, or until nobody reads any more.
async fn write(
    mut writer: Writer,
    mut steps: impl Steps,
    pieces: &mpsc::Sender<Result<Bytes, Broken>>,
) -> Result<(), Failed> {
    loop {
        if writer.out.len() >= PIECE {
            let piece = std::mem::take(&mut writer.out);
            if pieces.send(Ok(piece.into())).await.is_err() {
                return Ok(());
            }
        }
        let items = steps.next().await?;
        if items.is_empty() {
            let _ = pieces.send(Ok(writer.end().into())).await;
            return Ok(());
        }
        writer.add(&items)?;
    }
}

/// The rest of an answer could not be read.
#[derive(Debug, thiserror::Error)]
#[error("the rest of the answer cannot be read")]
struct Broken;

/// The body of an answer that is written while it is sent.
struct Pieces(mpsc::Receiver<Result<Bytes, Broken>>);

impl HttpBody for Pieces {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<HttpFrame<Bytes>, Broken>>> {
        self.0.poll_recv(context).map(|piece| piece.map(|piece| piece.map(HttpFrame::data)))
    }
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use serde_json::{Value, json};

    use super::{Failed, Frame, Steps, answer};

    /// Numbers below a bound, some at a time, and after so many steps a failure.
    struct Numbers {
        next: u64,
        end: u64,
        fails_at: u64,
    }

    impl Steps for Numbers {
        type Item = Value;

        async fn next(&mut self) -> Result<Vec<Value>, Failed> {
            if self.next >= self.fails_at {
                return Err(Failed::bug());
            }
            let upto = (self.next + 100).min(self.end);
            let items = (self.next..upto).map(|number| json!({ "number": number })).collect();
            self.next = upto;
            Ok(items)
        }
    }

    fn numbers(end: u64) -> Numbers {
        Numbers { next: 0, end, fails_at: u64::MAX }
    }

    #[tokio::test]
    async fn an_answer_in_pieces_is_the_one_that_a_whole_would_be() {
        let keys = json!({ "total": 7, "links": [] });
        for pretty in [false, true] {
            for end in [0, 1, 2, 20_000] {
                let items: Vec<Value> =
                    (0..end).map(|number| json!({ "number": number })).collect();
                let write = |value: &Value| match pretty {
                    true => serde_json::to_string_pretty(value).unwrap() + "\n",
                    false => value.to_string() + "\n",
                };
                let frame = Frame::behind(keys.as_object().unwrap(), "zs", pretty).unwrap();
                let body = answer(frame, numbers(end)).await.unwrap().into_body();
                let body = to_bytes(body, usize::MAX).await.unwrap();
                let whole = json!({ "links": [], "total": 7, "zs": items });
                assert!(body == write(&whole).as_bytes(), "{pretty} {end}");
                let frame = Frame::before("as", &keys, pretty).unwrap();
                let body = answer(frame, numbers(end)).await.unwrap().into_body();
                let body = to_bytes(body, usize::MAX).await.unwrap();
                let whole = json!({ "as": items, "links": [], "total": 7 });
                assert!(body == write(&whole).as_bytes(), "{pretty} {end}");
            }
        }
    }

    #[tokio::test]
    async fn an_answer_that_cannot_be_ended_is_not_taken_for_whole() {
        let frame = || Frame::before("as", &json!({ "total": 7 }), false).unwrap();
        let early = Numbers { fails_at: 0, ..numbers(10) };
        assert!(answer(frame(), early).await.is_err(), "the status can still tell");
        let late = Numbers { fails_at: 15_000, ..numbers(20_000) };
        let body = answer(frame(), late).await.unwrap().into_body();
        assert!(to_bytes(body, usize::MAX).await.is_err());
    }
}
