//! Result files of evaluation tools.
