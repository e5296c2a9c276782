//! socketioxide, with mimalloc.

#[path = "../shared/args.rs"]
mod args;
#[path = "../shared/oxide.rs"]
mod oxide;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    oxide::serve()
}
