//! Measurement noise of bits: documents drawn with replacement.
