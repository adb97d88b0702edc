//! The connections that requests come in on. A connection can be closed before a byte of its answer is sent, and tells when an
//! answer went out whole, so that a test knows what a client that was killed can have had.

use super::RecordedRequest;
use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Instant;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// What was asked, and what became of it.
#[derive(Debug)]
pub(crate) struct Log {
    begun: Instant,
    requests: Mutex<Vec<RecordedRequest>>,
}

impl Log {
    pub(crate) fn new() -> Self {
        Self { begun: Instant::now(), requests: Mutex::default() }
    }

    /// Adds a request that arrived now and gives its number.
    pub(crate) fn add(&self, request: RecordedRequest) -> usize {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        requests.push(RecordedRequest { started: self.begun.elapsed(), ..request });
        requests.len() - 1
    }

    pub(crate) fn answered(&self, number: usize, status: u16) {
        self.change(number, |request| request.status = status);
    }

    fn finished(&self, number: usize) {
        let now = self.begun.elapsed();
        self.change(number, |request| request.finished = Some(now));
    }

    fn change(&self, number: usize, change: impl FnOnce(&mut RecordedRequest)) {
        if let Some(request) = self.requests.lock().unwrap_or_else(PoisonError::into_inner).get_mut(number) {
            change(request);
        }
    }

    pub(crate) fn all(&self) -> Vec<RecordedRequest> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Accepts connections.
pub(crate) struct Lines {
    pub(crate) listener: TcpListener,
    pub(crate) log: Arc<Log>,
}

/// A connection.
pub(crate) struct Line {
    stream: TcpStream,
    handle: Handle,
}

/// What a handler may do with the connection that its request came on.
#[derive(Debug, Clone)]
pub(crate) struct Handle(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    log: Arc<Log>,
    closed: AtomicBool,
    /// Number of the request whose answer is being sent.
    sending: Mutex<Option<usize>>,
}

impl Handle {
    /// Sends nothing more.
    pub(crate) fn close(&self) {
        self.0.closed.store(true, Ordering::Relaxed);
    }

    /// The answer that is about to be returned is that to this request. To be called right before it is returned: the server
    /// flushes next when it has written all of it.
    pub(crate) fn sending(&self, number: usize) {
        *self.0.sending.lock().unwrap_or_else(PoisonError::into_inner) = Some(number);
    }

    fn flushed(&self) {
        if let Some(number) = self.0.sending.lock().unwrap_or_else(PoisonError::into_inner).take() {
            self.0.log.finished(number);
        }
    }

    fn check(&self) -> io::Result<()> {
        if self.0.closed.load(Ordering::Relaxed) { Err(io::ErrorKind::ConnectionReset.into()) } else { Ok(()) }
    }
}

impl Listener for Lines {
    type Io = Line;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Line, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.listener).await;
        // Small answers must not wait for the acknowledgement of the one before.
        let _ = stream.set_nodelay(true);
        let shared = Shared { log: Arc::clone(&self.log), closed: AtomicBool::new(false), sending: Mutex::default() };
        (Line { stream, handle: Handle(Arc::new(shared)) }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

impl Connected<IncomingStream<'_, Lines>> for Handle {
    fn connect_info(stream: IncomingStream<'_, Lines>) -> Self {
        stream.io().handle.clone()
    }
}

impl AsyncRead for Line {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Line {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.handle.check()?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, context: &mut Context<'_>, parts: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        self.handle.check()?;
        Pin::new(&mut self.stream).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.handle.check()?;
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        if matches!(flushed, Poll::Ready(Ok(()))) {
            self.handle.flushed();
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
