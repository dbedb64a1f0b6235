//! All ways of choosing a mixture, on families that they were not fitted on.
