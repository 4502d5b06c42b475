//! Campaigns, ledger, policies and the grid scheduler. Knows no clock, no chance, no I/O.
