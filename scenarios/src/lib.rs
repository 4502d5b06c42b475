//! The scenario format and its library.
