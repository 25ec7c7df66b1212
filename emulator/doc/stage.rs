use backlot::mps::{TaskRequest, WorkflowRequest};
use backlot::stage::{Error, Settings, Stage};

/// MPS finishes a workflow task, and its outputs are objects in COS.
pub(crate) async fn a_task_writes_its_outputs() -> Result<(), Error> {
    let stage = Stage::start(Settings::default()).await?;
    let task = TaskRequest::Workflow(WorkflowRequest::default());
    stage
        .finish(task, stage.clock().hold("the example"))
        .await?;
    let objects = stage.objects().await?;
    assert!(
        objects
            .iter()
            .all(|object| object.bucket == "media-out-1250000000")
    );
    assert!(
        objects
            .iter()
            .any(|object| object.record.key.starts_with("out/demo_"))
    );
    stage.stop().await;
    Ok(())
}
