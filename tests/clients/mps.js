'use strict';
// tencentcloud-sdk-nodejs drives MPS: a task from its creation to its end, and how errors are reported.

const { mps } = require('tencentcloud-sdk-nodejs-mps');
const { check, end, equal, refused, truthy } = require('./checks');

const {
  TENCENTCLOUD_SECRETID: secretId,
  TENCENTCLOUD_SECRETKEY: secretKey,
  TENCENTCLOUD_REGION: region,
} = process.env;
const client = new mps.v20190612.Client({ credential: { secretId, secretKey }, region, profile: {} });

/** A source that is never fetched, so that nothing has to be uploaded. */
const InputInfo = { Type: 'URL', UrlInputInfo: { Url: 'https://media.example/films/a.mp4' } };
const OutputStorage = { Type: 'COS', CosOutputStorage: { Bucket: 'none-1250000000', Region: region } };
const MediaProcessTask = { TranscodeTaskSet: [{ Definition: 100010 }] };
const asked = { InputInfo, OutputStorage, MediaProcessTask };

check('ProcessMedia and DescribeTaskDetail', async () => {
  const { TaskId } = await client.ProcessMedia({ ...asked, SessionContext: 'order-42' });
  truthy(TaskId.includes('-WorkflowTask-'), TaskId);
  const detail = await client.DescribeTaskDetail({ TaskId });
  equal([detail.Status, detail.WorkflowTask.Status, detail.SessionContext], ['WAITING', 'PROCESSING', 'order-42']);
  equal(detail.WorkflowTask.InputInfo.UrlInputInfo.Url, InputInfo.UrlInputInfo.Url);
});

check('ManageTask aborts, once', async () => {
  const { TaskId } = await client.ProcessMedia(asked);
  truthy((await client.ManageTask({ OperationType: 'Abort', TaskId })).RequestId);
  const { Status, WorkflowTask } = await client.DescribeTaskDetail({ TaskId });
  equal([Status, WorkflowTask.MediaProcessResultSet[0].TranscodeTask.Status], ['FINISH', 'FAIL']);
  await refused('InvalidParameterValue.NotProcessingTask', client.ManageTask({ OperationType: 'Abort', TaskId }));
});

check('DescribeTasks page by page', async () => {
  for (let count = 0; count < 3; count += 1) {
    const { TaskId } = await client.ProcessMedia(asked);
    await client.ManageTask({ OperationType: 'Abort', TaskId });
  }
  const seen = [];
  let ScrollToken = '';
  let total;
  do {
    const page = await client.DescribeTasks({ Status: 'FINISH', Limit: 2, ScrollToken });
    seen.push(...page.TaskSet.map((task) => task.TaskId));
    ({ ScrollToken } = page);
    total = page.TotalCount;
  } while (ScrollToken);
  equal([seen.length, new Set(seen).size], [total, total]);
});

check('EditMedia', async () => {
  const FileInfos = [{ InputInfo, StartTimeOffset: 0, EndTimeOffset: 1 }];
  const { TaskId } = await client.EditMedia({ FileInfos, OutputStorage, OutputObjectPath: '/out/a.mp4' });
  const { TaskType, EditMediaTask } = await client.DescribeTaskDetail({ TaskId });
  equal([TaskType, EditMediaTask.Input.FileInfoSet.length], ['EditMediaTask', 1]);
});

check('DescribeMediaMetaData and ParseNotification', async () => {
  const { MetaData } = await client.DescribeMediaMetaData({ InputInfo });
  equal(MetaData.Container, 'mp4');
  const Content = JSON.stringify({ EventType: 'WorkflowTask', WorkflowTaskEvent: { TaskId: 't' } });
  const read = await client.ParseNotification({ Content });
  equal([read.EventType, read.WorkflowTaskEvent.TaskId, read.SessionId], ['WorkflowTask', 't', '']);
});

check('errors have the documented codes', async () => {
  await refused('InvalidParameterValue.InvalidContent', client.ParseNotification({ Content: '{' }));
  await refused('MissingParameter', client.ProcessMedia({ MediaProcessTask }));
  await refused('InvalidParameter', client.ProcessMedia({ InputInfo, OutputStorage }));
  await refused('InvalidParameterValue', client.ProcessMedia({ ...asked, TasksPriority: -11 }));
  await refused('InvalidParameterValue.SessionIdTooLong', client.ProcessMedia({ ...asked, SessionId: 'x'.repeat(51) }));
  await refused('ResourceNotFound', client.DescribeTaskDetail({ TaskId: 'nobody' }));
  await refused('InvalidParameterValue.TaskId', client.ManageTask({ OperationType: 'Abort', TaskId: 'nobody' }));
  await refused('InvalidParameterValue.Limit', client.DescribeTasks({ Status: 'FINISH', Limit: 101 }));
  const known = client.ProcessMedia({ ...asked, SessionId: 'once' }).then(() => client.ProcessMedia({ ...asked, SessionId: 'once' }));
  await refused('InvalidParameterValue.SessionId', known);
  await refused('UnsupportedOperation', client.ProcessMedia({ ...asked, InputInfo: { Type: 'VOD' } }));
});

end(__filename);
