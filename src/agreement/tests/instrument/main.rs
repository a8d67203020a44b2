//! From a draft to the signed paper: templates, freezing, typesetting, the signature page.

mod freezing;
mod paper;
mod sample;
mod signing;
mod templates;
