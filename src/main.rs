//! The program `mixopt`.

fn main() -> std::process::ExitCode {
    mixopt::cli::run()
}
