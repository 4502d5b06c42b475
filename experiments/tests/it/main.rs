//! From scenario text to a result, through the public interface only.

mod grid_library;
mod harvest;
mod library;
mod oar_library;
mod reference;
mod run;
