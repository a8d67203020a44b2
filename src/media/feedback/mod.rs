//! What we tell publishers about their sending, so that they send well: `transport` says when each packet arrived,
//! `reception` how many were lost, `keyframe` when somebody cannot go on without a whole picture.

mod keyframe;
mod reception;
mod transport;

pub(crate) use keyframe::KeyframeRequests;
pub(crate) use reception::Reception;
pub(crate) use transport::TransportFeedback;
