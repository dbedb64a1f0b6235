//! What counting shows while it works, and what Ctrl-C does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use mixopt::base::Observer;
use mixopt::score::CountError;

use crate::cli::exit::INTERRUPTED;
use crate::cli::text::terminal::{shown, tell};

/// Work that ends sooner than this shows nothing.
const PATIENCE: Duration = Duration::from_secs(1);

/// Shows rate and time left on a terminal and ends the program on Ctrl-C until something is written.
pub struct CountProgress {
    bar: ProgressBar,
    start: Instant,
    shown: AtomicBool,
    quiet: bool,
    writing: Arc<AtomicBool>,
}

impl CountProgress {
    /// Begins to listen to Ctrl-C.
    pub fn new(quiet: bool) -> Self {
        let writing = Arc::new(AtomicBool::new(false));
        let heard = Arc::clone(&writing);
        // Without a handler Ctrl-C ends the program too, with less to read.
        let _ = ctrlc::set_handler(move || {
            // Writing takes a moment; it is let come to its end, so that nothing is left beside the file.
            if !heard.load(Ordering::SeqCst) {
                tell(&format!("\nerror: {}", CountError::Interrupted));
                std::process::exit(i32::from(INTERRUPTED));
            }
        });
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::hidden());
        Self { bar, start: Instant::now(), shown: AtomicBool::new(false), quiet, writing }
    }

    /// Takes the bar off the screen. From here on Ctrl-C waits for the file.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
        self.writing.store(true, Ordering::SeqCst);
    }
}

impl Observer for CountProgress {
    fn begin(&self, stage: &str, total: u64, unit: &'static str) {
        let template = match unit {
            "bytes" => "{msg} {bar:30} {bytes}/{total_bytes}, {bytes_per_sec}, {eta} left".to_string(),
            unit => format!("{{msg}} {{bar:30}} {{human_pos}}/{{human_len}} {unit}, {{per_sec}}, {{eta}} left"),
        };
        if let Ok(style) = ProgressStyle::with_template(&template) {
            self.bar.set_style(style);
        }
        self.bar.set_message(shown(stage).into_owned());
        self.bar.set_length(total);
        self.bar.reset();
    }

    fn advance(&self, amount: u64) {
        self.bar.inc(amount);
        let shows = !self.quiet && !self.shown.load(Ordering::Relaxed) && self.start.elapsed() > PATIENCE;
        if shows && !self.shown.swap(true, Ordering::Relaxed) {
            // Drawn on standard error, and not at all where that is no terminal.
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
            self.bar.enable_steady_tick(Duration::from_millis(500));
        }
    }
}
