//! What the program calls the library's settings and tasks.

use mixopt::base::setting::Called;
use mixopt::base::{Setting, Task};

/// The option of a setting, and what a remedy writes for its value.
pub fn called(setting: Setting) -> Called {
    let (name, value) = match setting {
        Setting::Study => ("--study", "NAME"),
        Setting::Compression => ("--bpc", "FILE"),
        Setting::CompressionUnit => ("--bpc-unit", ""),
        Setting::Documents => ("--documents", "FILE"),
        Setting::Scores => ("--scores", "FILE"),
        Setting::ModelsTable => ("--models", "FILE"),
        Setting::FamilyColumn => ("--family-column", "NAME"),
        Setting::Aliases => ("--aliases", "FILE"),
        Setting::DomainAliases => ("--domain-aliases", "FILE"),
        Setting::Metrics => ("--metric", ""),
        Setting::Scales => ("--scale", ""),
        Setting::Shots => ("--shots", ""),
        Setting::StudyCompression => ("--study-bpc", "FILE"),
        Setting::StudyScores => ("--study-scores", "FILE"),
        Setting::IncludeModels => ("--include-models", ""),
        Setting::ExcludeModels => ("--exclude-models", ""),
        Setting::DropFamilies => ("--drop-family", ""),
        Setting::ExcludeDomains => ("--exclude", ""),
        Setting::KeepAverages => ("--keep-averages", ""),
        Setting::Missing => ("--missing", ""),
        Setting::Target => ("--target", "TARGET"),
        Setting::Objective => ("--objective", ""),
        Setting::Control => ("--control", ""),
        Setting::MinWeight => ("--min-weight", ""),
        Setting::MaxWeight => ("--max-weight", ""),
        Setting::Bounds => ("--bound", ""),
        Setting::Groups => ("--group", ""),
        Setting::Frozen => ("--freeze", ""),
        Setting::Keep => ("--keep", ""),
        Setting::Drop => ("--drop", ""),
        Setting::MostDomains => ("--at-most", ""),
        Setting::Prior => ("--prior", ""),
        Setting::Recommender => ("--recommend", ""),
        Setting::Estimator => ("--estimator", ""),
        Setting::Projection => ("--projection", ""),
        Setting::Ridge => ("--ridge", ""),
        Setting::Distance => ("--distance", ""),
        Setting::Corpora => ("--corpora", "FILE"),
        Setting::Unit => ("--unit", ""),
        Setting::Budget => ("--budget", "TOKENS"),
        Setting::MaxEpochs => ("--max-epochs", ""),
        Setting::Refits => ("--refits", ""),
        Setting::Confidence => ("--confidence", ""),
        Setting::Strata => ("--strata", ""),
        Setting::Tried => ("--tried", ""),
        Setting::Models => ("--model", ""),
        Setting::Domains => ("--domain", ""),
        Setting::MaxCharacters => ("--max-characters", ""),
        Setting::MaxDocuments => ("--max-documents", ""),
        Setting::Protocol => ("--protocol", ""),
        Setting::Context => ("--context", ""),
        Setting::Stride => ("--stride", ""),
        Setting::Dtype => ("--dtype", ""),
        Setting::Device => ("--device", ""),
        Setting::BatchTokens => ("--batch-tokens", ""),
        // It stands in a file of settings alone.
        Setting::PieceTokens => ("piece_tokens", ""),
        Setting::Out => ("--out", "FILE"),
        Setting::Restart => ("--restart", ""),
        Setting::SampleCharacters => ("--sample", ""),
        Setting::CountAll => ("--exact", ""),
        Setting::Stage => ("--stage", "NAME"),
        Setting::EachStage => ("--each-stage", "--out FILE"),
        Setting::Validation => ("--valid", "NAME=PATH,…"),
        Setting::BlockSize => ("--block-size", ""),
        Setting::TokensPerStep => ("--tokens-per-step", "N"),
        Setting::BatchSize => ("--batch-size", "N"),
        Setting::SequenceLength => ("--sequence-length", "N"),
        Setting::From => ("--from", "TARGET"),
        Setting::Folder => ("--folder", "DIR"),
    };
    Called { name, value }
}

/// The command that does a task.
pub fn command(task: Task<'_>) -> String {
    match task {
        Task::Count { manifest } => format!("mixopt corpora count {}", manifest.display()),
        Task::CountInPlace { manifest, needs_tokenizer } => {
            let tokenizer = if needs_tokenizer { " --tokenizer PATH" } else { "" };
            format!("mixopt corpora count {}{tokenizer} --in-place", manifest.display())
        }
        Task::Score => "mixopt score".to_string(),
        Task::Fit => "mixopt fit".to_string(),
        Task::WriteFit => "mixopt fit --out".to_string(),
        Task::ListConsumers => "mixopt export --list".to_string(),
        Task::Import => "mixopt import".to_string(),
        Task::Again => "the same command".to_string(),
        Task::DescribeScoring => "mixopt schema score".to_string(),
        Task::DescribeFit => "mixopt fit --show-settings".to_string(),
        Task::Evaluate => "mixopt evaluate --mixture".to_string(),
        Task::Plan => "mixopt plan".to_string(),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;
    use clap::error::ErrorKind;

    use super::*;
    use crate::cli::args::Cli;

    /// All options of a command and of those below it.
    fn options(command: &clap::Command) -> Vec<String> {
        let own = command.get_arguments().filter_map(|argument| Some(format!("--{}", argument.get_long()?)));
        own.chain(command.get_subcommands().flat_map(options)).collect()
    }

    #[test]
    fn every_setting_is_called_by_an_option_that_there_is() {
        let known = options(&Cli::command());
        for &setting in Setting::ALL.iter().filter(|&&setting| setting != Setting::PieceTokens) {
            assert!(known.iter().any(|option| option == called(setting).name), "{setting:?}");
        }
    }

    #[test]
    fn every_task_is_done_by_a_command_that_there_is() {
        let manifest = std::path::Path::new("corpora.yaml");
        for task in [
            Task::Count { manifest },
            Task::CountInPlace { manifest, needs_tokenizer: false },
            Task::CountInPlace { manifest, needs_tokenizer: true },
            Task::Score,
            Task::Fit,
            Task::ListConsumers,
            Task::Import,
            Task::DescribeScoring,
            Task::DescribeFit,
            Task::Plan,
        ] {
            let command = command(task);
            let fault = Cli::command().try_get_matches_from(command.split(' ')).err().map(|error| error.kind());
            // What it is to be done with may be missing.
            let is_known = !matches!(fault, Some(ErrorKind::InvalidSubcommand | ErrorKind::UnknownArgument));
            assert!(is_known, "{command}");
        }
    }
}
