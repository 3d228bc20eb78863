//! The relay itself: it listens on loopback, carries one request and its response, and cuts where it is told to.

use std::future::pending;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use socket2::{Domain, Socket, Type};
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use super::connection::Connection;
use super::message::{End, request_end, response_end};
use super::{CutPoint, Ending, NetworkDecision, RelayReport, Upstream};

/// Alert, TLS 1.2 record, two bytes long: fatal (2), handshake_failure (40). RFC 8446 §6.2.
const FATAL_ALERT: [u8; 7] = [21, 3, 3, 0, 2, 2, 40];

/// Bytes of a request or a response; nothing that the network does to one needs more, and some responses have no end.
const LONGEST: usize = 8 * 1024 * 1024;

/// A relay for one request. It never sleeps; dropping it ends it.
pub struct Relay {
    address: SocketAddr,
    silence: watch::Receiver<Option<usize>>,
    done: watch::Receiver<bool>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<RelayReport>,
}

impl Relay {
    /// Listens on a free port of loopback, for one connection.
    ///
    /// # Errors
    /// When no port can be had; for [`CutPoint::N0`], which happens before there is a connection; for [`CutPoint::N2`] without TLS.
    pub async fn open(upstream: Upstream, decision: NetworkDecision) -> io::Result<Relay> {
        let door = Door::open(&upstream, decision)?;
        let address = door.address()?;
        let (silence_sender, silence) = watch::channel(None);
        let (done_sender, done) = watch::channel(false);
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(async move {
            let mut errand = Errand { upstream, silence: silence_sender, report: RelayReport::default() };
            tokio::select! {
                biased;
                () = errand.run(door, decision) => {}
                _ = stopped => {}
            }
            done_sender.send_replace(true);
            errand.report
        });
        Ok(Relay { address, silence, done, stop, task })
    }

    /// Where the client's side connects to. A client speaks plain HTTP there, but for a cut at [`CutPoint::N2`]: then it speaks TLS, as it
    /// would to the relying party itself.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Resolves when the relay has gone silent on purpose, so that nobody needs to wait out a real timeout; never otherwise.
    pub async fn silenced(&self) {
        silent_after(self.silence()).await;
    }

    /// Holds, once the relay has gone silent on purpose, how many bytes of the response it delivered before.
    #[must_use]
    pub fn silence(&self) -> watch::Receiver<Option<usize>> {
        self.silence.clone()
    }

    /// Resolves when the relay has nothing more to do. Worth waiting for after a duplicated request: the second response may come late.
    pub async fn done(&self) {
        // An error means that the task has ended.
        let mut done = self.done.clone();
        let _ended = done.wait_for(|done| *done).await;
    }

    /// Ends the relay and says what went through.
    pub async fn finish(self) -> RelayReport {
        // The relay may have ended by itself.
        let _ended = self.stop.send(());
        self.task.await.unwrap_or_default()
    }
}

/// Resolves with the number of response bytes that came before the silence.
pub async fn silent_after(mut silence: watch::Receiver<Option<usize>>) -> usize {
    if let Ok(bytes) = silence.wait_for(Option::is_some).await
        && let Some(bytes) = *bytes
    {
        return bytes;
    }
    pending().await
}

/// What stands at the relay's address.
enum Door {
    Open(TcpListener),
    /// Bound, so that nobody else takes the port, but not listening: the kernel refuses.
    Shut(Socket),
}

impl Door {
    fn open(upstream: &Upstream, decision: NetworkDecision) -> io::Result<Door> {
        let invalid = |text: &str| io::Error::new(io::ErrorKind::InvalidInput, text);
        let refuses = match decision {
            NetworkDecision::Cut { point: CutPoint::N0, .. } => {
                return Err(invalid("a name that does not resolve leads to no relay: let the client's side look up a name under .invalid"));
            }
            NetworkDecision::Cut { point: CutPoint::N2, .. } if matches!(upstream, Upstream::Plain(_)) => {
                return Err(invalid("a TLS alert needs a relying party that is spoken to over https"));
            }
            NetworkDecision::Cut { point: CutPoint::N1, ending } => ending != Ending::Silence,
            _ => false,
        };
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
        if refuses {
            return Ok(Door::Shut(socket));
        }
        socket.listen(1)?;
        socket.set_nonblocking(true)?;
        Ok(Door::Open(TcpListener::from_std(socket.into())?))
    }

    fn address(&self) -> io::Result<SocketAddr> {
        match self {
            Door::Open(listener) => listener.local_addr(),
            Door::Shut(socket) => socket.local_addr()?.as_socket().ok_or_else(|| io::Error::other("not an internet address")),
        }
    }
}

/// One request on its way.
struct Errand {
    upstream: Upstream,
    silence: watch::Sender<Option<usize>>,
    report: RelayReport,
}

impl Errand {
    async fn run(&mut self, door: Door, decision: NetworkDecision) {
        let listener = match door {
            Door::Open(listener) => listener,
            // Held until the relay is finished.
            Door::Shut(_socket) => return pending().await,
        };
        if let NetworkDecision::Cut { point: CutPoint::N1, .. } = decision {
            // The kernel's backlog accepts; nobody reads.
            return self.go_silent().await;
        }
        let Ok((client, _)) = listener.accept().await else { return };
        let Ok(client) = Connection::accepted(client) else { return };
        match decision {
            NetworkDecision::Pass | NetworkDecision::Delay(_) => self.pass(client).await,
            NetworkDecision::Duplicate => self.duplicate(client).await,
            NetworkDecision::Cut { point: CutPoint::N2, ending } => self.alert(client, ending).await,
            NetworkDecision::Cut { point, ending } => self.cut(client, point, ending).await,
        }
    }

    async fn pass(&mut self, mut client: Connection) {
        let Some((request, mut server)) = self.meet(&mut client).await else { return };
        if !self.deliver(&mut server, &request).await {
            return reset(client);
        }
        let mut response = Vec::new();
        loop {
            let before = response.len();
            let end = match server.receive(&mut response).await {
                Ok(0) => true,
                Ok(_) => false,
                Err(error) => {
                    self.ended(&server, error);
                    return reset(client);
                }
            };
            self.report.response_received = response.len();
            if client.send(response.get(before..).unwrap_or_default()).await.is_err() {
                return reset(server);
            }
            self.report.response_delivered = response.len();
            if response.len() > LONGEST {
                self.report.went_on = true;
                reset(server);
                return reset(client);
            }
            if end || matches!(response_end(&response), End::At(_)) {
                server.close().await;
                return client.close().await;
            }
        }
    }

    async fn cut(&mut self, mut client: Connection, point: CutPoint, ending: Ending) {
        // The request is always read to its end: a close over unread bytes would be a reset, whatever the ending.
        let Some((request, mut server)) = self.meet(&mut client).await else { return };
        let upto = match point {
            CutPoint::N3 => 0,
            // A cut leaves something out, however large the number is.
            CutPoint::N4(bytes) => bytes.min(request.len().saturating_sub(1)),
            _ => request.len(),
        };
        if !self.deliver(&mut server, request.get(..upto).unwrap_or_default()).await {
            return reset(client);
        }
        if upto < request.len() {
            return self.end(client, server, ending).await;
        }
        // The relying party has worked through the request when it has answered. The whole answer is read, so that the numbers in the
        // report do not depend on how TCP cut it to pieces.
        let response = self.response(&mut server).await;
        let (upto, ending) = match point {
            CutPoint::N5 => (0, ending),
            CutPoint::N6(bytes) => (bytes.min(response.len().saturating_sub(1)), ending),
            _ => (response.len(), Ending::Rst),
        };
        if client.send(response.get(..upto).unwrap_or_default()).await.is_ok() {
            self.report.response_delivered = upto;
        }
        self.end(client, server, ending).await;
    }

    /// Both deliveries are complete but for their last byte before either gets it, so the relying party has both at once; the first
    /// connection's comes first. The client's side gets the first connection's answer.
    async fn duplicate(&mut self, mut client: Connection) {
        let Some((request, mut first)) = self.meet(&mut client).await else { return };
        let mut second = match Connection::open(&self.upstream).await {
            Ok(second) => second,
            Err(problem) => {
                self.report.unreachable = Some(problem);
                return reset(client);
            }
        };
        let (most, last) = request.split_at(request.len().saturating_sub(1));
        let mut sent = true;
        for part in [most, last] {
            sent &= self.deliver(&mut first, part).await;
            // Not counted: the report counts the request once.
            sent &= second.send(part).await.is_ok();
        }
        if !sent {
            return reset(client);
        }
        let response = self.response(&mut first).await;
        if client.send(&response).await.is_ok() {
            self.report.response_delivered = response.len();
        }
        client.close().await;
        self.report.second_response = Some(read_response(&mut second).await.bytes);
    }

    /// A fatal alert instead of a handshake. The relying party sees nothing at all.
    async fn alert(&mut self, mut client: Connection, ending: Ending) {
        let mut hello = Vec::new();
        while !is_whole_record(&hello) {
            match client.receive(&mut hello).await {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
        }
        if client.send(&FATAL_ALERT).await.is_ok() {
            client.end(ending);
        }
        if ending == Ending::Silence {
            self.go_silent().await;
        }
    }

    /// The client's whole request, and a connection to the relying party.
    async fn meet(&mut self, client: &mut Connection) -> Option<(Vec<u8>, Connection)> {
        let mut request = Vec::new();
        let length = loop {
            if let End::At(length) = request_end(&request) {
                break length;
            }
            match client.receive(&mut request).await {
                // The client's side gave up before its request was whole.
                Ok(0) | Err(_) => return None,
                Ok(_) if request.len() > LONGEST => {
                    client.end(Ending::Rst);
                    return None;
                }
                Ok(_) => self.report.request_received = request.len(),
            }
        };
        request.truncate(length);
        match Connection::open(&self.upstream).await {
            Ok(server) => Some((request, server)),
            Err(problem) => {
                self.report.unreachable = Some(problem);
                client.end(Ending::Rst);
                None
            }
        }
    }

    async fn deliver(&mut self, server: &mut Connection, bytes: &[u8]) -> bool {
        let sent = server.send(bytes).await.is_ok();
        if sent {
            self.report.request_delivered += bytes.len();
        } else if let Err(error) = server.receive(&mut Vec::new()).await {
            // What it said before it closed the connection.
            self.ended(server, error);
        }
        sent
    }

    async fn response(&mut self, server: &mut Connection) -> Vec<u8> {
        let Response { bytes, error, went_on } = read_response(server).await;
        self.report.response_received = bytes.len();
        self.report.went_on = went_on;
        if let Some(error) = error {
            self.ended(server, error);
        }
        bytes
    }

    /// A server of TLS 1.3 refuses its client after the handshake, while the client already speaks (RFC 8446 §4.4.2.4).
    fn ended(&mut self, server: &Connection, error: io::Error) {
        if self.report.response_received == 0 {
            self.report.unreachable = server.refusal(error);
        }
    }

    /// Ends both sides in the same way.
    async fn end(&mut self, client: Connection, mut server: Connection, ending: Ending) {
        client.end(ending);
        server.end(ending);
        match ending {
            Ending::Rst => {}
            Ending::Fin => {
                drop(client);
                // Reads on until the relying party closes too: a close over unread bytes would be a reset.
                let (mut ignored, mut left) = (Vec::new(), LONGEST);
                while let Ok(read @ 1..) = server.receive(&mut ignored).await {
                    ignored.clear();
                    left = left.saturating_sub(read);
                    if left == 0 {
                        // It would go on for ever.
                        break;
                    }
                }
            }
            Ending::Silence => {
                let _held_open = (client, server);
                self.go_silent().await;
            }
        }
    }

    async fn go_silent(&mut self) {
        self.report.silent = true;
        self.silence.send_replace(Some(self.report.response_delivered));
        pending().await
    }
}

struct Response {
    bytes: Vec<u8>,
    error: Option<io::Error>,
    /// There was more than was read.
    went_on: bool,
}

/// As much of the response as the relying party sends, but for one that is too long, and the error that it ended with.
async fn read_response(server: &mut Connection) -> Response {
    let mut response = Response { bytes: Vec::new(), error: None, went_on: false };
    loop {
        if let End::At(length) = response_end(&response.bytes) {
            response.bytes.truncate(length);
            return response;
        }
        match server.receive(&mut response.bytes).await {
            Ok(0) => return response,
            Ok(_) if response.bytes.len() > LONGEST => {
                response.bytes.truncate(LONGEST);
                return Response { went_on: true, ..response };
            }
            Ok(_) => {}
            Err(error) => return Response { error: Some(error), ..response },
        }
    }
}

fn reset(connection: Connection) {
    connection.end(Ending::Rst);
}

/// RFC 8446 §5.1: type, version, and two bytes that hold the length of what follows.
fn is_whole_record(bytes: &[u8]) -> bool {
    match bytes {
        [_, _, _, high, low, rest @ ..] => rest.len() >= usize::from(u16::from_be_bytes([*high, *low])),
        _ => false,
    }
}
