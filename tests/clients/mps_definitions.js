'use strict';
// tencentcloud-sdk-nodejs drives templates of MPS: create, read, update, delete, and how errors are reported.

const { mps } = require('tencentcloud-sdk-nodejs-mps');
const { check, end, equal, refused, truthy } = require('./checks');

const {
  TENCENTCLOUD_SECRETID: secretId,
  TENCENTCLOUD_SECRETKEY: secretKey,
  TENCENTCLOUD_REGION: region,
} = process.env;
const client = new mps.v20190612.Client({ credential: { secretId, secretKey }, region, profile: {} });

const VideoTemplate = { Codec: 'h265', Fps: 15, Bitrate: 300, Width: 480, Height: 480, ResolutionAdaptive: 'close' };
const AudioTemplate = { Codec: 'aac', Bitrate: 64, SampleRate: 44100 };

check('a transcoding template from create to delete', async () => {
  const { Definition } = await client.CreateTranscodeTemplate({ Container: 'mp4', Name: 'square', VideoTemplate, AudioTemplate });
  const read = async () => (await client.DescribeTranscodeTemplates({ Definitions: [Definition] })).TranscodeTemplateSet;
  const [made] = await read();
  equal([made.Definition, made.Type, made.VideoTemplate.Codec], [String(Definition), 'Custom', 'libx265']);
  await client.ModifyTranscodeTemplate({ Definition, Container: 'hls', VideoTemplate: { Bitrate: 400 } });
  const [changed] = await read();
  equal([changed.Container, changed.VideoTemplate.Bitrate, changed.VideoTemplate.Width], ['hls', 400, 480]);
  await client.DeleteTranscodeTemplate({ Definition });
  equal(await read(), []);
  await refused('ResourceNotFound.TemplateNotExist', client.DeleteTranscodeTemplate({ Definition }));
});

check('a watermark of text from create to delete', async () => {
  const TextTemplate = { FontType: 'arial.ttf', FontSize: '5%', FontColor: '0xFFFFFF', FontAlpha: 0.5 };
  const { Definition } = await client.CreateWatermarkTemplate({ Type: 'text', Name: 'owner', TextTemplate });
  await client.ModifyWatermarkTemplate({ Definition, TextTemplate: { FontAlpha: 1 } });
  const { WatermarkTemplateSet: [read] } = await client.DescribeWatermarkTemplates({ Definitions: [Definition] });
  equal([read.Type, read.TextTemplate.FontSize, read.TextTemplate.FontAlpha, read.ImageTemplate], ['text', '5%', 1, null]);
  await client.DeleteWatermarkTemplate({ Definition });
});

check('pages of presets', async () => {
  const seen = [];
  let total = 1;
  while (seen.length < total) {
    const page = await client.DescribeTranscodeTemplates({ Type: 'Preset', Offset: seen.length, Limit: 20 });
    seen.push(...page.TranscodeTemplateSet.map((template) => template.Definition));
    total = page.TotalCount;
  }
  equal([new Set(seen).size, seen.includes('10'), seen.includes('100010')], [total, true, true]);
});

check('errors have the documented codes', async () => {
  const create = (change) => client.CreateTranscodeTemplate({ Container: 'mp4', VideoTemplate, AudioTemplate, ...change });
  await refused('InvalidParameterValue.Container', create({ Container: 'exe' }));
  await refused('InvalidParameterValue.AudioCodec', create({ AudioTemplate: { ...AudioTemplate, Codec: 'tape' } }));
  await refused('MissingParameter', create({ VideoTemplate: undefined }));
  await refused('UnknownParameter', create({ Colour: 'red' }));
  await refused('InvalidParameterValue.ModifyDefaultTemplate', client.ModifyTranscodeTemplate({ Definition: 100010, Name: 'mine' }));
  await refused('InvalidParameterValue.DeleteDefaultTemplate', client.DeleteTranscodeTemplate({ Definition: 10 }));
});

end(__filename);
