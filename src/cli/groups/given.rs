//! Which arguments the user gave, where an argument at its default gives way to a file of settings.

use clap::ArgMatches;
use clap::parser::ValueSource;

/// The arguments of a command as they were typed.
#[derive(Debug, Clone, Default)]
pub struct Given(Vec<String>);

impl Given {
    /// Those of the command that was typed.
    pub fn of(matches: &ArgMatches) -> Self {
        let Some((_, arguments)) = matches.subcommand() else { return Self::default() };
        let typed = |name: &&str| arguments.value_source(name) == Some(ValueSource::CommandLine);
        Self(arguments.ids().map(|id| id.as_str()).filter(typed).map(str::to_string).collect())
    }

    /// Whether an argument was given, by the name of its field.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|given| given == name)
    }

    /// Whether any of several was given.
    pub fn has_any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.has(name))
    }
}
