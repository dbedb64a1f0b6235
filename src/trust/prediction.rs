//! Scores predicted from bits, with calibrated intervals.
