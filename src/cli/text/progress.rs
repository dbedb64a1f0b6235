//! A progress bar on a terminal.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use mixopt::base::Observer;

use super::terminal::shown;

/// Work that ends sooner than this shows nothing.
const PATIENCE: Duration = Duration::from_secs(1);

/// Shows stage, rate and time left on standard error where that is a terminal and the work takes a while.
#[derive(Debug, Default)]
pub struct Bar {
    stage: Mutex<Option<Stage>>,
    quiet: bool,
}

#[derive(Debug)]
struct Stage {
    bar: ProgressBar,
    start: Instant,
    shown: bool,
}

impl Bar {
    /// A bar; a quiet one shows nothing.
    pub fn new(quiet: bool) -> Self {
        Self { stage: Mutex::new(None), quiet }
    }

    /// Takes the bar off the screen.
    pub fn finish(&self) {
        if let Ok(mut stage) = self.stage.lock()
            && let Some(stage) = stage.take()
        {
            stage.bar.finish_and_clear();
        }
    }
}

impl Observer for Bar {
    fn begin(&self, stage: &str, steps: u64, _unit: &'static str) {
        self.finish();
        if self.quiet {
            return;
        }
        let bar = ProgressBar::with_draw_target(Some(steps), ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template("{msg} {bar:30} {pos}/{len}, {per_sec}, {eta} left") {
            bar.set_style(style);
        }
        bar.set_message(shown(stage).into_owned());
        if let Ok(mut held) = self.stage.lock() {
            *held = Some(Stage { bar, start: Instant::now(), shown: false });
        }
    }

    fn advance(&self, steps: u64) {
        if let Ok(mut held) = self.stage.lock()
            && let Some(stage) = held.as_mut()
        {
            if !stage.shown && stage.start.elapsed() > PATIENCE {
                // Drawn on standard error, and not at all where that is no terminal.
                stage.bar.set_draw_target(ProgressDrawTarget::stderr());
                stage.bar.enable_steady_tick(Duration::from_millis(500));
                stage.shown = true;
            }
            stage.bar.inc(steps);
        }
    }
}
