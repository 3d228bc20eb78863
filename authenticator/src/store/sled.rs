/// A store on sled.
pub struct SledStore {}
