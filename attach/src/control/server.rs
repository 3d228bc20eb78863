//! Listens for controllers.

use std::io;
use std::path::Path;
use std::sync::Arc;

use faultkey_transport::socket::{ListenError, unix};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;

use super::{Request, Wish, answer};
use crate::keyring::Keys;

/// The longest request: a credential with a large blob has room.
const LONGEST_REQUEST: u64 = 1 << 20;

/// A control socket that listens; its file goes away with it.
#[derive(Debug)]
pub struct Server {
    socket: unix::Socket,
}

impl Server {
    /// Listens at `path`, for this user alone (mode 0600).
    ///
    /// # Errors
    /// [`ListenError`] with what to do about it.
    pub fn bind(path: &Path) -> Result<Self, ListenError> {
        Ok(Self { socket: unix::Socket::bind(path)? })
    }

    /// Where it listens.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.socket.path
    }

    /// Serves controllers, several at a time, for ever.
    ///
    /// # Errors
    /// When none can be accepted any more.
    pub async fn serve(&self, keys: &Arc<Keys>) -> io::Result<()> {
        loop {
            let (stream, _) = self.socket.listener.accept().await?;
            let keys = Arc::clone(keys);
            // One that breaks off is one that goes away.
            tokio::spawn(async move { attend(stream, &keys).await });
        }
    }
}

async fn attend(stream: UnixStream, keys: &Keys) -> io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut reader = BufReader::new(reader);
    loop {
        let mut line = Vec::new();
        let length = (&mut reader).take(LONGEST_REQUEST).read_until(b'\n', &mut line).await?;
        if length == 0 {
            return Ok(());
        }
        let request = serde_json::from_slice::<Request>(&line);
        let is_quit = matches!(&request, Ok(Request { wish: Wish::Quit, .. }));
        let answer = match request {
            Ok(request) => answer::answer(keys, request).await,
            Err(error) => Err(format!("the request is not understood: {error}")),
        };
        let answer = match answer {
            Ok(Value::Object(answer)) => {
                let mut whole = serde_json::Map::from_iter([("ok".to_owned(), Value::Bool(true))]);
                whole.extend(answer);
                Value::Object(whole)
            }
            Ok(other) => json!({ "ok": true, "answer": other }),
            Err(error) => json!({ "ok": false, "error": error }),
        };
        writer.write_all(format!("{answer}\n").as_bytes()).await?;
        if is_quit {
            // Whoever orders the end waits for the end of this connection. So nobody closes it but the kernel, with the process: by then the keys are
            // unplugged, their stores are closed and the log is written.
            std::mem::forget((reader, writer));
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;
    use crate::Keyring;

    #[test]
    fn of_all_connections_the_one_that_orders_the_end_is_left_to_the_kernel() {
        for (request, expected) in [("quit", Err(io::ErrorKind::WouldBlock)), ("list", Ok(0))] {
            let folder = tempfile::tempdir().unwrap();
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let mut controller = runtime.block_on(async {
                let attached = Keyring::default().attach().await.unwrap();
                let server = Server::bind(&folder.path().join("ctl")).unwrap();
                let mut stream = UnixStream::connect(server.path()).await.unwrap();
                let asks = async {
                    stream.write_all(format!("{{\"do\":\"{request}\"}}\n").as_bytes()).await.unwrap();
                    let mut answer = String::new();
                    BufReader::new(&mut stream).read_line(&mut answer).await.unwrap();
                    assert!(answer.starts_with("{\"ok\":true,"), "{answer}");
                };
                tokio::select! {
                    ended = server.serve(attached.keys()) => panic!("{ended:?}"),
                    () = asks => stream.into_std().unwrap(),
                }
            });
            // Everything that the program has goes with it.
            drop(runtime);
            assert_eq!(controller.read(&mut [0]).map_err(|error| error.kind()), expected, "{request}");
        }
    }
}
