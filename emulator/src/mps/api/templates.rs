//! `Create…Template`, `Modify…Template`, `Delete…Template` and `Describe…Templates` of every family: one implementation, which
//! reads from the name of the action what it is about.
//!
//! Follows: mps.md section 11.3. `template_answer` writes templates, `template_filter` chooses those that are described.

use super::template_answer::described;
use super::template_filter::Filter;
use crate::mps::Mps;
use crate::mps::definitions::{Family, Verb, changed_members, new_members};
use backlot_base::json::{Object, Value};
use backlot_http::cloud_api::{
    Action, ApiCall, ApiError, ApiFuture, ApiResult, Parameter, Parameters, at_once,
};

/// The actions of all families.
pub(super) const ACTIONS: &[Action<Mps>] = &[
    Action::supported("CreateAIAnalysisTemplate", act),
    Action::supported("CreateAIRecognitionTemplate", act),
    Action::supported("CreateAdaptiveDynamicStreamingTemplate", act),
    Action::supported("CreateAnimatedGraphicsTemplate", act),
    Action::supported("CreateContentReviewTemplate", act),
    Action::supported("CreateImageSpriteTemplate", act),
    Action::supported("CreateSampleSnapshotTemplate", act),
    Action::supported("CreateSnapshotByTimeOffsetTemplate", act),
    Action::supported("CreateTranscodeTemplate", act),
    Action::supported("CreateWatermarkTemplate", act),
    Action::supported("DeleteAIAnalysisTemplate", act),
    Action::supported("DeleteAIRecognitionTemplate", act),
    Action::supported("DeleteAdaptiveDynamicStreamingTemplate", act),
    Action::supported("DeleteAnimatedGraphicsTemplate", act),
    Action::supported("DeleteContentReviewTemplate", act),
    Action::supported("DeleteImageSpriteTemplate", act),
    Action::supported("DeleteSampleSnapshotTemplate", act),
    Action::supported("DeleteSnapshotByTimeOffsetTemplate", act),
    Action::supported("DeleteTranscodeTemplate", act),
    Action::supported("DeleteWatermarkTemplate", act),
    Action::supported("DescribeAIAnalysisTemplates", act),
    Action::supported("DescribeAIRecognitionTemplates", act),
    Action::supported("DescribeAdaptiveDynamicStreamingTemplates", act),
    Action::supported("DescribeAnimatedGraphicsTemplates", act),
    Action::supported("DescribeContentReviewTemplates", act),
    Action::supported("DescribeImageSpriteTemplates", act),
    Action::supported("DescribeSampleSnapshotTemplates", act),
    Action::supported("DescribeSnapshotByTimeOffsetTemplates", act),
    Action::supported("DescribeTranscodeTemplates", act),
    Action::supported("DescribeWatermarkTemplates", act),
    Action::supported("ModifyAIAnalysisTemplate", act),
    Action::supported("ModifyAIRecognitionTemplate", act),
    Action::supported("ModifyAdaptiveDynamicStreamingTemplate", act),
    Action::supported("ModifyAnimatedGraphicsTemplate", act),
    Action::supported("ModifyContentReviewTemplate", act),
    Action::supported("ModifyImageSpriteTemplate", act),
    Action::supported("ModifySampleSnapshotTemplate", act),
    Action::supported("ModifySnapshotByTimeOffsetTemplate", act),
    Action::supported("ModifyTranscodeTemplate", act),
    Action::supported("ModifyWatermarkTemplate", act),
];

#[expect(clippy::needless_pass_by_value, reason = "a handler is given its call")]
fn act(mps: &Mps, call: ApiCall) -> ApiFuture<'_> {
    let (verb, family) =
        Family::of_action(&call.action).expect("an action of the table names a family");
    at_once(match verb {
        Verb::Create => create(mps, family, &call.parameters),
        Verb::Modify => modify(mps, family, &call.parameters),
        Verb::Delete => delete(mps, family, &call.parameters),
        Verb::Describe => describe(mps, family, &call.parameters),
    })
}

fn create(mps: &Mps, family: Family, sent: &Value) -> ApiResult {
    let members = new_members(family, &Parameters::new(sent))?;
    let now = mps.context().clock.now();
    let definition = mps.definitions().create_template(family, members, now)?;
    Ok(Object::new().with("Definition", definition).into())
}

fn modify(mps: &Mps, family: Family, sent: &Value) -> ApiResult {
    let definition = definition(sent)?;
    let members = sent.as_object().unwrap_or_default().iter();
    let members = members.filter(|(name, _)| name != "Definition");
    let members: Vec<_> = members.cloned().collect();
    let now = mps.context().clock.now();
    let definitions = mps.definitions();
    definitions.change_template(family, definition, now, |kept| {
        changed_members(family, kept, &members)
    })?;
    Ok(Value::Null)
}

fn delete(mps: &Mps, family: Family, sent: &Value) -> ApiResult {
    let definition = definition(sent)?;
    mps.definitions().delete_template(family, definition)?;
    Ok(Value::Null)
}

fn describe(mps: &Mps, family: Family, sent: &Value) -> ApiResult {
    let filter = Filter::read(family, &Parameters::new(sent))?;
    let templates = mps.definitions().templates();
    let found = templates.of(family);
    let found = found.filter(|(definition, template)| filter.admits(*definition, template));
    let found: Vec<_> = found.collect();
    let page = found.iter().skip(filter.offset).take(filter.limit);
    let page: Value = page
        .map(|(definition, template)| described(family, *definition, template))
        .collect();
    Ok(Object::new()
        .with("TotalCount", u64::try_from(found.len()).unwrap_or(u64::MAX))
        .with(&format!("{}Set", family.noun()), page)
        .into())
}

fn definition(sent: &Value) -> Result<u64, ApiError> {
    let definition = Parameters::new(sent).required("Definition", Parameter::integer)?;
    // Choice: no template has a negative id.
    u64::try_from(definition).map_err(|_| {
        ApiError::new(
            "InvalidParameterValue.Definition",
            "The value of the parameter `Definition` must not be negative.",
        )
    })
}
