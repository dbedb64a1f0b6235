//! The one door to standard output and standard error: nothing that comes from a file drives a terminal.
//!
//! Text is printed with its control characters written out (`\x1b`), on a terminal and off it. The program's own styles
//! travel through text as marks, which become colours here, and only here.

use std::borrow::Cow;
use std::io::{self, IsTerminal, Write};

use anstyle::{AnsiColor, Color, Style};

/// Columns where no terminal has a width.
const PIPE_WIDTH: usize = 100;
/// Narrower terminals wrap lines themselves.
const LEAST_WIDTH: usize = 80;
/// Longer lines cannot be read.
const GREATEST_WIDTH: usize = 200;

/// A style of the program's own, or the end of one.
#[derive(Debug, Clone, Copy)]
pub enum Mark {
    /// A heading begins.
    Heading,
    /// The word before a note begins.
    Note,
    /// The word before an error begins.
    Error,
    /// What was begun ends.
    End,
}

impl Mark {
    const ALL: [Self; 4] = [Self::Heading, Self::Note, Self::Error, Self::End];

    /// Its place in a text: one of the characters that Unicode keeps for a program's own use and texts do not have.
    pub const fn character(self) -> char {
        match self {
            Self::Heading => '\u{fdd0}',
            Self::Note => '\u{fdd1}',
            Self::Error => '\u{fdd2}',
            Self::End => '\u{fdd3}',
        }
    }

    fn style(self) -> String {
        let style = match self {
            Self::Heading => Style::new().bold(),
            Self::Note => Style::new().fg_color(Some(Color::Ansi(AnsiColor::Cyan))),
            Self::Error => Style::new().bold().fg_color(Some(Color::Ansi(AnsiColor::Red))),
            Self::End => return anstyle::Reset.render().to_string(),
        };
        style.render().to_string()
    }

    fn of(character: char) -> Option<Self> {
        Self::ALL.into_iter().find(|mark| mark.character() == character)
    }
}

/// A text in one of the program's styles.
pub fn styled(mark: Mark, text: &str) -> String {
    format!("{}{text}{}", mark.character(), Mark::End.character())
}

/// A text from a file as it may stand in a line of the program's: control characters, line breaks among them, and characters
/// that turn the direction of text are written out.
pub fn shown(text: &str) -> Cow<'_, str> {
    escaped(text, |character| drives(character) || Mark::of(character).is_some())
}

/// Lines of the program's own in which texts from files stand.
fn shown_lines(text: &str) -> Cow<'_, str> {
    escaped(text, |character| drives(character) && !matches!(character, '\n' | '\t'))
}

/// JSON with what its own escapes leave: they are for characters below 32 alone.
pub fn shown_json(text: &str) -> Cow<'_, str> {
    let drives = |character| drives(character) && character != '\n';
    if !text.contains(drives) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            character if drives(character) => shown.push_str(&format!("\\u{:04x}", u32::from(character))),
            character => shown.push(character),
        }
    }
    Cow::Owned(shown)
}

/// Whether a terminal does something else with a character than showing it.
fn drives(character: char) -> bool {
    character.is_control() || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn escaped(text: &str, drives: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&drives) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' if drives('\n') => shown.push_str("\\n"),
            '\r' if drives('\r') => shown.push_str("\\r"),
            '\t' if drives('\t') => shown.push_str("\\t"),
            character if !drives(character) => shown.push(character),
            character if u32::from(character) < 0x100 => shown.push_str(&format!("\\x{:02x}", u32::from(character))),
            character => shown.push_str(&format!("\\u{{{:x}}}", u32::from(character))),
        }
    }
    Cow::Owned(shown)
}

/// Text with the program's marks as a terminal takes them.
fn rendered(text: &str) -> String {
    let mut rendered = String::with_capacity(text.len());
    for character in shown_lines(text).chars() {
        match Mark::of(character) {
            Some(mark) => rendered.push_str(&mark.style()),
            None => rendered.push(character),
        }
    }
    rendered
}

/// Columns that text and tables may take: the terminal's, from 80 to 200; 100 where there is no terminal. `COLUMNS` comes
/// first where it is set.
pub fn width() -> usize {
    let set = std::env::var("COLUMNS").ok().and_then(|text| text.parse::<usize>().ok());
    let terminal = || terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0));
    set.or_else(terminal).map_or(PIPE_WIDTH, |columns| columns.clamp(LEAST_WIDTH, GREATEST_WIDTH))
}

/// Prints lines to standard output.
pub fn print(text: &str) -> io::Result<()> {
    super::standard_output::check_open()?;
    let mut stdout = anstream::stdout().lock();
    // The end of the text may still be in a buffer, whose failure nobody would see later.
    stdout.write_all(rendered(text).as_bytes()).and_then(|()| stdout.flush())
}

/// Prints a file's content to standard output: as it is for a program that reads it, as text where a terminal shows it.
pub fn print_data(data: &str) -> io::Result<()> {
    super::standard_output::check_open()?;
    let mut stdout = io::stdout().lock();
    let data = if stdout.is_terminal() { shown_lines(data) } else { Cow::Borrowed(data) };
    stdout.write_all(data.as_bytes()).and_then(|()| stdout.flush())
}

/// Prints lines to standard error. What cannot be shown there is no reason to fail.
pub fn tell(text: &str) {
    let _ = writeln!(anstream::stderr(), "{}", rendered(text));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_drives_a_terminal_is_written_out() {
        for (text, expected) in [
            ("a\u{1b}[31mb", r"a\x1b[31mb"),
            ("a\u{9b}2J\u{7f}\u{7}", r"a\x9b2J\x7f\x07"),
            ("a\rb\nc\td", r"a\rb\nc\td"),
            ("\u{202e}txt\u{2066}", r"\u{202e}txt\u{2066}"),
            ("\u{fdd0}bold", r"\u{fdd0}bold"),
            ("Ünï字😀\u{200f}", "Ünï字😀\u{200f}"),
        ] {
            assert_eq!(shown(text), expected);
        }
    }

    #[test]
    fn styles_are_the_programs_own() {
        let text = format!("{}\n\x1b[31m\ta\n", styled(Mark::Heading, "Head"));
        assert_eq!(rendered(&text), "\x1b[1mHead\x1b[0m\n\\x1b[31m\ta\n");
    }

    #[test]
    fn json_stays_the_same_value() {
        let text = serde_json::to_string("a\u{1b}\u{9b}\u{7f}\u{202e}é").unwrap();
        let shown = shown_json(&text);
        assert!(!shown.contains(drives), "{shown}");
        assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), "a\u{1b}\u{9b}\u{7f}\u{202e}é");
    }
}
