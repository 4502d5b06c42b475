//! Tells systemd how the daemon is: ready, stopping, alive. Does nothing where nobody listens. Source: the
//! protocol of sd_notify(3): lines of `KEY=value` in a datagram to the socket in `NOTIFY_SOCKET`.

use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// The service manager, if there is one.
#[derive(Debug)]
pub struct Notifier(Option<UnixDatagram>);

/// A state of the daemon that can be told to the service manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceState<'a> {
    /// Start-up is over.
    Ready,
    /// The settings are read again; `Ready` follows.
    Reloading,
    /// The daemon ends on purpose.
    Stopping,
    /// It is alive; to be told more often than [`watchdog`] says.
    Alive,
    /// One line for people.
    Status(&'a str),
}

impl Notifier {
    /// Connects to the socket that the environment names.
    ///
    /// # Errors
    /// The system's reason when a socket is named but cannot be connected to.
    pub fn from_environment(environment: &dyn Fn(&str) -> Option<String>) -> io::Result<Notifier> {
        let Some(name) = environment("NOTIFY_SOCKET").filter(|name| !name.is_empty()) else {
            return Ok(Notifier(None));
        };
        let address = match name.strip_prefix('@') {
            Some(name) => SocketAddr::from_abstract_name(name)?,
            None => SocketAddr::from_pathname(&name)?,
        };
        let socket = UnixDatagram::unbound()?;
        socket.connect_addr(&address)?;
        // A manager that does not read must not stop the daemon.
        socket.set_nonblocking(true)?;
        Ok(Notifier(Some(socket)))
    }

    /// Tells the service manager a state.
    pub fn tell(&self, state: ServiceState<'_>) {
        let Some(socket) = &self.0 else { return };
        let text = match state {
            ServiceState::Ready => "READY=1".to_owned(),
            ServiceState::Reloading => format!("RELOADING=1\nMONOTONIC_USEC={}", monotonic_us()),
            ServiceState::Stopping => "STOPPING=1".to_owned(),
            ServiceState::Alive => "WATCHDOG=1".to_owned(),
            ServiceState::Status(line) => format!("STATUS={}", line.replace('\n', " ")),
        };
        if let Err(error) = socket.send(text.as_bytes()) {
            tracing::debug!(%error, "cannot tell the service manager");
        }
    }
}

/// Returns how often the service manager wants to hear that we are alive: half of its limit.
pub fn watchdog(environment: &dyn Fn(&str) -> Option<String>) -> Option<Duration> {
    let ours = environment("WATCHDOG_PID").is_none_or(|pid| pid.parse() == Ok(std::process::id()));
    let limit_us: u64 = environment("WATCHDOG_USEC")?.parse().ok()?;
    (ours && limit_us > 1).then(|| Duration::from_micros(limit_us / 2))
}

/// Microseconds of the system's monotonic clock, as `Type=notify-reload` wants them: where they are older
/// than the signal to reload, be it by less than a clock's tick, systemd waits in vain for the end of it.
fn monotonic_us() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    // Both count up from zero.
    now.tv_sec as u64 * 1_000_000 + now.tv_nsec as u64 / 1000
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixDatagram;
    use std::time::Duration;

    use super::{Notifier, ServiceState, monotonic_us, watchdog};

    #[test]
    fn the_service_manager_hears_what_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let manager = UnixDatagram::bind(&path).unwrap();
        let environment =
            |name: &str| (name == "NOTIFY_SOCKET").then(|| path.display().to_string());
        let notifier = Notifier::from_environment(&environment).unwrap();
        for (state, text) in [
            (ServiceState::Ready, "READY=1"),
            (ServiceState::Stopping, "STOPPING=1"),
            (ServiceState::Alive, "WATCHDOG=1"),
            (ServiceState::Status("2 clusters\nREADY=1"), "STATUS=2 clusters READY=1"),
        ] {
            notifier.tell(state);
            let mut buffer = [0; 100];
            let length = manager.recv(&mut buffer).unwrap();
            assert_eq!(std::str::from_utf8(&buffer[..length]).unwrap(), text);
        }
        Notifier::from_environment(&|_| None).unwrap().tell(ServiceState::Ready);
        assert!(Notifier::from_environment(&|_| Some("/no/such/socket".to_owned())).is_err());
    }

    #[test]
    fn a_reload_is_dated_to_the_microsecond() {
        let readings = [(); 5].map(|()| monotonic_us());
        assert!(readings.is_sorted());
        assert!(readings.iter().any(|us| us % 10_000 != 0), "{readings:?}");
    }

    #[test]
    fn the_watchdog_is_fed_in_half_of_its_time() {
        let limit = |name: &str| (name == "WATCHDOG_USEC").then(|| "30000000".to_owned());
        assert_eq!(watchdog(&limit), Some(Duration::from_secs(15)));
        let others = |name: &str| match name {
            "WATCHDOG_PID" => Some("1".to_owned()),
            _ => limit(name),
        };
        assert_eq!(watchdog(&others), None);
        assert_eq!(watchdog(&|_| None), None);
    }
}
