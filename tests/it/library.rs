//! The example in the library's documentation does what it says.

#[path = "../../emulator/doc/stage.rs"]
mod example;

#[tokio::test]
async fn the_documented_example_runs() {
    example::a_task_writes_its_outputs()
        .await
        .expect("a stage starts");
}
