//! What commands share that ask clusters something and then end. Says nothing to people.

use std::sync::Arc;

use gleaner_runtime::clock::Clock;

use crate::failure::{AWAY, FAILED, Failure};

/// Does `work` by the clock of the emulator at `clock`, or by the machine's.
///
/// # Errors
/// When the emulator's clock cannot be read ([`AWAY`] if it cannot be reached), and as `work` fails.
pub(crate) fn ask<T>(
    clock: Option<&str>,
    work: impl AsyncFnOnce(Arc<Clock>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::caused(FAILED, &error, None))?;
    runtime.block_on(async {
        let clock = match clock {
            None => Clock::machine(),
            Some(url) => Clock::of_emulator(url).await.map_err(|error| {
                let code = if error.is_unreachable() { AWAY } else { FAILED };
                Failure::caused(code, &error, Some(error.hint().to_owned()))
            })?,
        };
        work(Arc::new(clock)).await
    })
}
