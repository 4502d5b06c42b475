//! A server that answers like OAR, over simulated clusters.
