//! The shared document and its guard, from the bytes an editor sends to the content everybody sees.

mod editing;
mod editor;
mod hostile;
mod mutated;
mod tiptap;
