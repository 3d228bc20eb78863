//! What counts where nothing is said.

use std::path::Path;
use std::time::Duration;

use super::Config;

impl Config {
    #[must_use]
    pub fn adapter(&self) -> &str {
        self.adapter.as_deref().unwrap_or("fido-conformance")
    }

    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed.unwrap_or(902)
    }

    #[must_use]
    pub fn wait(&self) -> bool {
        self.wait.unwrap_or(false)
    }

    #[must_use]
    pub fn pace(&self) -> Duration {
        self.pace.unwrap_or(Duration::ZERO)
    }

    #[must_use]
    pub fn request_timeout(&self) -> Duration {
        self.request_timeout.unwrap_or(Duration::from_secs(10))
    }

    #[must_use]
    pub fn time_limit(&self) -> Duration {
        self.time_limit.unwrap_or(Duration::from_secs(1800))
    }

    #[must_use]
    pub fn comes_back_within(&self) -> Duration {
        self.comes_back_within.unwrap_or(Duration::from_secs(30))
    }

    #[must_use]
    pub fn out(&self) -> &Path {
        self.out.as_deref().unwrap_or(Path::new("faultkey-report"))
    }

    #[must_use]
    pub fn require_observable(&self) -> bool {
        self.require_observable.unwrap_or(false)
    }
}
