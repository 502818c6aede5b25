//! Reads bodies, as many in parallel as there is memory for.

use crate::outcome::Outcome;
use axum::body::{Body, HttpBody};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

/// Bytes of bodies that are read in parallel, if one body may not have more. The others wait, unread.
const READ: usize = 8 * 1024 * 1024;

/// Bytes that a body may have before it is counted, so that one that does not arrive holds back no other.
const UNCOUNTED: usize = 16 * 1024;

/// What events take that are handled in parallel, as a multiple of the largest body. Parsed, nested JSON takes up to 90
/// times its bytes, and an object of Kubernetes some 10 times.
const PARSED: usize = 32;

/// What an event is reckoned with at least: at most 256 of the default size are handled in parallel.
const LEAST: usize = 256 * 1024;

/// What memory is reckoned in.
const PAGE: usize = 1024;

/// The longest pause between two pieces of a body.
const STALL: Duration = Duration::from_secs(5);

/// The longest that the rest of a body is read which is too large, so that its sender sees the answer.
const DRAIN: Duration = Duration::from_secs(2);

/// The memory for bodies, and for the events in them.
pub(crate) struct Bodies {
    limit: usize,
    read: Semaphore,
    parsed: Memory,
}

/// Memory that is shared.
struct Memory {
    pages: Semaphore,
    all: usize,
}

impl Bodies {
    /// For bodies of at most so many bytes.
    pub(crate) fn new(limit: usize) -> Self {
        let pages = |bytes: usize| bytes.div_ceil(PAGE).min(Semaphore::MAX_PERMITS);
        let all = pages(limit.max(READ / 4).saturating_mul(PARSED));
        Self { limit, read: Semaphore::new(pages(limit.max(READ))), parsed: Memory { pages: Semaphore::new(all), all } }
    }

    /// Reads a body. What comes with it is held until the event is parsed.
    pub(crate) async fn read(&self, mut body: Body) -> Result<(Bytes, Option<SemaphorePermit<'_>>), Outcome> {
        let hint = body.size_hint();
        let announced = usize::try_from(hint.lower()).unwrap_or(usize::MAX);
        if announced > self.limit {
            return Err(self.too_large(body).await);
        }
        let most = hint.exact().map_or(self.limit, |_| announced);
        let mut bytes = BytesMut::new();
        let mut memory = None;
        while let Some(piece) = next(&mut body).await? {
            if bytes.len() + piece.len() > self.limit {
                return Err(self.too_large(body).await);
            }
            bytes.extend_from_slice(&piece);
            if memory.is_none() && bytes.len() > UNCOUNTED {
                memory = Some(acquire(&self.read, most.div_ceil(PAGE)).await?);
            }
        }
        Ok((bytes.freeze(), memory))
    }

    /// Waits until there is memory for the JSON of a body, which is held until the event is handled.
    pub(crate) async fn parse(&self, json: &[u8]) -> Result<SemaphorePermit<'_>, Outcome> {
        let pages = parsed(json).max(LEAST).div_ceil(PAGE);
        if pages > self.parsed.all {
            let most = self.parsed.all / 1024;
            return Err(Outcome::TooLarge(format!(
                "the body holds so many values that they would take over {most} MiB"
            )));
        }
        acquire(&self.parsed.pages, pages).await
    }

    /// Reads on for a while: a sender that is still sending would otherwise see a closed connection and no answer.
    async fn too_large(&self, mut body: Body) -> Outcome {
        let most = self.limit.saturating_mul(4);
        let drained = async {
            let mut read = 0;
            while let Ok(Some(piece)) = next(&mut body).await
                && read < most
            {
                read += piece.len();
            }
        };
        // The answer is the same if it takes longer.
        let _ = timeout(DRAIN, drained).await;
        Outcome::TooLarge(format!("the body has more than {} bytes", self.limit))
    }
}

async fn acquire(memory: &Semaphore, pages: usize) -> Result<SemaphorePermit<'_>, Outcome> {
    let pages = u32::try_from(pages).unwrap_or(u32::MAX);
    memory.acquire_many(pages).await.map_err(|_| Outcome::Retry("the process is about to end".into()))
}

/// The next piece of a body; `None` at its end.
async fn next(body: &mut Body) -> Result<Option<Bytes>, Outcome> {
    loop {
        let frame = timeout(STALL, body.frame()).await;
        let frame = frame.map_err(|_| Outcome::Retry(format!("the body stopped arriving for {STALL:?}")))?;
        match frame.transpose().map_err(|error| Outcome::Retry(format!("failed to read the body: {error}")))? {
            None => return Ok(None),
            // Trailers say nothing here.
            Some(frame) => {
                if let Ok(piece) = frame.into_data() {
                    return Ok(Some(piece));
                }
            }
        }
    }
}

/// Bytes that parsed JSON may take, by what `serde_json` allocates for an object, a list and a value.
fn parsed(json: &[u8]) -> usize {
    let (mut bytes, mut is_text, mut is_escaped) = (json.len(), false, false);
    for byte in json {
        if is_text {
            is_text = is_escaped || *byte != b'"';
            is_escaped = !is_escaped && *byte == b'\\';
            continue;
        }
        bytes += match byte {
            b'{' => 640,
            b'[' => 160,
            b':' | b',' => 64,
            _ => 0,
        };
        is_text = *byte == b'"';
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_reckoned_and_texts_are_not_taken_apart() {
        assert_eq!(parsed(br#"{"a":[1,2],"b":{}}"#), 18 + 640 + 64 + 160 + 64 + 64 + 64 + 640);
        assert_eq!(parsed(br#""[{\"::\\""#), 10);
        assert_eq!(parsed(b""), 0);
    }
}
