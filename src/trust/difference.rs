//! How far one way of choosing is ahead of another out of sample, with an interval.
