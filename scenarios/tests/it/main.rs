//! From scenario text to a finished World, through the public interface only.

mod bad_files;
mod grid_library;
mod grid_run;
mod harvest;
mod library;
mod oar_library;
mod reference;
mod run;
