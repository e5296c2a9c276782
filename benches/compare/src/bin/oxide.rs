//! socketioxide, with the allocator that Rust comes with.

#[path = "../shared/args.rs"]
mod args;
#[path = "../shared/oxide.rs"]
mod oxide;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    oxide::serve()
}
