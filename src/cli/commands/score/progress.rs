//! What a scoring run shows while it works, and what Ctrl-C does.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use mixopt::base::Observer;
use mixopt::score::{Plan, RunObserver, ScoreError};

use super::plan::plan_text;
use crate::cli::exit::INTERRUPTED;
use crate::cli::text::numbers::duration;
use crate::cli::text::output::{Output, shortened};
use crate::cli::text::terminal::{shown, tell};

/// Shows rate and time left on a terminal, collects notes, and stops on Ctrl-C.
pub struct ScoreProgress {
    output: Output,
    bar: ProgressBar,
    /// The one whose progress is shown.
    cell: Mutex<Option<Cell>>,
    interrupt: Arc<Interrupt>,
    /// Inputs that models have scored.
    inputs: AtomicU64,
    start: Mutex<Option<Instant>>,
    show_plan: bool,
}

/// A model on a domain, with what was expected of it.
struct Cell {
    estimate: u64,
    done: u64,
}

/// What Ctrl-C has to know.
struct Interrupt {
    asked: AtomicBool,
    /// Whether the program may end at any moment: whatever is unfinished lies in the run folder, which is swept.
    at_once: AtomicBool,
}

impl ScoreProgress {
    /// Begins to listen to Ctrl-C.
    pub fn new(output: Output, show_plan: bool) -> Self {
        let interrupt = Arc::new(Interrupt { asked: AtomicBool::new(false), at_once: AtomicBool::new(true) });
        let heard = Arc::clone(&interrupt);
        // Without a handler Ctrl-C ends the program too, with less to read.
        let _ = ctrlc::set_handler(move || {
            // A second Ctrl-C waits for nothing in any case.
            if heard.asked.swap(true, Ordering::SeqCst) || heard.at_once.load(Ordering::SeqCst) {
                tell(&format!("\nerror: {}", ScoreError::Interrupted));
                std::process::exit(i32::from(INTERRUPTED));
            }
        });
        let target = if output.quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(Some(0), target);
        Self {
            output,
            bar,
            cell: Mutex::new(None),
            interrupt,
            inputs: AtomicU64::new(0),
            start: Mutex::new(None),
            show_plan,
        }
    }

    /// Takes the bar off the screen. From here on Ctrl-C waits for the tables.
    pub fn finish(&self) {
        self.interrupt.at_once.store(false, Ordering::SeqCst);
        self.bar.finish_and_clear();
    }

    /// Inputs that models have scored, and the seconds since the first began.
    pub fn speed(&self) -> Option<(u64, f64)> {
        let start = (*self.start.lock().ok()?)?;
        let inputs = self.inputs.load(Ordering::Relaxed);
        (inputs > 0).then(|| (inputs, start.elapsed().as_secs_f64()))
    }

    fn advance(&self, inputs: u64) {
        self.bar.inc(inputs);
        if let Ok(mut cell) = self.cell.lock()
            && let Some(cell) = cell.as_mut()
        {
            cell.done += inputs;
            if cell.done > cell.estimate {
                self.bar.inc_length(cell.done - cell.estimate);
                cell.estimate = cell.done;
            }
        }
    }

    /// The bar's length is the estimate of what is not begun and the true number of what is done.
    fn close_cell(&self) {
        if let Ok(mut cell) = self.cell.lock()
            && let Some(cell) = cell.take()
            && let Some(length) = self.bar.length()
        {
            self.bar.set_length(length.saturating_sub(cell.estimate - cell.done));
        }
    }
}

/// Rate and time left, once there is something to tell them from.
fn pace(state: &ProgressState, out: &mut dyn std::fmt::Write) {
    let rate = state.per_sec();
    if state.pos() > 0 && rate > 0.0 {
        let left = duration(state.eta().as_secs_f64());
        // A text in memory takes everything.
        let _ = write!(out, ", {rate:.0} per second, {left} left");
    }
}

impl Observer for ScoreProgress {
    fn interrupted(&self) -> bool {
        self.interrupt.asked.load(Ordering::SeqCst)
    }
}

impl RunObserver for ScoreProgress {
    fn planned(&self, plan: &Plan) {
        self.bar.set_length(plan.cells.iter().filter_map(|cell| cell.inputs).sum());
        self.bar.finish_and_clear();
        if self.show_plan && !self.output.quiet {
            tell(&plan_text(plan, self.output.verbose));
        }
    }

    fn scoring(&self, model: &str, domain: &str, inputs: u64) {
        self.close_cell();
        // A bar that was taken off the screen is put there again.
        if self.bar.is_finished() {
            self.bar.reset();
        }
        if let Ok(style) = ProgressStyle::with_template("{msg} {bar:20} {human_pos}/{human_len} tokens{pace}") {
            self.bar.set_style(style.with_key("pace", pace));
        }
        let name = |name| shortened(name, self.output.verbose);
        self.bar.set_message(shown(&format!("{} on {}", name(model), name(domain))).into_owned());
        self.bar.enable_steady_tick(Duration::from_millis(500));
        if let Ok(mut cell) = self.cell.lock() {
            *cell = Some(Cell { estimate: inputs, done: 0 });
        }
        if let Ok(mut start) = self.start.lock() {
            start.get_or_insert_with(Instant::now);
        }
    }

    fn preparing(&self, what: &str) {
        if let Ok(style) = ProgressStyle::with_template("{msg}") {
            self.bar.set_style(style);
        }
        self.bar.set_message(shown(what).into_owned());
        self.bar.tick();
    }

    fn scored(&self, _windows: u64, inputs: u64) {
        self.inputs.fetch_add(inputs, Ordering::Relaxed);
        self.advance(inputs);
    }

    fn kept(&self, _windows: u64, inputs: u64) {
        self.advance(inputs);
        self.bar.reset_eta();
    }

    fn failed(&self, fault: &ScoreError) {
        if fault.is_local() {
            self.note(&format!("{fault}; continuing without it"));
        }
    }

    fn note(&self, text: &str) {
        self.bar.suspend(|| self.output.note(text));
    }
}
