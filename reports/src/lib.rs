//! Metrics, tables, plots and the HTML report. Knows no scheduler and no SQL.
