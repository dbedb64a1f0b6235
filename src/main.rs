//! The program `mixopt`.

mod cli;

/// Layers give and take tensors of the same few sizes over and over: an allocator that keeps their pages saves the system
/// the work of clearing them each time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    cli::run()
}
