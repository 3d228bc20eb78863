/// The command's parameters (to be written).
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters {}
