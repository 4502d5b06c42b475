//! Readers, writers and generators of workload traces. Reports bad rows, never repairs silently.
